// Gws is a room server on lxzan/gws with its Broadcaster, which frames a message
// once for all viewers.
package main

import (
	"net/http"
	"os"
	"sync"

	"github.com/lxzan/gws"

	"rivals/control"
)

// roomsKey is where a connection's session keeps the names of its rooms.
const roomsKey = "rooms"

// hub is the rooms and who is in them. It handles the events of all connections.
type hub struct {
	gws.BuiltinEventHandler
	upgrader *gws.Upgrader
	mu       sync.RWMutex
	rooms    map[string]map[*gws.Conn]struct{}
}

func main() {
	h := &hub{rooms: map[string]map[*gws.Conn]struct{}{}}
	h.upgrader = gws.NewUpgrader(h, &gws.ServerOption{
		ReadBufferSize: 512, SubProtocols: []string{"grandstand.v1"},
		Authorize: func(r *http.Request, session gws.SessionStorage) bool {
			session.Store(roomsKey, r.URL.Query()["room"])
			return true
		},
	})
	os.Exit(control.Main(h, h.publish))
}

// ServeHTTP upgrades a viewer. Its reads run on a goroutine of their own, so that
// net/http's buffers can go.
func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := h.upgrader.Upgrade(w, r)
	if err != nil {
		return // it has been answered
	}
	go conn.ReadLoop() // stops: the connection ends
}

// roomsOf are the rooms that a viewer asked for.
func roomsOf(conn *gws.Conn) []string {
	v, _ := conn.Session().Load(roomsKey)
	rooms, _ := v.([]string)
	return rooms
}

// OnOpen lets a viewer into its rooms.
func (h *hub) OnOpen(conn *gws.Conn) {
	for _, room := range roomsOf(conn) {
		if conn.WriteMessage(gws.OpcodeText, control.Joined(room)) != nil {
			return
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, room := range roomsOf(conn) {
		if h.rooms[room] == nil {
			h.rooms[room] = map[*gws.Conn]struct{}{}
		}
		h.rooms[room][conn] = struct{}{}
	}
}

// OnClose takes it out.
func (h *hub) OnClose(conn *gws.Conn, _ error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, room := range roomsOf(conn) {
		delete(h.rooms[room], conn)
	}
}

// OnPing answers.
func (h *hub) OnPing(conn *gws.Conn, payload []byte) { _ = conn.WritePong(payload) }

// OnMessage drops what viewers say.
func (h *hub) OnMessage(_ *gws.Conn, m *gws.Message) { _ = m.Close() }

// publish queues a message for everyone in a room.
func (h *hub) publish(room string, message []byte) {
	b := gws.NewBroadcaster(gws.OpcodeText, message)
	defer b.Close()
	h.mu.RLock()
	defer h.mu.RUnlock()
	for conn := range h.rooms[room] {
		_ = b.Broadcast(conn) // who is gone is taken out by OnClose
	}
}
