package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"grandstand/epoll/wire/ws"
	"grandstand/session"
	"grandstand/session/room"
)

// kibi is data of a KiB with a number in front.
func kibi(i int) string { return fmt.Sprintf(`"%06d%s"`, i, strings.Repeat("x", 1024)) }

// openSlow opens a house with short logs and small buffers.
func openSlow(t *testing.T, policy room.Policy) *house {
	t.Helper()
	return openHouse(t, func(s *settings) {
		s.rooms.Room.History, s.rooms.Room.Slow = 40, policy
		s.loop.SendBuffer, s.loop.Linger = 4<<10, patience
		s.cfg.MessageRate = 0
	})
}

// play is a broadcast with one viewer that does not read.
type play struct {
	*house
	rooms []string
	fast  *viewer
	slow  *viewer
	ids   map[string][]uint64 // published, by room
	n     int                 // events published
	asked int                 // pings and messages of the slow viewer
	pongs int                 // answers to its messages
	got   []message           // events and gaps it read
}

func openPlay(h *house, rooms ...string) *play {
	p := &play{house: h, rooms: rooms, ids: make(map[string][]uint64)}
	query := "?room=" + strings.Join(rooms, "&room=")
	p.fast, p.slow = h.watch(query), h.watchOn(h.dial(4<<10), query)
	for range rooms {
		p.fast.want("joined")
		p.slow.want("joined")
	}
	return p
}

// publish sends events of a KiB, which the fast viewer gets; now and then the
// slow one asks for something.
func (p *play) publish(events int) {
	p.t.Helper()
	for range events {
		r := p.rooms[p.n%len(p.rooms)]
		p.ids[r] = append(p.ids[r], p.house.publish(r, "n", kibi(p.n)))
		if m := p.fast.want("event"); string(m.Data) != kibi(p.n) {
			p.t.Fatalf("the fast viewer got %.20s, want event %d", m.Data, p.n)
		}
		if p.n%10 == 0 {
			p.slow.send(frame(ws.OpPing, true, strconv.Itoa(p.asked)))
			p.slow.say(`{"type":"ping","ack":%d}`, p.asked)
			p.asked++
		}
		p.n++
	}
}

// blocked reports whether the slow viewer's socket takes nothing any more.
func (p *play) blocked() bool {
	n := 0
	for _, s := range p.hub.Stats().Shards {
		n += s.Blocked
	}
	return n == 1
}

// fill publishes until the slow viewer's socket takes nothing any more. It may
// say so and still take what the kernel has made room for, so it has to stay so.
func (p *play) fill() {
	p.t.Helper()
	for i, times := 0, 0; i < 80 && times < 3; i++ {
		if p.publish(100); p.blocked() {
			times++
		} else {
			times = 0
		}
	}
	p.awaitBlocked()
}

func (p *play) awaitBlocked() {
	p.t.Helper()
	await(p.t, "the slow viewer to block", p.blocked)
}

// read takes one message of the slow viewer, whose frames have to be whole.
func (p *play) read() error {
	m, err := p.slow.read()
	switch {
	case err != nil:
		return err
	case m.Type == "pong":
		if m.Ack != int64(p.pongs) {
			p.t.Fatalf("answer %d, want %d", m.Ack, p.pongs)
		}
		p.pongs++
	case m.Type != "event" && m.Type != "gap":
		p.t.Fatalf("the slow viewer got %+v", m)
	default:
		if m.Event == "n" && len(m.Data) != len(kibi(0)) {
			p.t.Fatalf("event of %d bytes: %.40s", len(m.Data), m.Data)
		}
		p.got = append(p.got, m)
	}
	return nil
}

// catchUp publishes a last event and has the slow viewer read up to it.
func (p *play) catchUp() {
	p.t.Helper()
	p.ids["a"] = append(p.ids["a"], p.house.publish("a", "end", strconv.Itoa(p.n)))
	p.fast.want("event")
	for len(p.got) == 0 || p.got[len(p.got)-1].Event != "end" || string(p.got[len(p.got)-1].Data) != strconv.Itoa(p.n) {
		if err := p.read(); err != nil {
			p.t.Fatal(err)
		}
	}
}

// account checks that the slow viewer has every event exactly once, in order,
// or a gap notice whose bounds are those of what it missed.
func (p *play) account() (gaps int) {
	p.t.Helper()
	last, seen := uint64(0), map[string][]uint64{}
	covered := map[string][]uint64{} // by gaps
	for _, m := range p.got {
		if m.Type == "event" {
			id := number(p.t, m.ID)
			if id <= last {
				p.t.Errorf("id %d after %d", id, last)
			}
			last = id
			seen[m.Room] = append(seen[m.Room], id)
			continue
		}
		gaps++
		from, to := number(p.t, m.From), number(p.t, m.To)
		var missed []uint64
		for _, id := range p.ids[m.Room] {
			if id > from && id <= to {
				missed = append(missed, id)
			}
		}
		if len(missed) == 0 || missed[len(missed)-1] != to {
			p.t.Errorf("gap %d to %d of %s does not end with an event of it", from, to, m.Room)
		}
		covered[m.Room] = append(covered[m.Room], missed...)
	}
	for _, r := range p.rooms {
		all := append(slices.Clone(seen[r]), covered[r]...)
		slices.Sort(all)
		if !slices.Equal(all, p.ids[r]) {
			p.t.Errorf("room %s: %d events read and %d in gaps of %d published, or not each once",
				r, len(seen[r]), len(covered[r]), len(p.ids[r]))
		}
	}
	return gaps
}

