package transport

import (
	"slices"
	"sync"
	"time"

	"grandstand/session"
)

const (
	// beatTick is the precision of all times.
	beatTick = 50 * time.Millisecond
	// beatSlots is one turn of the wheel, 51 s.
	beatSlots = 1024
	// beatBatch is how many sessions a shard looks at in one command.
	beatBatch = 256
	// beatSpares is how many such commands are kept for the next.
	beatSpares = 64
)

// beats is the clock of all sessions: a wheel whose slots are lists through the
// sessions themselves, so that a heartbeat costs neither a timer nor memory.
// Times are lazy: one that is put off is found out when it comes.
type beats struct {
	srv  *Server
	mu   sync.Mutex
	now  uint32 // the tick last advanced to
	slot [beatSlots]*engine
	// spares are commands that were run.
	spares []*beatCall
	stop   chan struct{} // nil: not running
	done   chan struct{}
	over   bool
}

func (b *beats) init(s *Server) { b.srv = s }

// tick is the time since the start in ticks: not of Server.now, which begins
// anew after 49 days, when those that are set would be far away.
func (b *beats) tick() uint32 { return uint32(time.Since(b.srv.start) / beatTick) }

// set has e looked at after a time, or earlier if that is set already.
func (b *beats) set(e *engine, after time.Duration) {
	when := max(b.tick()+uint32((after+beatTick-1)/beatTick)+1, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return
	}
	if b.stop == nil {
		b.stop, b.done, b.now = make(chan struct{}), make(chan struct{}), b.tick()
		go b.run(b.stop, b.done) // stops: close
	}
	if e.when != 0 {
		if int32(e.when-when) <= 0 {
			return
		}
		b.unlink(e)
	}
	if int32(when-b.now) <= 0 {
		when = b.now + 1
	}
	e.when = when
	head := &b.slot[when%beatSlots]
	e.prev, e.next = nil, *head
	if *head != nil {
		(*head).prev = e
	}
	*head = e
}

// remove has e not looked at any more.
func (b *beats) remove(e *engine) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e.when != 0 {
		b.unlink(e)
	}
}

// unlink takes e out of its slot. mu is held.
func (b *beats) unlink(e *engine) {
	if e.prev != nil {
		e.prev.next = e.next
	} else {
		b.slot[e.when%beatSlots] = e.next
	}
	if e.next != nil {
		e.next.prev = e.prev
	}
	e.prev, e.next, e.when = nil, nil, 0
}

// run turns the wheel.
func (b *beats) run(stop, done chan struct{}) {
	defer close(done)
	t := time.NewTicker(beatTick)
	defer t.Stop()
	due := make([][]*engine, len(b.srv.engines.answers)) // by shard
	for {
		select {
		case <-stop:
			return
		case <-t.C:
			b.advance(due)
			for shard, list := range due {
				for part := range slices.Chunk(list, beatBatch) {
					b.call(shard, part)
				}
				clear(list)
				due[shard] = list[:0]
			}
		}
	}
}

// beatCall is a command to a shard, used again: heartbeats leave no garbage.
type beatCall struct {
	list []*engine
	run  func() // looks at the list
}

func newBeatCall(b *beats) *beatCall {
	c := &beatCall{list: make([]*engine, 0, beatBatch)}
	c.run = func() {
		n := 0
		defer func() { // a talk may panic, which is no concern of the others'
			for _, e := range c.list[min(n+1, len(c.list)):] {
				b.set(e, beatTick)
			}
			b.spare(c)
		}()
		for ; n < len(c.list); n++ {
			c.list[n].beat()
		}
	}
	return c
}

// spare keeps a command for later.
func (b *beats) spare(c *beatCall) {
	clear(c.list)
	c.list = c.list[:0]
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.spares) < beatSpares {
		b.spares = append(b.spares, c)
	}
}

// command is one that nobody uses.
func (b *beats) command() *beatCall {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := len(b.spares) - 1
	if n < 0 {
		return newBeatCall(b)
	}
	c := b.spares[n]
	b.spares = b.spares[:n]
	return c
}

// call has sessions looked at in their shard.
func (b *beats) call(shard int, list []*engine) {
	c := b.command()
	c.list = append(c.list, list...)
	if b.srv.hub.Post(shard, c.run) == nil {
		return
	}
	b.spare(c)
	for _, e := range list {
		b.set(e, beatTick)
	}
}

// advance moves the wheel to now and appends to due whose time has come.
func (b *beats) advance(due [][]*engine) {
	b.mu.Lock()
	defer b.mu.Unlock()
	until := b.tick()
	for n := 0; int32(until-b.now) > 0 && n < beatSlots; n++ {
		b.now++
		for e := b.slot[b.now%beatSlots]; e != nil; {
			next := e.next
			if int32(e.when-until) <= 0 {
				b.unlink(e)
				due[e.shard] = append(due[e.shard], e)
			}
			e = next
		}
	}
	b.now = until
}

// close stops the wheel.
func (b *beats) close() {
	b.mu.Lock()
	b.over = true
	stop, done := b.stop, b.done
	b.stop = nil
	b.mu.Unlock()
	if stop != nil {
		close(stop)
		<-done
	}
}

// Close ends what is Engine.IO's: its clock, and the sessions that no
// connection carries.
func (s *Server) Close() {
	s.draining.Store(true)
	s.engines.beats.close()
	for _, p := range s.engines.paths {
		for _, e := range p.table.list() {
			e.force(func() {
				e.abort(session.AllReasons().Draining)
				e.forget()
			})
		}
	}
}
