package protocol

import (
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"sync"

	"grandstand/epoll/wire/socketio"
	"grandstand/session"
)

// socketTalk is one client's conversation: its sockets, one in each namespace.
// The shard's, but for the list, which Ready looks at.
type socketTalk struct {
	io        *SocketIO
	engine    Engine
	decoder   socketio.Decoder
	handshake *Handshake // nil without an application
	opening   opening    // what the URL says

	mu      sync.Mutex // a leaf but for room.Shard.mu
	sockets *socketPeer
	rev     socketio.Revision
	ended   bool
	turn    uint8 // whose it is to be the first to go on
}

var _ Talk = (*socketTalk)(nil)

// What a client does that no client should.
var (
	errBinaryParser = errors.New("socketio: a text message, where packets are msgpack")
	errNotConnected = errors.New("socketio: a packet for a namespace that is not connected")
	errTwice        = errors.New("socketio: connects to a namespace twice")
	errServerPacket = errors.New("socketio: a packet that only servers send")
)

// Receive takes a message of Engine.IO: a packet, or a part of one.
func (t *socketTalk) Receive(p []byte, binary bool) error {
	if t.ended {
		return nil
	}
	var k socketio.Packet
	var err error
	done := true
	lim := &t.io.cfg.Packets
	switch {
	case t.io.cfg.Parser != parserMsgpack && binary:
		k, done, err = t.decoder.Binary(lim, p)
	case t.io.cfg.Parser != parserMsgpack:
		k, done, err = t.decoder.Text(t.rev, lim, p)
	case binary:
		k, err = socketio.ParseMsgpack(lim, p)
	default:
		err = errBinaryParser
	}
	if err != nil || !done {
		return err
	}
	return t.packet(&k)
}

// packet takes a packet.
func (t *socketTalk) packet(k *socketio.Packet) error {
	s := t.find(k.Namespace)
	if k.Type == socketio.Connect {
		if s != nil {
			return errTwice
		}
		t.connect(k)
		return nil
	}
	if s == nil || !s.connected {
		return errNotConnected
	}
	switch k.Type {
	case socketio.Disconnect:
		t.remove(s)
		s.socket.Gone(clientLeft, false)
	case socketio.Event:
		return s.event(k)
	case socketio.Ack:
		args, err := session.ParseArgs(k.Data, k.Attachments)
		if err != nil {
			return err
		}
		s.socket.Acked(k.ID, args)
	default:
		return errServerPacket
	}
	return nil
}

// connect has a socket ask to be let into a namespace.
func (t *socketTalk) connect(k *socketio.Packet) {
	ns, err := t.io.hub.Namespace(k.Namespace)
	if err == nil && t.count() >= t.io.cfg.MaxNamespaces {
		err = &session.Error{Code: session.CodeTooMany, Message: "too many namespaces on one connection"}
	}
	if err != nil {
		t.refuse(k.Namespace, err)
		return
	}
	in, err := t.entry(ns, k)
	if err != nil {
		t.refuse(k.Namespace, err)
		return
	}
	s := &socketPeer{talk: t, namespace: ns.Name()}
	s.renew(in.Recover)
	in.Joined, in.Begun = s.joined, func() { t.begun(s) }
	t.add(s)
	ns.Connect(&s.socket, s, t.engine.Shard(), in, func(err error) {
		if err != nil {
			t.remove(s)
			t.refuse(s.namespace, err)
			return
		}
		s.welcome()
	})
}

