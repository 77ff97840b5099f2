package session

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"grandstand/session/broker"
	"grandstand/session/room"
)

// note is what happened to a viewer, in the order of its shard.
type note struct {
	what     string // event, gap, join, leave
	room     string
	id, from uint64 // from: of a gap; a join and a leave have their cursor in id
}

// crowded is a viewer that takes as much as it likes and notes everything.
type crowded struct {
	viewer
	rng   *rand.Rand // within the shard
	notes []note     // within the shard
}

// WriteShared takes some of the records, as a socket does.
func (c *crowded) WriteShared(p []byte, cut func(int) int) (int, bool) {
	n := len(p)
	if c.rng.IntN(4) == 0 {
		n = cut(c.rng.IntN(len(p)))
	}
	for line := range bytes.Lines(p[:n]) {
		name, rest, _ := bytes.Cut(line, []byte("#"))
		x := note{what: "event", room: string(name)}
		if _, err := fmt.Sscan(string(rest), &x.id); err != nil {
			c.g.t.Errorf("broken record %q: %v", line, err)
		}
		c.notes = append(c.notes, x)
	}
	if n < len(p) || c.rng.IntN(4) == 0 {
		time.AfterFunc(time.Duration(c.rng.IntN(int(2*time.Millisecond))), c.Ready)
		return n, false
	}
	return n, true
}

func (c *crowded) Gap(name string, from, to uint64) {
	c.notes = append(c.notes, note{"gap", name, to, from})
}

// step joins or leaves a room.
func (c *crowded) step(name string, since uint64) {
	c.do(func() {
		if err := c.Leave(name); err == nil {
			c.notes = append(c.notes, note{what: "leave", room: name, id: c.Cursor()})
			return
		}
		start := room.Start{Since: min(since, c.Cursor()), HasSince: since > 0}
		if start.HasSince && start.Since < c.Cursor() {
			start = room.Start{} // its past would come apart
		}
		j, err := c.Join(name, text{}, start)
		if err != nil {
			c.g.t.Errorf("join: %v", err)
			return
		}
		c.notes = append(c.notes, note{what: "join", room: name, id: j.Cursor})
		if j.Missed {
			c.notes = append(c.notes, note{"gap", name, j.GapTo, j.GapFrom})
		}
		c.Visit()
	})
}

// TestRace has publishers, joins, leaves, slow viewers, the sweep and
// inspection at once, and then checks that every viewer got every event it was
// due, exactly once and in order, or was told.
func TestRace(t *testing.T) {
	names := []string{"a", "b", "c", "d"}
	g := newRig(t, func(c *Config) {
		c.Room.History = 60
		pause := time.Millisecond
		c.Rules = []Rule{{Match: "d", FlushInterval: &pause}}
		c.Shard.Chunk = 8
	})
	var all []*crowded
	for i := range 24 {
		c := &crowded{viewer: viewer{g: g}, rng: rand.New(rand.NewPCG(uint64(i), 2))}
		if err := g.Open(&c.Session, i%2, c, nil); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	log := newLog()
	stop := make(chan struct{})
	var viewers, others sync.WaitGroup
	for w := range 3 {
		viewers.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(w), 3))
			for range 1500 {
				all[8*w+rng.IntN(8)].step(names[rng.IntN(len(names))], rng.Uint64N(2)*g.head.Load())
			}
		})
		others.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(w), 1))
			again(stop, func() {
				log.publish(g, rng, names)
				if rng.IntN(2) == 0 { // not so fast that nobody gets anything
					all[rng.IntN(len(all))].do(func() {})
				}
			})
		})
	}
	others.Go(func() {
		again(stop, func() {
			g.rooms.sweep(g.time())
			g.Stats()
			if _, err := g.Session(context.Background(), all[0].ID()); err != nil {
				t.Error(err)
			}
		})
	})
	viewers.Wait()
	close(stop)
	others.Wait()
	log.check(t, g, all)
}

// again calls f until stop is closed.
func again(stop <-chan struct{}, f func()) {
	for {
		select {
		case <-stop:
			return
		default:
			f()
		}
	}
}

// log is every event there ever was, by room.
type log struct {
	mu    sync.Mutex
	rooms map[string][]uint64
}

