package transport

import (
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