// TestSlowViewer stalls a viewer again and again until it falls off the log.
func TestSlowViewer(t *testing.T) {
	for _, tt := range []struct {
		policy room.Policy
		rooms  []string
	}{
		{room.Skip, []string{"a"}}, {room.Latest, []string{"a"}},
		{room.Skip, []string{"a", "b", "c"}}, {room.Latest, []string{"a", "b", "c"}},
	} {
		t.Run(fmt.Sprint(tt.policy, len(tt.rooms)), func(t *testing.T) {
			p := openPlay(openSlow(t, tt.policy), tt.rooms...)
			for round := range 4 {
				p.publish(400)
				p.awaitBlocked()
				if round%2 == 1 {
					p.catchUp()
					continue
				}
				for range 5 { // a little, and it stalls again
					if err := p.read(); err != nil {
						t.Fatal(err)
					}
				}
			}
			gaps := p.account()
			if gaps == 0 {
				t.Error("it never fell off the log")
			}
			if stats := p.hub.Stats().Shards; stats[0].Gaps+stats[1].Gaps != int64(gaps) {
				t.Errorf("%d gaps counted, %d read", stats[0].Gaps+stats[1].Gaps, gaps)
			}
			for p.pongs < p.asked || len(p.slow.pongs) < p.asked {
				if err := p.read(); err != nil {
					t.Fatal(err)
				}
			}
			for i, s := range p.slow.pongs {
				if s != strconv.Itoa(i) {
					t.Fatalf("pong %d is %s", i, s)
				}
			}
		})
	}
}

// TestSlowViewerDisconnected: the third policy sends it away, with a close
// frame behind the last whole event.
func TestSlowViewerDisconnected(t *testing.T) {
	for _, rooms := range [][]string{{"a"}, {"a", "b"}} {
		p := openPlay(openSlow(t, room.Disconnect), rooms...)
		p.publish(400)
		p.wantClosed(session.AllReasons().Slow)
		p.awaitEnded(session.AllReasons().Slow, 1)
		p.fast.alive()
	}
}

// wantClosed reads what the slow viewer got: the beginning of all events, more
// only behind a gap, which one that has just become blocked may still get, and
// then the close frame.
func (p *play) wantClosed(r session.Reason) {
	p.t.Helper()
	var err error
	for err == nil {
		err = p.read()
	}
	var c *closure
	if !errors.As(err, &c) || c.code != r.Code || c.reason != r.Text {
		p.t.Errorf("ended with %v, want %d %s", err, r.Code, r.Text)
	}
	next, gap := 0, false
	for i, m := range p.got {
		if m.Type == "gap" && r != session.AllReasons().Slow {
			gap = true
			continue
		}
		for gap && next < p.n && string(m.Data) != kibi(next) {
			next++
		}
		if m.Type != "event" || string(m.Data) != kibi(next) {
			p.t.Fatalf("message %d is %s %.20s", i, m.Type, m.Data)
		}
		next, gap = next+1, false
	}
	if len(p.got) == 0 || len(p.got) >= p.n {
		p.t.Errorf("%d messages for %d events read", len(p.got), p.n)
	}
	if rest, err := io.ReadAll(p.slow.r); err != nil || len(rest) > 0 {
		p.t.Errorf("after the close frame %d bytes, %v", len(rest), err)
	}
	p.slow.conn.Close()
}

// TestEndWhileBlocked: whoever ends a viewer that takes nothing, its close
// frame never lands inside another frame.
func TestEndWhileBlocked(t *testing.T) {
	reasons := session.AllReasons()
	t.Run("by the control port", func(t *testing.T) {
		p := openPlay(openSlow(t, room.Skip), "a")
		p.publish(400)
		p.awaitBlocked()
		if n, err := p.hub.Kick(context.Background(), "a"); n != 2 || err != nil {
			t.Fatalf("%d viewers kicked, %v", n, err)
		}
		p.fast.wantEnd(reasons.Kicked.Code, reasons.Kicked.Text)
		p.slow.t = t
		var err error
		for err == nil {
			err = p.read()
		}
		var c *closure
		if !errors.As(err, &c) || c.code != reasons.Kicked.Code {
			t.Errorf("ended with %v, want %d", err, reasons.Kicked.Code)
		}
	})
	t.Run("by itself", func(t *testing.T) {
		p := openPlay(openSlow(t, room.Skip), "a")
		p.publish(400)
		p.awaitBlocked()
		p.slow.send(closing(1000, ""))
		p.wantClosed(session.Reason{Code: 1000})
	})
	t.Run("by a mistake", func(t *testing.T) {
		p := openPlay(openSlow(t, room.Skip), "a")
		p.publish(400)
		p.awaitBlocked()
		p.slow.send("\xff\xff")
		p.wantClosed(session.Reason{Code: 1002, Text: "RSV2 or RSV3 is set"})
	})
}

// TestUnreadReplies: a viewer that asks and does not read is ended when the
// answers have used up its allowance.
func TestUnreadReplies(t *testing.T) {
	h := openHouse(t, func(s *settings) {
		s.loop.SendBuffer, s.loop.MaxPending, s.cfg.MessageRate = 4<<10, 32<<10, 0
	})
	v := h.watchOn(h.dial(4<<10), "")
	ping := []byte(strings.Repeat(frame(ws.OpPing, true, strings.Repeat("p", 125)), 20))
	for {
		if _, err := v.conn.Write(ping); err != nil {
			break
		}
	}
	h.awaitEnded(session.AllReasons().Backlog, 1)
	if n := h.group.Stats().PendingOverflow; n != 1 {
		t.Errorf("counted %d, want 1", n)
	}
}
