package transport

import (
	"sync"
	"time"

	"grandstand/epoll/wire/engineio"
	"grandstand/session"
)

// Times of the protocol.
const (
	// noopAfter is how long a poll is kept while a WebSocket is tried.
	noopAfter = 100 * time.Millisecond
	// farewell is how long an end waits for the poll that is told.
	farewell = 30 * time.Second
)

const (
	// beatTick is the precision of all times.
	beatTick = 50 * time.Millisecond
	// beatSlots is one turn of the wheel, 51 s.
	beatSlots = 1024
	// beatBatch is how many sessions a shard looks at in one command.
	beatBatch = 256
)

// beats is the clock of all sessions: a wheel whose slots are lists through the
// sessions themselves, so that a heartbeat costs neither a timer nor memory.
// Times are lazy: one that is put off is found out when it comes.
type beats struct {
	srv  *Server
	mu   sync.Mutex
	now  uint32 // the tick last advanced to
	slot [beatSlots]*engine
	stop chan struct{} // nil: not running
	done chan struct{}
	over bool
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
				for len(list) > 0 {
					n := min(len(list), beatBatch)
					b.call(shard, list[:n:n])
					list = list[n:]
				}
				due[shard] = nil // the shard has the list now
			}
		}
	}
}

// call has sessions looked at in their shard.
func (b *beats) call(shard int, list []*engine) {
	err := b.srv.hub.Post(shard, func() {
		for _, e := range list {
			e.beat()
		}
	})
	if err != nil {
		for _, e := range list {
			b.set(e, beatTick)
		}
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

// arm has beat called after a time at most.
func (e *engine) arm(after time.Duration) { e.path.srv.engines.beats.set(e, after) }

// ms is a number of milliseconds as a difference of Server.now.
func ms(d time.Duration) uint32 { return uint32(d / time.Millisecond) }

// armAt has beat called at a time of Server.now.
func (e *engine) armAt(when, now uint32) {
	e.arm(time.Duration(max(int32(when-now), 0)) * time.Millisecond)
}

// beat looks at what time it is for the session. Within the shard.
func (e *engine) beat() {
	now := e.path.srv.now()
	if m := e.more; m != nil {
		if m.probe != nil {
			e.beatProbe(now)
		}
		switch {
		case m.parting && int32(m.since+ms(farewell)-now) > 0:
			e.armAt(m.since+ms(farewell), now)
		case m.parting:
			m.parting = false
			if m.getter != nil { // kept back for a WebSocket
				e.answerControl(engineio.Close)
			}
			e.forget()
		case !e.ended && m.ends != 0 && int32(m.ends-now) > 0:
			e.armAt(m.ends, now)
		case !e.ended && m.ends != 0:
			e.End(m.reason)
		}
	}
	if !e.ended {
		e.pulse(now)
	}
}

// beatProbe looks at a WebSocket that is tried.
func (e *engine) beatProbe(now uint32) {
	m := e.more
	end := m.probe.began + ms(e.path.cfg.UpgradeTimeout)
	if int32(end-now) <= 0 {
		e.giveUp(m.probe)
		return
	}
	e.armAt(end, now)
	if m.probe.answered && m.getter != nil {
		// So that the client, which waits for its poll, can go on.
		e.answerControl(engineio.Noop)
	}
}

// pulse is the heartbeat: in version 4 the server pings, in version 3 it only
// listens.
func (e *engine) pulse(now uint32) {
	cfg := e.path.cfg
	if e.holds > 0 {
		e.patient(now)
		return
	}
	heard := e.heard.Load()
	if e.version == 3 {
		if end := heard + ms(cfg.PingInterval+cfg.PingTimeout); int32(end-now) > 0 {
			e.armAt(end, now)
			return
		}
		e.abort(session.AllReasons().Silent)
		return
	}
	if e.asked != 0 && int32(heard-e.asked) >= 0 {
		e.asked = 0
	}
	if e.asked != 0 {
		if end := e.asked + ms(cfg.PingTimeout); int32(end-now) > 0 {
			e.armAt(end, now)
			return
		}
		e.abort(session.AllReasons().Silent)
		return
	}
	if next := heard + ms(cfg.PingInterval); int32(next-now) > 0 {
		e.armAt(next, now)
		return
	}
	e.asked = max(now, 1)
	e.control(engineio.Ping)
	e.arm(min(cfg.PingTimeout, cfg.PingInterval))
}

// patient is pulse while the client is made to wait: what it says is not read,
// so nothing is asked of it, but it is shown that somebody is here. Clients of
// version 3 take a pong for that.
func (e *engine) patient(now uint32) {
	cfg := e.path.cfg
	e.asked = 0
	if next := e.heard.Load() + ms(cfg.PingInterval); int32(next-now) > 0 {
		e.armAt(next, now)
		return
	}
	e.heard.Store(e.path.srv.stamp())
	kind := engineio.Ping
	if e.version == 3 {
		kind = engineio.Pong
	}
	e.control(kind)
	e.arm(cfg.PingInterval)
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
