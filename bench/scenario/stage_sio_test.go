package scenario

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

const sioOpen = `0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`

// greet is the beginning of Socket.IO on a WebSocket. The viewer's messages are
// packets from then on; what has no packet, such as a gap, isn't sent.
func (s *stage) greet(v *seated, r *bufio.Reader) {
	_, _ = v.c.Write(frame(sioOpen))
	_, _, _ = readFrame(r) // CONNECT: the rooms are in the URL, too
	_, _ = v.c.Write(frame("40/arena,{}"))
	v.wrap = func(text string) []byte {
		if p := s.packet(text); p != "" {
			return frame(p)
		}
		return nil
	}
}

// packet is a message of the native protocol as Socket.IO has it.
func (s *stage) packet(text string) string {
	var m struct {
		Type, Room, ID, Event string
		Data                  json.RawMessage
	}
	if json.Unmarshal([]byte(text), &m) != nil {
		return `42/arena,["damaged` // what a test has cut stays cut
	}
	if m.Type != "event" {
		return ""
	}
	return fmt.Sprintf(`42/arena,[%q,%s,{"room":%q,"id":%q}]`, m.Event, m.Data, m.Room, m.ID)
}

// pollSocketIO answers the requests of one session, which come by one connection.
func (s *stage) pollSocketIO(v *seated, r *bufio.Reader, req *http.Request) {
	rooms := req.URL.Query()["room"]
	at, joined := 0, false
	for ; req != nil; req, _ = http.ReadRequest(r) {
		body := "ok"
		switch {
		case req.Method == http.MethodPost:
			_, _ = io.Copy(io.Discard, req.Body)
			s.mu.Lock()
			at = len(s.log)
			s.mu.Unlock()
		case !req.URL.Query().Has("sid"):
			body = sioOpen
		case !joined:
			body, joined = "40/arena,{}", true
		default:
			var packets []string
			for packets == nil {
				s.mu.Lock()
				for len(s.log) == at && !s.ended {
					s.grown.Wait()
				}
				news, ended := s.log[at:], s.ended
				at = len(s.log)
				s.mu.Unlock()
				if ended {
					return
				}
				packets = s.packets(v, rooms, news)
			}
			body = strings.Join(packets, "\x1e")
		}
		_, _ = fmt.Fprintf(v.c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	}
}

// packets are the events of a viewer's rooms.
func (s *stage) packets(v *seated, rooms []string, news []logged) (out []string) {
	for _, e := range news {
		for _, room := range rooms {
			if room != e.room {
				continue
			}
			all := []string{e.text}
			if s.spoil != nil {
				all = s.spoil(v.n, e.text)
			}
			for _, text := range all {
				out = append(out, s.packet(text))
			}
		}
	}
	return out
}

func TestSocketIOInEachScenario(t *testing.T) {
	for _, way := range []string{"socketio", "socketio-polling"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel() // mostly they wait
			common := func(viewers int) Common {
				c := newStage(t, 100000, nil).common(viewers)
				c.Transport, c.Namespace = way, "/arena"
				return c
			}
			paced := Paced{Rooms: 2, Rate: 300, Size: 128, Duration: 300 * time.Millisecond, Warmup: 100 * time.Millisecond, Drain: time.Second, Event: "x"}
			r := mustRun(t, &Fanout{Common: common(50), Paced: paced})
			want(t, r, map[string]float64{"delivered": 50 * 120, "lost": 0, "faults": 0, "ended": 0})
			if rate, ok := r.Value("polls_per_s"); ok != (way == "socketio-polling") || ok && rate < 50 {
				t.Errorf("%g polls a second, %t", rate, ok)
			}
			if !strings.HasPrefix(r.Target, "http://") || !strings.HasSuffix(r.Target, "/socket.io/") {
				t.Errorf("target %s", r.Target)
			}
			r = mustRun(t, &Saturate{Common: common(20), Rooms: 1, Window: 8, Size: 64, Duration: 200 * time.Millisecond, Event: "x"})
			want(t, r, map[string]float64{"lost": 0, "faults": 0})
			r = mustRun(t, &Connect{Common: common(20), Rooms: 2, Rest: 10 * time.Millisecond, Hold: 10 * time.Millisecond})
			want(t, r, map[string]float64{"faults": 0, "ended": 0})
			r = mustRun(t, &Replay{Common: common(10), Rooms: 2, Duration: 10 * time.Second, Speed: 40, Drain: time.Second})
			want(t, r, map[string]float64{"lost": 0, "faults": 0})
			// Everybody comes back as somebody new: nothing resumes.
			r = mustRun(t, &Churn{Common: common(20), Paced: paced, Most: 2, Reconnects: 100, Resume: 70})
			want(t, r, map[string]float64{"lost": 0, "faults": 0, "connect_failed": 0, "resumes": 0})
			if n, _ := r.Value("reconnects"); n == 0 {
				t.Error("churn without any reconnects")
			}
		})
	}
}

func TestFaultsOfSocketIOAreReported(t *testing.T) {
	for _, way := range []string{"socketio", "socketio-polling"} {
		s := newStage(t, 1000, func(viewer int, f string) []string {
			switch {
			case viewer == 3 && strings.Contains(f, `"id":"e-7"`):
				return nil
			case viewer == 4 && strings.Contains(f, `"id":"e-9"`):
				return []string{f, f}
			case viewer == 5 && strings.Contains(f, `"id":"e-11"`):
				return []string{f[:len(f)-3]}
			}
			return []string{f}
		})
		c := s.common(10)
		c.Transport, c.Namespace = way, "/arena"
		r := mustRun(t, &Fanout{Common: c, Paced: Paced{Rooms: 1, Rate: 200, Size: 64, Duration: 200 * time.Millisecond, Drain: 500 * time.Millisecond, Event: "x"}})
		want(t, r, map[string]float64{"lost": 2, "duplicated": 1, "id_order": 1, "broken": 1, "faults": 3})
	}
}
