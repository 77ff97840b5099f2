package transport

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"grandstand/session"
	"grandstand/session/room"
)

// ledger is what was published and what one client made of it.
type ledger struct {
	*house
	v   *client
	ids map[string][]uint64 // by room
	n   int
	got []said
}

// publish sends events of a KiB to two rooms in turn.
func (l *ledger) publish(events int) {
	l.t.Helper()
	for range events {
		r := []string{"a", "b"}[l.n%2]
		l.ids[r] = append(l.ids[r], l.house.publish(r, "n", kibi(l.n)))
		l.n++
	}
}

// stall publishes more than a room keeps, and on until the client's socket
// takes no more, if it has one that is written to.
func (l *ledger) stall() {
	l.t.Helper()
	if l.publish(300); l.v.polls {
		return
	}
	await(l.t, "the client to block", func() bool {
		for _, s := range l.hub.Stats().Shards {
			if s.Blocked > 0 {
				return true
			}
		}
		l.publish(20) // a busy machine may have skipped what was to fill it
		return false
	})
}

// read takes so many messages, or all up to the event last, or up to the end.
func (l *ledger) read(most int, last uint64) error {
	l.t.Helper()
	for range most {
		m, err := l.v.read()
		if err != nil {
			return err
		}
		if m.Type != "event" && m.Type != "gap" {
			l.got = append(l.got, m)
			return nil
		}
		if m.Type == "event" && m.Event == "n" && len(m.Data) != len(kibi(0)) {
			l.t.Fatalf("event of %d bytes: %v", len(m.Data), m)
		}
		l.got = append(l.got, m)
		if m.Type == "event" && number(l.t, m.ID) == last {
			return nil
		}
	}
	return nil
}

// catchUp reads everything there is.
func (l *ledger) catchUp() {
	l.t.Helper()
	last := l.house.publish("a", "end", strconv.Itoa(l.n))
	l.ids["a"] = append(l.ids["a"], last)
	if err := l.read(1<<20, last); err != nil {
		l.t.Fatal(err)
	}
}

// account checks that every event is there once, in order, or in the gap of
// its room, and returns how many gaps there are.
func (l *ledger) account() (gaps int) {
	l.t.Helper()
	last, had := uint64(0), map[string][]uint64{}
	of := func(id uint64) string { // sse does not say it
		if slices.Contains(l.ids["a"], id) {
			return "a"
		}
		return "b"
	}
	for _, m := range l.got {
		if m.Type == "event" {
			id := number(l.t, m.ID)
			if id <= last || m.Room != of(id) && !l.v.plain {
				l.t.Errorf("%v after %d", m, last)
			}
			last = id
			had[of(id)] = append(had[of(id)], id)
			continue
		}
		gaps++
		for _, id := range l.ids[m.Room] {
			if id > number(l.t, m.From) && id <= number(l.t, m.To) {
				had[m.Room] = append(had[m.Room], id)
			}
		}
	}
	for r, ids := range l.ids {
		slices.Sort(had[r])
		if !slices.Equal(had[r], ids) {
			l.t.Errorf("room %s: %d events read or in gaps, %d published, or not each once", r, len(had[r]), len(ids))
		}
	}
	return gaps
}

// openLedger has a client join two rooms that keep less than is published,
// with as little room on the way as the kernel allows.
func openLedger(t *testing.T, c carrier, policy room.Policy) *ledger {
	t.Helper()
	h := openHouse(t, func(s *settings) {
		s.rooms.Room.History, s.rooms.Room.Slow = 60, policy
		s.loop.SendBuffer, s.loop.Linger = 4<<10, patience
	})
	return &ledger{house: h, v: c.open(h, query{rooms: []string{"a", "b"}, rcvbuf: 4 << 10}), ids: map[string][]uint64{}}
}

// TestSuiteSlow: a client that reads on after a while has everything, or is
// told exactly what it has not.
func TestSuiteSlow(t *testing.T) {
	for _, policy := range []room.Policy{room.Skip, room.Latest} {
		t.Run(fmt.Sprint(policy), func(t *testing.T) {
			eachCarrier(t, func(t *testing.T, c carrier) {
				l := openLedger(t, c, policy)
				for round := range 4 {
					l.stall()
					if round%2 == 1 {
						l.catchUp()
					} else if err := l.read(5, 0); err != nil {
						t.Fatal(err)
					}
				}
				if l.account() == 0 {
					t.Error("it never fell off the log")
				}
			})
		})
	}
}

// TestSuiteSlowEnded: where slow clients are sent away, they read a beginning
// without a gap, and why it ends there. Polls go on, as they come anew anyway.
func TestSuiteSlowEnded(t *testing.T) {
	slow := session.AllReasons().Slow
	eachCarrier(t, func(t *testing.T, c carrier) {
		l := openLedger(t, c, room.Disconnect)
		l.publish(1) // which nobody is too slow for
		if err := l.read(1, 0); err != nil {
			t.Fatal(err)
		}
		l.publish(400)
		if c.polls {
			l.catchUp()
			if l.account() == 0 {
				t.Error("no gap")
			}
			return
		}
		if err := l.read(1<<20, 0); err != nil && !errors.Is(err, errOver) {
			t.Fatal(err)
		}
		n := len(l.got) - 1
		end := l.got[n]
		if end.Type != "end" || string(end.Code) != strconv.Itoa(int(slow.Code)) || end.Reason != slow.Text || !end.Retry {
			t.Errorf("ended with %v", end)
		}
		for i, m := range l.got[:n] {
			if m.Type != "event" || string(m.Data) != kibi(i) {
				t.Fatalf("message %d is %v", i, m)
			}
		}
		if n == 0 || n >= l.n {
			t.Errorf("%d events of %d read", n, l.n)
		}
		l.v.wantEnd()
		l.awaitEnded(slow, 1)
	})
}

// TestSuiteSlowParked: a poller that was parked before, and then stays away
// until its place in the log is gone, is told so on its old connection.
func TestSuiteSlowParked(t *testing.T) {
	for _, policy := range []room.Policy{room.Skip, room.Disconnect} {
		eachCarrier(t, func(t *testing.T, c carrier) {
			if !c.parks {
				return
			}
			l := openLedger(t, c, policy)
			for range 2 {
				if err := l.v.link.(*pollLink).ask(); err != nil {
					t.Fatal(err)
				}
				await(t, "it to be parked", func() bool { return l.hub.Stats().Sessions == 1 })
				l.publish(1)
				if err := l.read(1, 0); err != nil {
					t.Fatal(err)
				}
				l.publish(300)
				l.catchUp()
			}
			if l.account() == 0 {
				t.Error("no gap")
			}
		})
	}
}
