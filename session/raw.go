package session

import "sync"

// RawPeer is the other end of a raw viewer. Its methods are called within the
// viewer's shard only.
type RawPeer interface {
	Transport
	// Raw is the viewer that it is the peer of.
	Raw() *Raw
	// SendRaw sends one message.
	SendRaw(p []byte, binary bool)
}

// RawHandlers are an application's, for a path that carries messages as they
// are. They are to be set before viewers come, and run like those of a
// Namespace.
type RawHandlers struct {
	mu      sync.RWMutex
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
}

// Open begins a viewer. Within the shard.
func (r *RawHandlers) Open(h *Hub, x *Raw, peer RawPeer, shard int, id ID, hs *Handshake) error {
	x.handlers, x.handshake = r, hs
	x.inbox.hub, x.inbox.end = h, x.Close
	if id == (ID{}) {
		id = newID()
	}
	h.begin(&x.viewer, shard, peer, id)
	h.shards[shard].enter(&x.viewer)
	r.mu.RLock()
	f := r.open
	r.mu.RUnlock()
	if f == nil {
		return nil
	}
	return x.inbox.call(func() { f(x) })
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
	return r.inbox.call(func() { f(r, p, binary) })
}

// Gone ends the viewer. Once, within the shard.
func (r *Raw) Gone(reason string) {
	r.viewer.Close()
	r.handlers.mu.RLock()
	f := r.handlers.close
	r.handlers.mu.RUnlock()
	if f != nil && r.inbox.call(func() { f(r, reason) }) != nil {
		r.viewer.hub.counts.untold.Add(1)
	}
}

// ID is the viewer's: the sid of Engine.IO.
func (r *Raw) ID() string { return r.viewer.ID() }

// Session is the viewer as others are. It is in no room.
func (r *Raw) Session() *Session { return &r.viewer }

// Handshake is the request with which the viewer came, not to be changed.
func (r *Raw) Handshake() *Handshake { return r.handshake }

// Send sends a message, in order. p is taken. The error is an *Error.
func (r *Raw) Send(p []byte, binary bool) error {
	return r.viewer.Post(func() { r.viewer.Transport().(RawPeer).SendRaw(p, binary) })
}

// Close ends the viewer's connection.
func (r *Raw) Close() {
	r.viewer.hub.shards[r.viewer.shard].Force(func() { r.viewer.Transport().End(AllReasons().Kicked) })
}
