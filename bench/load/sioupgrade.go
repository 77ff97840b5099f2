package load

import (
	"fmt"
)

// probe tries a WebSocket for a session that has polled up to here. No poll is
// waiting, so the server has nothing to answer before it can switch; what it has
// to say meanwhile, it says behind the upgrade.
func (l *Loop) probe(ci int, c *Conn) {
	s := &l.sio.sessions[ci]
	s.upgrade = upgradeProbe
	l.close(ci, c)
	c.flags |= flagFramed
	if l.reach(ci, c) {
		t := l.cfg.Target
		l.late[ci] = t.appendUpgrade(t.appendGet(nil, nil, l.sio.query("websocket&sid=")+s.sid), "", l.cfg.Header)
	}
}

// pong handles an answer to a ping: the server has taken the WebSocket for good, or
// is alive.
func (l *Loop) pong(ci int, c *Conn, p []byte) {
	switch {
	case l.sio.sessions != nil && l.sio.sessions[ci].upgrade == upgradeProbe:
		if string(p) != probePong {
			l.k.n.Broken++
			l.end(ci, Ending{Err: fmt.Errorf("want the probe answered, got %.40q", p)})
			return
		}
		l.sio.sessions[ci].upgrade = upgradeNone
		l.send(ci, opText, []byte(upgradeDone))
		l.entered(c, 1)
	case l.sio.old:
		l.k.n.Pings++
		c.began = l.now
	default: // of Engine.IO 4 it is the server that pings
		l.k.n.Broken++
	}
}