// entry reads what a client says when it connects. What is not as it should be
// is the application's to judge, but for rooms where it may join some.
func (t *socketTalk) entry(ns *session.Namespace, k *socketio.Packet) (session.Entry, error) {
	in := session.Entry{Recover: t.io.cfg.Recovery && t.rev == socketio.V5}
	auth := json.RawMessage(k.Data)
	var said opening
	if k.Namespace == socketio.Root {
		said = t.opening
	}
	var query url.Values // the namespace's own
	if t.rev == socketio.V4 {
		if k.Namespace == socketio.Root {
			in.ID, _ = session.ParseID(t.engine.SID()) // 2.x clients take the one for the other
		}
		if own, err := url.ParseQuery(k.Query); err == nil && len(own) > 0 {
			query, auth, said = own, flat(own), openingOf(own)
		}
	}
	if t.handshake != nil {
		copied := *t.handshake
		copied.Auth = auth
		if len(query) > 0 { // beside the connection's, as socket.io 2.5 has it
			copied.Query = maps.Clone(copied.Query)
			maps.Copy(copied.Query, query)
		}
		in.Handshake = &copied
	}
	var back returning
	if len(auth) > 0 && json.Unmarshal(auth, &back) == nil {
		in.PID, in.Offset = back.PID, back.Offset
	}
	if !t.io.handshakeRooms(ns) {
		return in, nil
	}
	var a asked
	if len(auth) > 0 && json.Unmarshal(auth, &a) != nil {
		a = asked{} // fields of an application with the same names
	}
	if len(a.Rooms) == 0 {
		a = said.asked()
	}
	if in.Rooms = a.Rooms; len(in.Rooms) == 0 {
		return in, nil
	}
	o, err := t.io.native.Opening(in.Rooms, a.Since, a.History)
	in.Start = o.Start
	return in, err
}

// flat makes a JSON object of a query.
func flat(query url.Values) json.RawMessage {
	object := make(map[string]string, len(query))
	for k, v := range query {
		object[k] = v[0]
	}
	p, err := json.Marshal(object)
	if err != nil { // strings can always be
		return nil
	}
	return p
}

// refuse sends a CONNECT_ERROR.
func (t *socketTalk) refuse(namespace string, err error) {
	t.io.hub.Refused(err)
	message, data := err.Error(), []byte(nil)
	var coded *session.Error
	var refusal *session.Refusal
	switch {
	case errors.As(err, &refusal):
		message, data = refusal.Message, refusalData(refusal)
	case errors.As(err, &coded) && coded.Code == session.CodeBadNamespace:
		message = coded.Message // exactly what clients compare
	case errors.As(err, &coded):
		message = coded.Message
		if t.rev == socketio.V5 {
			data = appendRefusal(nil, coded)
		}
	}
	k := socketio.Packet{Type: socketio.ConnectError, Namespace: namespace, Data: socketio.AppendConnectErrorData(nil, t.rev, message, data)}
	t.send(&k, true)
}

// send sends a packet to this client alone.
func (t *socketTalk) send(k *socketio.Packet, compress bool) {
	t.engine.Send(t.io.appendPacket(nil, t.engine.Form(), k, compress))
}

// find returns the socket in a namespace, or nil.
func (t *socketTalk) find(namespace string) *socketPeer {
	for s := t.sockets; s != nil; s = s.next {
		if s.namespace == namespace {
			return s
		}
	}
	return nil
}

func (t *socketTalk) count() (n int) {
	for s := t.sockets; s != nil; s = s.next {
		n++
	}
	return n
}

func (t *socketTalk) add(s *socketPeer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.next, t.sockets = t.sockets, s
}

func (t *socketTalk) remove(s *socketPeer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for at := &t.sockets; *at != nil; at = &(*at).next {
		if *at == s {
			*at = s.next
			return
		}
	}
}

// begun notes that a socket has a session.
func (t *socketTalk) begun(s *socketPeer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.begun = true
}

// Ready has all sockets go on.
func (t *socketTalk) Ready() {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.count()
	if n == 0 {
		return
	}
	// Another one first each time: a poll takes what one has, and who always
	// has something would leave nothing for the others.
	first := int(t.turn) % n
	t.turn++
	for _, behind := range [...]bool{false, true} {
		i := 0
		for s := t.sockets; s != nil; s = s.next {
			if s.begun && i < first == behind {
				s.socket.Session().Ready()
			}
			i++
		}
	}
}

// Moved gives all sockets the events in the engine's new form.
func (t *socketTalk) Moved() {
	for s := t.sockets; s != nil; s = s.next {
		s.renew(s.events.offset)
		if s.begun {
			s.socket.Session().Reseat(s.events)
		}
	}
}

// Closed ends all sockets.
func (t *socketTalk) Closed(r session.Reason) {
	t.ended = true
	for s := t.sockets; s != nil; s = s.next {
		s.socket.Gone(reasonText(r), true)
	}
	t.mu.Lock()
	t.sockets = nil
	t.mu.Unlock()
}
