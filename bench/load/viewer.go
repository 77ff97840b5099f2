package load

import "strconv"

// Conns is the number of connections this loop owns.
func (l *Loop) Conns() int { return len(l.conns) }

// First is the number of the loop's connection 0 in the fleet.
func (l *Loop) First() int { return l.first }

// Now is the reading of the clock this turn of the loop works with.
func (l *Loop) Now() int64 { return l.now }

// Viewer looks at connection ci.
func (l *Loop) Viewer(ci int) Viewer {
	c := &l.conns[ci]
	return Viewer{
		Open: c.state == stateOpen, Idle: c.state == stateIdle, Joined: c.awaits == 0,
		Stalled: c.flags&flagStalled != 0, LastID: c.lastID, Began: c.began,
	}
}

// Send sends one text message on connection ci. Nothing happens when it isn't
// open, or doesn't speak the native protocol over a WebSocket: by the other
// transports viewers here have nothing to say.
func (l *Loop) Send(ci int, text []byte) {
	if l.cfg.Transport == WebSocket && l.tongue == nil {
		l.send(ci, opText, text)
	}
}

// Stall makes viewer ci stop reading; its deliveries are not timed any more, until
// it is dialed again.
func (l *Loop) Stall(ci int) { l.conns[ci].flags |= flagStalled | flagQuiet }

// Resume makes viewer ci read again.
func (l *Loop) Resume(ci int) {
	c := &l.conns[ci]
	if c.flags&flagStalled == 0 {
		return
	}
	c.flags &^= flagStalled
	if c.state >= stateUpgrades {
		// The edges that came meanwhile are gone: read to the very end.
		l.receive(ci, c, true)
	}
}

// Quiet takes viewer ci out of the latency figures for good.
func (l *Loop) Quiet(ci int) { l.conns[ci].flags |= flagUntimed }

// Touch sets Began of viewer ci: scripts time what they send with it.
func (l *Loop) Touch(ci int, now int64) { l.conns[ci].began = now }

// Leaving says that a leave of a room was sent on connection ci.
func (l *Loop) Leaving(ci, room int) { l.k.leaving(ci, room) }

// Left says that the leave was confirmed: events of the room are foreign now.
func (l *Loop) Left(ci, room int) { l.k.left(ci, room) }

// Forget drops what is owed to connection ci in all rooms.
func (l *Loop) Forget(ci int) {
	for room := range l.cfg.Rooms {
		l.k.left(ci, room)
	}
}

// SetScript lets s take part in the loop.
func (l *Loop) SetScript(s Script) {
	l.script = s
	l.ponger, _ = s.(Ponger)
}

// In says whether connection ci is in a room and expects its events.
func (l *Loop) In(ci, room int) bool {
	return l.k.slots[ci*l.k.rooms+room].state&(slotIn|slotAny) != 0
}

// Out says whether connection ci has nothing to do with a room.
func (l *Loop) Out(ci, room int) bool { return l.k.out(ci, room) }

// Since is the cursor connection ci may resume from: the id of its last event,
// in its epoch, or the cursor that its transport told it. It is empty
// when there was none, and always for Socket.IO, which resumes by a session's id,
// and for foreign servers: viewers here keep none of that.
func (l *Loop) Since(ci int) string {
	if l.cfg.Transport.SocketIO() || l.tongue != nil {
		return ""
	}
	c := &l.conns[ci]
	if c.cursor >= c.lastID && c.cursor > 0 {
		return l.poller.since(c.cursor)
	}
	if c.lastID == 0 || int(c.epoch) >= len(l.dec.epochs) {
		return ""
	}
	return l.dec.epochs[c.epoch] + "-" + strconv.FormatUint(c.lastID, 10)
}

// Time counts a duration that a script measured itself, once Measure allows for
// things that began at that time.
func (l *Loop) Time(began, now int64) {
	if began >= l.measureFrom {
		l.latency.Record(now - began)
		l.k.n.Measured++
	}
}
