package session

import (
	"sync"
	"unicode/utf8"
)

// RawPeer is the other end of a raw viewer. Its methods are called within the
// viewer's shard only.
type RawPeer interface {
	Transport
	// Raw is the viewer that it is the peer of.
	Raw() *Raw
	// SendRaw sends one message.
	SendRaw(p []byte, binary bool)
	// Hold is Peer's.
	Hold(on bool)
}

// RawHandlers are an application's, for a path that carries messages as they
// are. They are to be set before viewers come, and run like those of a
// Namespace.
type RawHandlers struct {
	mu      sync.RWMutex
	use     []func(r *Raw) error
	left    []func(r *Raw, reason string)
	open    func(r *Raw)
	message func(r *Raw, p []byte, binary bool)
	close   func(r *Raw, reason string)
}

// RawPath returns the handlers of a path, and makes them if need be.
func (h *Hub) RawPath(path string) *RawHandlers {
	h.spaces.mu.Lock()
	defer h.spaces.mu.Unlock()
	if h.spaces.raw == nil {
		h.spaces.raw = make(map[string]*RawHandlers)
	}
	if h.spaces.raw[path] == nil {
		h.spaces.raw[path] = new(RawHandlers)
	}
	return h.spaces.raw[path]
}

// Use has f look at every viewer that comes, before anything else. An error ends
// it, and nothing more is told of it.
func (r *RawHandlers) Use(f func(r *Raw) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.use = append(r.use, f)
}

// OnLeave has f called as by OnClose, before that.
func (r *RawHandlers) OnLeave(f func(r *Raw, reason string)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = append(r.left, f)
}

// OnOpen has f called for every viewer that comes.
func (r *RawHandlers) OnOpen(f func(r *Raw)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open = f
}

// OnMessage has f called for every message. p is f's to keep.
func (r *RawHandlers) OnMessage(f func(r *Raw, p []byte, binary bool)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.message = f
}

// OnClose has f called once a viewer is gone, with what Engine.IO calls the
// reason.
func (r *RawHandlers) OnClose(f func(r *Raw, reason string)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.close = f
}

// Raw is a viewer that speaks an application's own messages over Engine.IO.
//
// Its methods may be called from any goroutine.
type Raw struct {
	viewer    Session
	handlers  *RawHandlers
	handshake *Handshake
	inbox     inbox
	barred    bool // an error of Use; the handlers'
}

// Open begins a viewer. Within the shard.
func (r *RawHandlers) Open(h *Hub, x *Raw, peer RawPeer, shard int, id ID, hs *Handshake) error {
	x.handlers, x.handshake = r, hs
	x.inbox.hub, x.inbox.owner = h, x
	if id == (ID{}) {
		id = newID()
	}
	h.begin(&x.viewer, shard, peer, id)
	h.shards[shard].enter(&x.viewer)
	r.mu.RLock()
	f, use := r.open, r.use
	r.mu.RUnlock()
	if f == nil && len(use) == 0 {
		return nil
	}
	return x.inbox.call(func() {
		for _, judge := range use {
			if err := judge(x); err != nil {
				h.Refused(err)
				x.barred = true
				x.Close()
				return
			}
		}
		if f != nil {
			f(x)
		}
	})
}

// Receive gives a message to the application. The error is an *Error: too much
// waits. Within the shard.
func (r *Raw) Receive(p []byte, binary bool) error {
	r.handlers.mu.RLock()
	f := r.handlers.message
	r.handlers.mu.RUnlock()
	if f == nil {
		return nil
	}
	return r.inbox.call(func() {
		if !r.barred {
			f(r, p, binary)
		}
	})
}

// Gone ends the viewer. Once, within the shard.
func (r *Raw) Gone(reason string) {
	r.viewer.Close()
	r.handlers.mu.RLock()
	f, left := r.handlers.close, r.handlers.left
	r.handlers.mu.RUnlock()
	if f == nil && len(left) == 0 {
		return
	}
	err := r.inbox.last(func() {
		if r.barred {
			return
		}
		for _, f := range left {
			f(r, reason)
		}
		if f != nil {
			f(r, reason)
		}
	})
	if err != nil {
		r.viewer.hub.counts.apps.untold.Add(1)
	}
}

// ID is the viewer's: the sid of Engine.IO.
func (r *Raw) ID() string { return r.viewer.ID() }

// Session is the viewer as others are. It is in no room.
func (r *Raw) Session() *Session { return &r.viewer }

// Handshake is the request with which the viewer came, not to be changed.
func (r *Raw) Handshake() *Handshake { return r.handshake }

// Send sends a message, in order. p is taken. The error is an *Error: also when
// it is to be text, and is not UTF-8.
func (r *Raw) Send(p []byte, binary bool) error {
	if !binary && !utf8.Valid(p) { // it would end the client's connection
		return &Error{CodeBadData, "the text is not UTF-8"}
	}
	return r.viewer.Post(func() { r.viewer.Transport().(RawPeer).SendRaw(p, binary) })
}

// Close ends the viewer's connection.
func (r *Raw) Close() {
	r.force(func() { r.viewer.Transport().End(AllReasons().Kicked) })
}

// force has f run within the shard, whatever waits there.
func (r *Raw) force(f func()) { r.viewer.hub.shards[r.viewer.shard].Force(f) }

// panicked ends the viewer.
func (r *Raw) panicked() { r.Close() }

// hold has the client wait, or go on.
func (r *Raw) hold(on bool) { r.viewer.Transport().(RawPeer).Hold(on) }
