package scenario

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"grandstand/bench/stats"
)

// stage is a small server of the native protocol on real sockets: one log for
// all rooms, a goroutine per viewer that blocks in write. It exists to be
// right, and to be wrong in one chosen way.
type stage struct {
	keep  int                                 // events a viewer may lag before it is skipped ahead
	spoil func(viewer int, f string) []string // what is sent instead of an event or gap
	ln    net.Listener                        // viewers
	board *httptest.Server                    // publishing
	mu    sync.Mutex                          // guards what follows
	grown *sync.Cond                          // the log grew, or a viewer ended
	log   []logged
	ended bool
	conns map[net.Conn]bool
	seats int // connections ever
	wg    sync.WaitGroup
}

type logged struct {
	room, text string // id is the index plus 1
}

// seated is a viewer of the stage.
type seated struct {
	n      int
	c      net.Conn
	mu     sync.Mutex        // held for each write and each change of rooms
	rooms  map[string]uint64 // joined room to the id it starts behind
	cursor uint64
	gone   bool
	wrap   func(text string) []byte // a message as its transport has it
}

func newStage(t *testing.T, keep int, spoil func(viewer int, f string) []string) *stage {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{keep: keep, spoil: spoil, ln: ln, conns: map[net.Conn]bool{}}
	s.grown = sync.NewCond(&s.mu)
	s.board = httptest.NewServer(http.HandlerFunc(s.publish))
	s.wg.Add(1)
	go s.serve() // stops: the listener is closed
	t.Cleanup(func() {
		_ = ln.Close()
		s.board.Close()
		s.mu.Lock()
		s.ended = true
		for c := range s.conns {
			_ = c.Close()
		}
		s.grown.Broadcast()
		s.mu.Unlock()
		s.wg.Wait()
	})
	return s
}

