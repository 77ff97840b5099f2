package load

// Conns is the number of connections this loop owns.
func (l *Loop) Conns() int { return len(l.conns) }

// First is the number of the loop's connection 0 in the fleet.
func (l *Loop) First() int { return l.first }

// Viewer looks at connection ci.
func (l *Loop) Viewer(ci int) Viewer {
	c := &l.conns[ci]
	return Viewer{Open: c.state == stateOpen, Idle: c.state == stateIdle, Stalled: c.flags&flagStalled != 0, LastID: c.lastID, Began: c.began}
}

// Send sends one text message on connection ci. Nothing happens when it isn't open.
func (l *Loop) Send(ci int, text []byte) { l.send(ci, opText, text) }

// Stall makes viewer ci stop reading; its deliveries are not timed any more.
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

// Quiet takes viewer ci out of the latency figures.
func (l *Loop) Quiet(ci int) { l.conns[ci].flags |= flagQuiet }

// Touch sets Began of viewer ci: scripts time what they send with it.
func (l *Loop) Touch(ci int, now int64) { l.conns[ci].began = now }

// Epoch is the epoch of the ids seen last.
func (l *Loop) Epoch() string { return l.dec.epoch }

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
