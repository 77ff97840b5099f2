package protocol

import (
	"grandstand/epoll/wire/socketio"
	"grandstand/session/room"
)

// eventsKey is all that the same events may differ in for sockets of a path.
type eventsKey struct {
	form      Form
	namespace string
	offset    bool
}

// socketEvents is the events of rooms for sockets of a namespace: the encoding
// of the feeds that they share.
type socketEvents struct {
	eventsKey
	io *SocketIO
}

var _ room.Encoding = (*socketEvents)(nil)

// maxEventForms bounds the table of forms; it begins anew when full. Whoever is
// connected keeps its own.
const maxEventForms = 4096

// events returns the one encoding of its kind.
func (d *SocketIO) events(key eventsKey) *socketEvents {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e, ok := d.forms[key]; ok {
		return e
	}
	if d.forms == nil || len(d.forms) >= maxEventForms {
		d.forms = make(map[eventsKey]*socketEvents)
	}
	e := &socketEvents{eventsKey: key, io: d}
	d.forms[key] = e
	return e
}

// Name labels the encoding.
func (e *socketEvents) Name() string { return "socketio-" + e.form.Name() }

// AppendRecord appends the event as the messages of one packet.
func (e *socketEvents) AppendRecord(dst []byte, name string, ev *room.Event) []byte {
	if !ev.Shown(e.namespace) {
		return dst
	}
	k := socketio.Packet{Type: socketio.Event, Namespace: e.namespace, Data: e.array(name, ev)}
	compress := true
	if ev.Emit != nil {
		k.Attachments, compress = ev.Emit.Attachments, !ev.Emit.Uncompress
	}
	return e.io.appendPacket(dst, e.form, &k, compress)
}

// array is the event's name and arguments. Of an event that was published they
// are its data, and where it comes from; connection state recovery wants its id
// behind them all.
func (e *socketEvents) array(name string, ev *room.Event) []byte {
	p := make([]byte, 0, 64+len(ev.Name)+len(name)+len(ev.Data))
	p = socketio.AppendString(append(p, '['), ev.Name)
	if ev.Emit != nil && ev.Emit.Args {
		if args := ev.Data[1 : len(ev.Data)-1]; len(args) > 0 {
			p = append(append(p, ','), args...)
		}
	} else {
		p = append(append(p, ','), ev.Data...)
		if e.io.cfg.Meta {
			p = socketio.AppendString(append(p, `,{"room":`...), name)
			p = append(p, `,"id":"`...)
			p = append(e.io.hub.AppendCursor(p, ev.ID), `"}`...)
		}
	}
	if e.offset {
		p = append(e.io.hub.AppendCursor(append(p, `,"`...), ev.ID), '"')
	}
	return append(p, ']')
}

// appendPacket appends a packet's messages.
func (d *SocketIO) appendPacket(dst []byte, f Form, k *socketio.Packet, compress bool) []byte {
	if d.cfg.Parser == parserMsgpack {
		p, err := socketio.AppendMsgpack(nil, k)
		if err != nil { // what we send is JSON
			return dst
		}
		return f.AppendBinary(dst, p, compress)
	}
	rev := socketio.V5
	if f.Version() == 3 {
		rev = socketio.V4
	}
	dst = f.AppendText(dst, socketio.AppendPacket(nil, rev, k), compress)
	for _, a := range k.Attachments {
		dst = f.AppendBinary(dst, a, compress)
	}
	return dst
}