func (s *stage) publish(w http.ResponseWriter, r *http.Request) {
	type pub struct {
		Room, Event string
		Data        json.RawMessage
	}
	var req struct {
		pub
		Events []pub
	}
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if len(req.Events) == 0 {
		req.Events = []pub{req.pub}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := make([]string, 0, len(req.Events))
	for _, e := range req.Events {
		id := "e-" + strconv.Itoa(len(s.log)+1)
		ids = append(ids, id)
		s.log = append(s.log, logged{e.Room, fmt.Sprintf(`{"type":"event","room":%q,"id":%q,"event":%q,"data":%s}`, e.Room, id, e.Event, e.Data)})
	}
	s.grown.Broadcast()
	_ = json.NewEncoder(w).Encode(map[string]any{"ids": ids})
}

func (s *stage) serve() {
	defer s.wg.Done()
	for n := 0; ; n++ {
		c, err := s.ln.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[c] = true
		s.seats++
		s.mu.Unlock()
		s.wg.Add(1)
		go s.seat(n, c) // stops: the connection ends
	}
}

// seat upgrades a connection, starts its writer and reads what it says.
func (s *stage) seat(n int, c net.Conn) {
	defer s.wg.Done()
	v := &seated{n: n, c: c, rooms: map[string]uint64{}, wrap: frame}
	defer func() {
		_ = c.Close()
		s.mu.Lock()
		v.gone = true
		delete(s.conns, c)
		s.grown.Broadcast()
		s.mu.Unlock()
	}()
	_ = c.(*net.TCPConn).SetWriteBuffer(8 << 10)
	r := bufio.NewReader(c)
	req, err := http.ReadRequest(r)
	if err != nil {
		return
	}
	if req.URL.Query().Get("transport") == "polling" {
		s.pollSocketIO(v, r, req)
		return
	}
	if !strings.HasSuffix(req.URL.Path, "/ws") && req.URL.Path != "/socket.io/" {
		s.seatWeb(v, r, req)
		return
	}
	sum := sha1.Sum([]byte(req.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	_, _ = fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
	if req.URL.Path == "/socket.io/" {
		s.greet(v, r)
	}
	s.enter(v, req)
	for {
		op, p, err := readFrame(r)
		if err != nil || op == 8 {
			return
		}
		if op == 1 {
			s.obey(v, p)
		}
	}
}

// enter puts a viewer into the rooms of its URL and starts its writer.
func (s *stage) enter(v *seated, req *http.Request) {
	v.mu.Lock()
	for i, room := range req.URL.Query()["room"] {
		s.join(v, room, since(req), i == 0)
	}
	v.mu.Unlock()
	s.wg.Add(1)
	go s.write(v) // stops: the connection ends
}

// since is the number of the cursor in a URL, 0 without one.
func since(req *http.Request) uint64 {
	_, number, _ := strings.Cut(req.URL.Query().Get("since"), "-")
	at, _ := strconv.ParseUint(number, 10, 64)
	return at
}

// join puts a viewer into a room. v.mu is held.
func (s *stage) join(v *seated, room string, since uint64, first bool) {
	s.mu.Lock()
	head := uint64(len(s.log))
	s.mu.Unlock()
	start, recovered := head, false
	if since > 0 {
		start, recovered = since, head-since <= uint64(s.keep)
	}
	if first {
		v.cursor = start
	}
	v.rooms[room] = start
	s.send(v, fmt.Sprintf(`{"type":"joined","room":%q,"cursor":"e-%d","recovered":%t,"viewers":1,"head":"e-%d"}`, room, start, recovered, head))
}

func (s *stage) obey(v *seated, p []byte) {
	var m struct {
		Type, Room string
		Ack        int
	}
	if json.Unmarshal(p, &m) != nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	switch m.Type {
	case "join":
		s.join(v, m.Room, 0, false)
	case "leave":
		delete(v.rooms, m.Room)
		s.send(v, fmt.Sprintf(`{"type":"ack","ack":%d}`, m.Ack))
	case "ping":
		s.send(v, fmt.Sprintf(`{"type":"pong","ack":%d}`, m.Ack))
	}
}

// write brings the viewer to the head whenever the log grows.
func (s *stage) write(v *seated) {
	defer s.wg.Done()
	for {
		s.mu.Lock()
		for uint64(len(s.log)) == v.cursor && !v.gone && !s.ended {
			s.grown.Wait()
		}
		head, over := uint64(len(s.log)), v.gone || s.ended
		s.mu.Unlock()
		if over {
			return
		}
		v.mu.Lock()
		if head-v.cursor > uint64(s.keep) {
			s.skip(v, head-uint64(s.keep))
		}
		for v.cursor < head {
			s.mu.Lock()
			e := s.log[v.cursor]
			s.mu.Unlock()
			v.cursor++
			if start, in := v.rooms[e.room]; in && v.cursor > start {
				s.send(v, e.text)
			}
		}
		v.mu.Unlock()
	}
}

// skip jumps over what is not kept, with a notice for each room that had some of it.
func (s *stage) skip(v *seated, to uint64) {
	for room, start := range v.rooms {
		last := uint64(0)
		s.mu.Lock()
		for id := max(v.cursor, start) + 1; id <= to; id++ {
			if s.log[id-1].room == room {
				last = id
			}
		}
		s.mu.Unlock()
		if last > 0 {
			s.send(v, fmt.Sprintf(`{"type":"gap","room":%q,"from":"e-%d","to":"e-%d"}`, room, max(v.cursor, start), last))
		}
	}
	v.cursor = to
}

// send writes one message, or what the test wants in its place.
func (s *stage) send(v *seated, text string) {
	all := []string{text}
	if s.spoil != nil {
		all = s.spoil(v.n, text)
	}
	for _, text := range all {
		_, _ = v.c.Write(v.wrap(text))
	}
}

// frame is a message as a WebSocket has it.
func frame(text string) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0x81, 126}, uint16(len(text))), text...)
}

// readFrame reads one masked frame of a viewer.
func readFrame(r *bufio.Reader) (op byte, p []byte, err error) {
	var h [6]byte
	if _, err = io.ReadFull(r, h[:]); err != nil {
		return 0, nil, err
	}
	p = make([]byte, h[1]&0x7F)
	_, err = io.ReadFull(r, p)
	for i := range p {
		p[i] ^= h[2+i%4]
	}
	return h[0] & 15, p, err
}

// common are flags for a run against the stage.
func (s *stage) common(viewers int) Common {
	return Common{
		URL: "ws://" + s.ln.Addr().String() + "/live/ws", Publish: s.board.URL, Room: "bench",
		Viewers: viewers, Loops: 1, Sources: 4, Seed: 1, Quiet: true,
	}
}

// mustRun carries a scenario out and gives its report.
func mustRun(t *testing.T, s interface {
	Run(ctx context.Context, env Env) (*stats.Report, error)
}) *stats.Report {
	t.Helper()
	r, err := s.Run(context.Background(), Env{Out: io.Discard, Err: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// want compares figures of a report.
func want(t *testing.T, r *stats.Report, figures map[string]float64) {
	t.Helper()
	for key, w := range figures {
		if got, ok := r.Value(key); !ok || got != w {
			t.Errorf("%s = %g (known %t), want %g", key, got, ok, w)
		}
	}
	if t.Failed() {
		t.Logf("%+v, missed %q, notes %q", r.Figures, r.Missed, r.Notes)
	}
}