func newLog() *log { return &log{rooms: map[string][]uint64{}} }

// publish commits a few events of one or two rooms each.
func (l *log) publish(g *rig, rng *rand.Rand, names []string) {
	batch := make([]broker.Message, 1+rng.IntN(3))
	for i := range batch {
		rooms := []string{names[rng.IntN(len(names))]}
		if other := names[rng.IntN(len(names))]; other != rooms[0] && rng.IntN(3) == 0 {
			rooms = append(rooms, other)
		}
		batch[i] = broker.Message{Rooms: rooms, Name: "say"}
	}
	ids, _, err := g.Publish(context.Background(), "", batch)
	if err != nil {
		g.t.Error(err)
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, m := range batch {
		for _, name := range m.Rooms {
			l.rooms[name] = append(l.rooms[name], ids[i])
		}
	}
}

// check waits until nobody has anything to come, and goes through the notes.
func (l *log) check(t *testing.T, g *rig, all []*crowded) {
	for _, ids := range l.rooms {
		slices.Sort(ids)
	}
	for i, c := range all {
		until(t, fmt.Sprint("viewer ", i, " to be at the head"), func() (rest bool) {
			c.do(func() {
				rest = !c.Blocked()
				c.Each(func(r *room.Room) { rest = rest && r.Head() <= c.reached(r.Name()) })
			})
			return rest
		})
		c.do(func() {
			c.Each(func(r *room.Room) {
				c.notes = append(c.notes, note{what: "leave", room: r.Name(), id: max(c.Cursor(), r.Head())})
			})
			c.verify(t, i, l.rooms)
		})
		c.Close()
	}
	until(t, "all to be gone", func() bool { return g.Sessions() == 0 })
	st := g.Stats()
	if st.Members != 0 || st.Shards[0].Blocked+st.Shards[1].Blocked != 0 || st.Shards[0].Panics+st.Shards[1].Panics != 0 {
		t.Errorf("at the end: %d members, shards %+v", st.Members, st.Shards)
	}
	if st.Shards[0].Deliveries+st.Shards[1].Deliveries < 1000 {
		t.Errorf("only %d and %d deliveries", st.Shards[0].Deliveries, st.Shards[1].Deliveries)
	}
}

// reached is how far the notes say that a viewer is in a room it is in.
func (c *crowded) reached(name string) uint64 {
	at := c.Cursor()
	for _, n := range c.notes {
		if n.room == name && n.what != "event" {
			at = max(at, n.id)
		}
	}
	return at
}

// verify goes through a viewer's notes in order.
func (c *crowded) verify(t *testing.T, i int, rooms map[string][]uint64) {
	last := uint64(0)
	starts := map[string]uint64{}             // of the rooms it is in
	gone := map[string]map[uint64]bool{}      // that a gap told of, since
	got := map[string]map[uint64]bool{"": {}} // by room and, under "", of any
	for k, n := range c.notes {
		switch n.what {
		case "join":
			starts[n.room], gone[n.room], got[n.room] = n.id, map[uint64]bool{}, map[uint64]bool{}
		case "event":
			start, in := starts[n.room]
			if _, real := slices.BinarySearch(rooms[n.room], n.id); !real || !in || n.id <= start || n.id <= last || gone[n.room][n.id] {
				t.Errorf("viewer %d, note %d: %+v after %d, in %v from %d, told gone %v", i, k, n, last, in, start, gone[n.room][n.id])
			}
			last = n.id
			got[n.room][n.id], got[""][n.id] = true, true
		case "gap":
			for _, id := range rooms[n.room] {
				if id > n.from && id <= n.id {
					if got[n.room][id] || gone[n.room][id] {
						t.Errorf("viewer %d, note %d: %+v holds %d, which it knows of", i, k, n, id)
					}
					gone[n.room][id] = true
				}
			}
		case "leave":
			for _, id := range rooms[n.room] {
				if id > starts[n.room] && id <= n.id && !got[""][id] && !gone[n.room][id] {
					t.Errorf("viewer %d, note %d: %s#%d is missing, joined at %d, left at %d", i, k, n.room, id, starts[n.room], n.id)
				}
			}
			delete(starts, n.room)
		}
	}
}
