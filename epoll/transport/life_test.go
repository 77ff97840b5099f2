package transport

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"grandstand/epoll"
	"grandstand/epoll/wire/ws"
	"grandstand/session"
)

// TestHeartbeat: a viewer that says nothing is pinged, one that answers stays,
// one that does not is sent away.
func TestHeartbeat(t *testing.T) {
	h := openHouse(t, func(s *settings) {
		s.cfg.PingInterval, s.cfg.Silence = 100*time.Millisecond, 400*time.Millisecond
	})
	there, silent := h.watch("?room=a"), h.watch("?room=a")
	silent.want("joined")
	pings := 0
	for {
		op, payload, err := silent.frame()
		if err != nil {
			t.Fatal(err)
		}
		if op == ws.OpClose {
			if want := "\x0f\xa4ping timeout"; string(payload) != want { // 4004
				t.Errorf("close frame %q, want %q", payload, want)
			}
			break
		}
		if op != ws.OpPing || len(payload) != 0 {
			t.Fatalf("got a %v of %q", op, payload)
		}
		pings++
		// The other one reads what came meanwhile, and answers.
		for there.pings < pings {
			h.publish("b", "n", "0")
			there.conn.SetReadDeadline(time.Now().Add(patience))
			if op, _, err := there.frame(); err != nil {
				t.Fatal(err)
			} else if op == ws.OpPing {
				there.pings++
				there.send(frame(ws.OpPong, true, ""))
			}
		}
	}
	if pings < 2 || pings > 5 {
		t.Errorf("%d pings in 400 ms, one each 100 ms", pings)
	}
	silent.conn.Close()
	h.awaitEnded(session.AllReasons().Silent, 1)
	there.alive()
}

// TestTalkersAreNotPinged: whoever says something anyway needs no ping.
func TestTalkersAreNotPinged(t *testing.T) {
	h := openHouse(t, func(s *settings) {
		s.cfg.PingInterval, s.cfg.Silence = 300*time.Millisecond, 10*time.Second
	})
	v := h.watch("")
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Second); time.Now().Before(end); <-tick.C {
		v.alive()
	}
	if v.pings != 0 {
		t.Errorf("%d pings", v.pings)
	}
}

// TestMemoryOfViewers: 600 viewers need no goroutine each, and nothing of them
// is left when they have gone, politely or not.
func TestMemoryOfViewers(t *testing.T) {
	h := openHouse(t, nil)
	before := runtime.NumGoroutine()
	var all []*viewer
	for i := range 600 {
		v := h.watch(fmt.Sprintf("?room=r%d", i%50))
		v.want("joined")
		all = append(all, v)
	}
	if n := runtime.NumGoroutine(); n > before+8 {
		t.Errorf("%d goroutines for 600 viewers, %d before", n, before)
	}
	if s := h.hub.Stats(); s.Sessions != 600 || s.Members != 600 || s.Rooms != 50 {
		t.Errorf("%d sessions, %d members, %d rooms", s.Sessions, s.Members, s.Rooms)
	}
	for i, v := range all {
		switch i % 3 {
		case 0:
			v.send(closing(1001, ""))
		case 1:
			v.conn.SetLinger(0)
		}
		v.conn.Close()
	}
	await(t, "all to be gone", func() bool { return h.hub.Stats().Sessions == 0 && h.group.Stats().Open == 0 })
	ended := h.srv.Ended()
	if ended["left"]+ended["connection lost"] != 600 || ended["connection lost"] < 400 {
		t.Errorf("ended %v", ended)
	}
}

// TestChurn: viewers come and go, and descriptors are used again, while every
// room has news: nobody gets an event or a frame of another one's room.
func TestChurn(t *testing.T) {
	const crews, rounds = 4, 60
	h := openHouse(t, func(s *settings) { s.rooms.MaxRooms = 1000 })
	stop := make(chan struct{})
	var noise, crew sync.WaitGroup
	noise.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				for c := range crews {
					name := fmt.Sprintf("crew%d", c)
					h.publish(name, "n", fmt.Sprintf("%q", name))
				}
			}
		}
	})
	for c := range crews {
		crew.Go(func() {
			name := fmt.Sprintf("crew%d", c)
			for round := range rounds {
				v := h.watch("?room=" + name)
				last := uint64(0)
				for range round % 20 {
					m := v.next()
					if m.Room != name || m.Type == "event" && (string(m.Data) != `"`+name+`"` || number(t, m.ID) <= last) {
						t.Errorf("%s got %+v after %d", name, m, last)
					}
					if m.Type == "event" {
						last = number(t, m.ID)
					}
				}
				if round%2 == 0 {
					v.conn.SetLinger(0)
				}
				v.conn.Close()
			}
		})
	}
	crew.Wait()
	close(stop)
	noise.Wait()
	await(t, "all to be gone", func() bool { return h.hub.Stats().Sessions == 0 })
}

// TestReconnectMessage: what a drain sends reaches the viewer as a message.
func TestReconnectMessage(t *testing.T) {
	h := openHouse(t, nil)
	v := h.watch("?room=a")
	v.want("joined")
	err := h.hub.Spread(context.Background(), 0, func(s *session.Session) {
		t := s.Transport()
		t.Reconnect(1500 * time.Millisecond)
		t.End(session.AllReasons().Draining)
	})
	if err != nil {
		t.Fatal(err)
	}
	if m := v.next(); m.Type != "reconnect" {
		t.Errorf("got %+v", m)
	}
	v.wantEnd(1012, "draining")
	h.awaitEnded(session.AllReasons().Draining, 1)
}

// TestSessionInfo: a viewer can be looked up by the id it was given, and ended.
func TestSessionInfo(t *testing.T) {
	h := openHouse(t, nil)
	v := h.watch("?room=a&room=b")
	id := v.want("joined").Session
	v.want("joined")
	info, err := h.hub.Session(context.Background(), id)
	if err != nil || info.Transport != "websocket" || info.Peer != v.conn.LocalAddr().String() || len(info.Rooms) != 2 {
		t.Errorf("%+v, %v", info, err)
	}
	if err := h.hub.End(context.Background(), id, session.AllReasons().Kicked); err != nil {
		t.Fatal(err)
	}
	v.wantEnd(4005, "kicked")
}

// TestPanic: a mistake in the handling of one connection ends that one.
func TestPanic(t *testing.T) {
	var broken *Server
	n := 0
	h := openHouse(t, func(s *settings) {
		s.accept = func(srv *Server) func(c *epoll.Conn) epoll.Handler {
			broken = New(srv.cfg, srv.hub, nil, 2, srv.log)
			broken.native = nil // any use of it panics
			return func(c *epoll.Conn) epoll.Handler {
				if n++; n == 2 {
					return broken.Accept(c)
				}
				return srv.Accept(c)
			}
		}
	})
	other := h.watch("?room=a")
	other.want("joined")
	c := h.dial(0)
	io.WriteString(c, opening("/live/ws?room=a"))
	if line, err := bufio.NewReader(c).ReadString('\n'); err == nil {
		t.Errorf("answered %q, want the end", line)
	}
	h.publish("a", "n", "1")
	other.wantEvents("a", 1, 1)
	await(t, "the connection to be closed", func() bool { return h.group.Stats().Open == 1 })
	if s := h.group.Stats(); s.Panics != 1 || !strings.Contains(h.log.String(), "panicked") {
		t.Errorf("%d panics counted; the log says: %s", s.Panics, h.log.String())
	}
	h.log.reset()
}
