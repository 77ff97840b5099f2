package room

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// chance is where a model's decisions come from: a seed, or a fuzzer's bytes.
type chance func(n int) int

// entry is an event as the model remembers it, for ever.
type entry struct {
	id     uint64
	except string
}

// world is a stage on which viewers come, go, block and resume at random
// while events are published, against a model that remembers every event.
type world struct {
	*stage
	roll      chance
	names     []string
	cfgs      []Config
	log       map[string][]entry
	forgotten uint64
	clients   []*client
	ids       int
	// committing: a batch is on its way into the rooms. There is one at a time.
	committing bool
}

// client is a viewer over all its connections.
type client struct {
	w     *world
	sink  *fakeSink // the connection it has now
	stays map[string]*stay
	ended []*stay
}

// stay is one membership, from a join to a leave or the connection's end.
type stay struct {
	room   string
	start  uint64 // every event above it is due
	claims uint64 // the viewer says it has the events up to it
	replay map[uint64]bool
	gap    [2]uint64 // that the join told of
	begin  int       // in the stream, taken bytes
	end    int       // -1: goes on
	bound  uint64    // up to which all must be accounted for, when it ended
}

func newWorld(t testing.TB, roll chance) *world {
	w := &world{roll: roll, log: map[string][]entry{}}
	w.stage = newStage(t, 2, ShardConfig{Chunk: 1 + roll(4), Mailbox: 1 << 20})
	for i, slow := range []Policy{Skip, Latest, Disconnect, Skip, Skip} {
		cfg := DefaultConfig()
		cfg.Slow, cfg.History, cfg.MaxReplay = slow, 2+roll(12), roll(6)
		cfg.HistoryBytes = 1024 + roll(2000)
		cfg.HistoryAge = time.Minute
		if i == 3 {
			cfg.FlushInterval = 20 * time.Millisecond
		}
		if i > 2 { // several segments, and more than one merged write
			cfg.History, cfg.HistoryBytes = 20+10000*(i-3), 1<<20
		}
		w.names, w.cfgs = append(w.names, fmt.Sprint("r", i)), append(w.cfgs, cfg)
	}
	for range 6 {
		w.clients = append(w.clients, w.connect(&client{w: w}))
	}
	return w
}

// room returns a room that exists, making it as a hub does.
func (w *world) here(i int) *Room {
	name := w.names[i%len(w.names)]
	r := w.rooms[name]
	if r == nil {
		r = New(name, &w.cfgs[i%len(w.names)], w.shards, w.forgotten)
		w.rooms[name] = r
	}
	return r
}

// connect gives a client a connection of its own.
func (w *world) connect(c *client) *client {
	w.ids++
	c.sink = newSink(w.stage, fmt.Sprint("s", w.ids), w.roll(2))
	c.sink.hook = w.meanwhile
	c.stays, c.ended = map[string]*stay{}, nil
	return c
}

// meanwhile is what other goroutines do during a visit.
func (w *world) meanwhile() {
	if !w.committing && w.roll(12) == 0 {
		w.publishSome(false)
	}
}

// publishSome commits a batch of events; shards may run between the appends,
// before anything is told.
func (w *world) publishSome(run bool) {
	var told []*Room
	w.committing = true
	defer func() { w.committing = false }()
	for range 1 + w.roll(4) {
		except := ""
		if w.roll(4) == 0 {
			except = w.clients[w.roll(len(w.clients))].sink.name
		}
		w.next++
		first, also := w.roll(len(w.names)), w.roll(2*len(w.names))
		rooms := []*Room{w.here(first)}
		if r := w.here(also); also < len(w.names) && r != rooms[0] {
			rooms = append(rooms, r)
		}
		data := strings.Repeat("x", w.roll(30))
		if w.roll(10) == 0 {
			data = strings.Repeat("y", w.roll(5000))
		}
		for _, r := range rooms {
			w.log[r.Name()] = append(w.log[r.Name()], entry{w.next, except})
			r.Append(Event{ID: w.next, Time: w.wall(), Name: "say", Data: []byte(data), Except: except})
			if run && w.roll(6) == 0 {
				w.turnOnce()
			}
		}
		told = append(told, rooms...)
	}
	w.tell(told...)
}

