package protocol

import "grandstand/session"

// ownEvent is an event that the server answers itself, if no handler of an
// application has its name.
type ownEvent struct {
	name string // "" is none
	auto bool   // not beside an application
	does func(s *socketPeer, args session.Args, answer func(value any, err error))
}

// ownEvents are those of a configuration.
func ownEvents(c *SocketIOConfig) [3]ownEvent {
	all := [...]ownEvent{
		{name: c.Join, does: (*socketPeer).join}, {name: c.Leave, does: (*socketPeer).leave}, {name: c.Publish, does: (*socketPeer).publish},
	}
	for i, name := range [...]string{"join", "leave", "publish"} {
		if all[i].name == auto {
			all[i].name, all[i].auto = name, true
		}
	}
	return all
}

// ownOf returns what the server does for an event in a namespace, or nil.
func (d *SocketIO) ownOf(ns *session.Namespace, name string) func(*socketPeer, session.Args, func(any, error)) {
	for i := range d.own {
		if e := &d.own[i]; e.name == name && name != "" && !(e.auto && ns.Applied()) {
			return e.does
		}
	}
	return nil
}

// handshakeRooms reports whether clients of a namespace may join rooms with
// their handshake. Otherwise what they say of rooms there is the application's.
func (d *SocketIO) handshakeRooms(ns *session.Namespace) bool {
	if h := d.cfg.HandshakeRooms; h != auto {
		return h == handshakeAlways
	}
	return d.cfg.Join != "" && !ns.Applied()
}
