// Gorilla is a room server on gorilla/websocket as its chat example teaches it:
// a goroutine that reads and one that writes for each viewer, a queue between the
// room and the writer, and each message prepared once for all.
package main

import (
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"rivals/control"
)

// queue is how many messages may wait for a viewer; one with more is cut.
const queue = 256

// viewer is one connection.
type viewer struct {
	conn *websocket.Conn
	send chan *websocket.PreparedMessage
}

// hub is the rooms and who is in them.
type hub struct {
	upgrader websocket.Upgrader
	mu       sync.RWMutex
	rooms    map[string]map[*viewer]struct{}
}

func main() {
	h := &hub{rooms: map[string]map[*viewer]struct{}{}, upgrader: websocket.Upgrader{
		ReadBufferSize: 512, WriteBufferSize: 1024, WriteBufferPool: &sync.Pool{},
		Subprotocols: []string{"grandstand.v1"}, CheckOrigin: func(*http.Request) bool { return true },
	}}
	os.Exit(control.Main(h, h.publish))
}

// ServeHTTP is the life of a viewer.
func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, err := h.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // it has been answered
	}
	v := &viewer{conn: conn, send: make(chan *websocket.PreparedMessage, queue)}
	rooms := r.URL.Query()["room"]
	for _, room := range rooms {
		if m, err := websocket.NewPreparedMessage(websocket.TextMessage, control.Joined(room)); err == nil {
			v.send <- m
		}
	}
	go v.write() // stops: send is closed
	h.enter(v, rooms)
	for {
		if _, _, err := conn.NextReader(); err != nil {
			break
		}
	}
	h.leave(v, rooms)
	close(v.send) // nobody sends any more: leave took the lock
}

// write sends what the rooms have queued.
func (v *viewer) write() {
	for m := range v.send {
		if v.conn.SetWriteDeadline(time.Now().Add(10*time.Second)) != nil || v.conn.WritePreparedMessage(m) != nil {
			break
		}
	}
	_ = v.conn.Close()
}

func (h *hub) enter(v *viewer, rooms []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, room := range rooms {
		if h.rooms[room] == nil {
			h.rooms[room] = map[*viewer]struct{}{}
		}
		h.rooms[room][v] = struct{}{}
	}
}

func (h *hub) leave(v *viewer, rooms []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, room := range rooms {
		delete(h.rooms[room], v)
	}
}

// publish queues a message for everyone in a room.
func (h *hub) publish(room string, message []byte) {
	m, err := websocket.NewPreparedMessage(websocket.TextMessage, message)
	if err != nil {
		return
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	for v := range h.rooms[room] {
		select {
		case v.send <- m:
		default:
			_ = v.conn.Close()
		}
	}
}
