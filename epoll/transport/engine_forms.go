package transport

import (
	"strconv"
	"sync"

	"grandstand/epoll/protocol"
	"grandstand/epoll/wire/engineio"
	"grandstand/epoll/wire/ws"
)

// engineForm is how Engine.IO messages look on one kind of carrier.
type engineForm struct {
	name    string
	version int
	socket  bool // frames of a WebSocket; if not, elements of a payload
	b64     bool // for a client that takes text only
	deflate bool

	threshold int // bytes; shorter messages are not compressed
	level     int

	controls *[engineio.Noop - engineio.Open + 1][]byte // by type; nil in a key
}

var _ protocol.Form = (*engineForm)(nil)

// Name labels feeds in this form.
func (f *engineForm) Name() string { return f.name }

// Version is the protocol's.
func (f *engineForm) Version() int { return f.version }

// AppendText appends a text message.
func (f *engineForm) AppendText(dst, p []byte, compress bool) []byte {
	return f.append(dst, engineio.Packet{Type: engineio.Message, Data: p}, compress)
}

// AppendBinary appends a binary message.
func (f *engineForm) AppendBinary(dst, p []byte, compress bool) []byte {
	return f.append(dst, engineio.Packet{Type: engineio.Message, Binary: true, Data: p}, compress)
}

// append appends any packet.
func (f *engineForm) append(dst []byte, p engineio.Packet, compress bool) []byte {
	if !f.socket {
		return engineio.AppendElement(dst, f.version, p)
	}
	start := len(dst)
	dst, binary := engineio.AppendFrame(dst, f.version, f.b64, p)
	n := len(dst) - start
	op := ws.OpText
	if binary {
		op = ws.OpBinary
	}
	if compress && f.deflate && n >= f.threshold {
		packed := ws.AppendDeflated(nil, dst[start:], f.level)
		return ws.AppendFrame(dst[:start], op, true, packed)
	}
	// As in events: the header comes last, and the message moves.
	var header [10]byte
	h := ws.AppendHeader(header[:0], op, false, n)
	dst = append(dst, h...)
	copy(dst[start+len(h):], dst[start:start+n])
	copy(dst[start:], h)
	return dst
}

// control is a packet of the protocol itself, the same for everybody: heartbeats
// leave no garbage.
func (f *engineForm) control(t engineio.Type) []byte { return f.controls[t-engineio.Open] }

// engineForms keeps one of each, so that forms are compared by identity.
type engineForms struct {
	mu  sync.Mutex
	all map[engineForm]*engineForm
}

// get returns the form that is like f.
func (t *engineForms) get(f engineForm) *engineForm {
	f.name = "engineio" + strconv.Itoa(f.version) + "-" + enginePolling
	if f.socket {
		f.name = "engineio" + strconv.Itoa(f.version) + "-" + engineWebSocket
	}
	if f.b64 {
		f.name += "-base64"
	}
	if f.deflate {
		f.name += "-deflate"
	} else {
		f.threshold, f.level = 0, 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if same := t.all[f]; same != nil {
		return same
	}
	if t.all == nil {
		t.all = make(map[engineForm]*engineForm)
	}
	made := f
	made.controls = new([engineio.Noop - engineio.Open + 1][]byte)
	for i := range made.controls {
		made.controls[i] = f.append(nil, engineio.Packet{Type: engineio.Open + engineio.Type(i)}, false)
	}
	t.all[f] = &made
	return &made
}
