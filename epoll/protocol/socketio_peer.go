package protocol

import (
	"time"

	"grandstand/epoll/wire/socketio"
	"grandstand/session"
	"grandstand/session/room"
)

// What Socket.IO calls the ends of sockets.
const (
	clientLeft   = "client namespace disconnect"
	serverKicked = "server namespace disconnect"
	serverClosed = "forced server close"
)

// reasonText is what Socket.IO calls the end of a connection.
func reasonText(r session.Reason) string {
	all := session.AllReasons()
	switch r {
	case all.Left:
		return "transport close"
	case all.Silent:
		return "ping timeout"
	case all.Protocol, all.Flood:
		return "parse error"
	case all.Draining:
		return "server shutting down"
	case all.Kicked, all.Slow, all.Backlog, all.Overloaded, all.Handshake:
		return serverClosed
	}
	return "transport error"
}

// socketPeer is a socket's end towards its client: the session's transport, and
// the session, in one allocation.
type socketPeer struct {
	socket    session.Socket
	talk      *socketTalk
	next      *socketPeer
	events    *socketEvents
	namespace string
	connected bool // the client has been told so
	begun     bool // there is a session; guarded by talk.mu, set within the shard
}

var _ session.Peer = (*socketPeer)(nil)

// renew finds the events in the engine's form.
func (s *socketPeer) renew(offset bool) {
	s.events = s.talk.io.events(eventsKey{form: s.talk.engine.Form(), namespace: s.namespace, offset: offset})
}

// welcome tells the client that it is connected.
func (s *socketPeer) welcome() {
	s.connected = true
	s.talk.engine.Stay(session.AllReasons().Handshake)
	k := socketio.Packet{Type: socketio.Connect, Namespace: s.namespace}
	if s.talk.rev == socketio.V5 {
		k.Data = socketio.AppendConnectedData(nil, s.ID(), s.socket.PID())
	}
	s.talk.send(&k, true)
}

// Socket is the socket that it is the peer of.
func (s *socketPeer) Socket() *session.Socket { return &s.socket }

// ID is the socket's as its client knows it: of 2.x clients, outside the root
// namespace, it is made of the engine's.
func (s *socketPeer) ID() string {
	if s.talk.rev == socketio.V4 && s.namespace != socketio.Root {
		return s.namespace + "#" + s.talk.engine.SID()
	}
	return s.socket.Session().ID()
}

// Encoding is the form of events that the socket shares with others.
func (s *socketPeer) Encoding() room.Encoding { return s.events }

// Send sends a packet to this socket alone.
func (s *socketPeer) Send(p *session.Packet) bool {
	dropped := func() bool { return p.Volatile && !s.talk.engine.Writable() }
	if dropped() { // and nothing is kept for its sake
		return false
	}
	// What was published before it comes before it.
	s.talk.engine.Gather(s.socket.Session().Resume)
	if dropped() {
		return false
	}
	data, attachments := p.Args.JSON()
	k := socketio.Packet{Type: socketio.Ack, Namespace: s.namespace, ID: p.ID, HasID: p.HasID, Data: data, Attachments: attachments}
	if p.Event != "" {
		k.Type = socketio.Event
		k.Data = socketio.AppendString([]byte{'['}, p.Event)
		if len(data) > len("[]") {
			k.Data = append(k.Data, ',')
		}
		k.Data = append(k.Data, data[1:]...)
	}
	s.talk.send(&k, !p.Uncompress)
	return true
}

// Settle has what was published before go out before what follows, or be kept.
func (s *socketPeer) Settle() {
	x := s.socket.Session()
	s.talk.engine.Gather(x.Resume)
	if x.Behind() {
		s.talk.engine.End(session.AllReasons().Backlog)
	}
}

// Drop takes the socket out of its namespace; all ends the connection too.
func (s *socketPeer) Drop(all bool) {
	t := s.talk
	for x := t.sockets; x != nil; {
		next := x.next
		if all || x == s {
			t.engine.Gather(x.socket.Session().Resume)
			t.send(&socketio.Packet{Type: socketio.Disconnect, Namespace: x.namespace}, true)
			t.remove(x)
			x.socket.Gone(serverKicked, false)
		}
		x = next
	}
	if all {
		// In a turn of its own: clients that find the packet and the end in one
		// answer take the end first.
		end := func() { t.engine.End(session.AllReasons().Kicked) }
		if t.engine.Post(end) != nil {
			end()
		}
	}
}

// Hold has the client wait, or go on: all of its connection, which carries
// everything in one order.
func (s *socketPeer) Hold(on bool) { s.talk.engine.Hold(on) }

// WriteShared sends a slice of a feed.
func (s *socketPeer) WriteShared(p []byte, cut func(n int) int) (n int, open bool) {
	return s.talk.engine.WriteShared(p, cut)
}

// gapEvent is the event that tells a client what it has missed.
const gapEvent = "grandstand:gap"

// Gap tells the client what it missed.
func (s *socketPeer) Gap(name string, from, to uint64) {
	p := append(socketio.AppendString([]byte{'['}, gapEvent), `,{"room":`...)
	p = append(socketio.AppendString(p, name), `,"from":"`...)
	p = append(s.talk.io.hub.AppendCursor(p, from), `","to":"`...)
	p = append(s.talk.io.hub.AppendCursor(p, to), `"}]`...)
	s.talk.send(&socketio.Packet{Type: socketio.Event, Namespace: s.namespace, Data: p}, true)
}

// Evict ends a viewer that fell off a room's log. Clients come back by
// themselves.
func (s *socketPeer) Evict(string) { s.talk.engine.End(session.AllReasons().Slow) }

// AppendMessage has nothing to append: sockets know no native messages.
func (s *socketPeer) AppendMessage(dst, _ []byte) []byte { return dst }

// Write sends bytes for this viewer alone.
func (s *socketPeer) Write(p []byte) { s.talk.engine.Send(p) }

// Reconnect ends the connection after that time. Clients come back by
// themselves, after a time of their own.
func (s *socketPeer) Reconnect(after time.Duration) {
	s.talk.engine.EndWithin(session.AllReasons().Draining, after)
}

// End ends the socket: for good when somebody wants that, with its connection
// otherwise, so that the client comes back.
func (s *socketPeer) End(r session.Reason) {
	if r == session.AllReasons().Kicked {
		s.Drop(false)
		return
	}
	s.talk.engine.End(r)
}

// Info names the carrier.
func (s *socketPeer) Info() (name, peer string) { return s.talk.engine.Info() }

// joined tells the client what it missed of a room that it came for.
func (s *socketPeer) joined(name string, j *room.Joined) {
	if j.Missed {
		s.Gap(name, j.GapFrom, j.GapTo)
	}
}