// turnOnce runs one shard for one turn, if it is due one.
func (w *world) turnOnce() {
	if i := w.roll(len(w.shards)); w.woken[i] {
		w.woken[i] = false
		more := w.shards[i].Run()
		w.woken[i] = w.woken[i] || more
	}
}

// step does one thing.
func (w *world) step() {
	c := w.clients[w.roll(len(w.clients))]
	switch w.roll(18) {
	case 0, 1, 2, 3:
		w.publishSome(true)
	case 4, 5, 6:
		w.turnOnce()
	case 7, 8:
		c.join(w.here(w.roll(len(w.names))), w.start(c))
	case 9:
		c.leave(w.names[w.roll(len(w.names))])
	case 10:
		c.sink.room = w.roll(80)
	case 11, 12:
		c.sink.drain(w.roll(200))
	case 13:
		w.clock.tick(time.Duration(w.roll(30)) * time.Millisecond)
	case 14:
		w.age()
	case 15:
		w.run()
		c.reconnect()
	case 16:
		c.suspend()
	case 17:
		w.run()
		c.again()
	}
}

// age lets time pass, trims, and forgets idle rooms as the registry does.
func (w *world) age() {
	if w.roll(4) == 0 {
		w.clock.tick(time.Duration(w.roll(40)) * time.Second)
	}
	for _, name := range w.names {
		r := w.rooms[name]
		if r == nil {
			continue
		}
		if r.Trim(w.wall()); r.Idle() {
			w.forgotten = max(w.forgotten, r.Head())
			delete(w.rooms, name)
		}
	}
}

// start is one of the ways to begin.
func (w *world) start(c *client) Start {
	o := Start{}
	if w.roll(2) == 0 {
		o.HasSince, o.Since = true, uint64(w.roll(int(w.next)+3))
		o.Foreign = w.roll(8) == 0
	}
	if w.roll(3) == 0 {
		o.History = w.roll(9)
	}
	return o
}

// finish lets everybody read everything, and checks them all.
func (w *world) finish() {
	for range 4 { // evictions and timers may need another round
		for _, c := range w.clients {
			c.sink.drain(noEnd)
		}
		w.run()
		w.clock.tick(time.Minute / 2)
		w.run()
	}
	for _, c := range w.clients {
		c.check(true)
		w.shards[0].do(func() { c.sink.shard.Detach(&c.sink.m) })
	}
	for _, r := range w.rooms {
		if r.Members() != 0 {
			w.t.Errorf("%s: %d members at the end", r.Name(), r.Members())
		}
	}
	w.unchanged()
	for i, s := range w.shards {
		if st := s.Stats(); st.Blocked != 0 || st.Panics != 0 || st.Waiting != 0 {
			w.t.Errorf("shard %d at the end: %+v", i, st)
		}
	}
}

// TestModel runs many worlds. A failure names the seed.
func TestModel(t *testing.T) {
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(seed, 9))
		w := newWorld(t, rng.IntN)
		for range 250 {
			w.step()
		}
		w.finish()
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// FuzzModel has a fuzzer make the decisions.
func FuzzModel(f *testing.F) {
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 10))
		p := make([]byte, 400)
		for i := range p {
			p[i] = byte(rng.IntN(256))
		}
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		p = slices.Clone(p)
		w := newWorld(t, func(n int) int {
			if len(p) == 0 {
				return n - 1
			}
			k := int(p[0]) % n
			p = p[1:]
			return k
		})
		for steps := 0; len(p) > 0 && steps < 1000; steps++ {
			w.step()
		}
		w.finish()
	})
}
