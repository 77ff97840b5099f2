package session

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Namespace is a part of an application that sockets connect to by name. Its
// rooms are the hub's: what is published to a room reaches its members in all
// namespaces, and viewers that know none; what an application emits by a
// namespace is seen in that namespace only, and by "/" also by those viewers.
//
// All methods may be called from any goroutine. Handlers are to be set before
// viewers come. They run on workers of their own, those of one socket one at a
// time and in order, so they may wait; a panic ends the socket.
type Namespace struct {
	hub      *Hub
	name     string
	pattern  bool // name is the beginning of names
	handlers *handlers

	sockets atomic.Int64
	idle    bool        // nobody was in it at the last sweep; guarded by spaces.mu
	swept   atomic.Bool // and it is forgotten: another may have its name now
	// wide: sockets are in the namespace's own room, by which all of them are
	// reached. It is set when that is first wanted: few servers ever do.
	wide  atomic.Bool
	full  atomic.Bool // all that were there then are seated
	widen sync.Mutex  // held while they are being seated
	acks  acks
}

// handlers are an application's, shared by the namespaces of a pattern.
type handlers struct {
	mu         sync.RWMutex
	use        []func(s *Socket) error
	connect    []func(s *Socket)
	disconnect []func(s *Socket, reason string)
	events     map[string]Handler
	any        AnyHandler
	join       func(s *Socket, room string) error
	publish    func(s *Socket, m *Publication) error
}

// Publication is what a client wants to publish to a room.
type Publication struct {
	Room, Event string
	Data        []byte // JSON
}

// Handler is called for an event of a socket. ack answers it, if the client
// wants an answer: once, later calls do nothing.
type Handler func(s *Socket, args Args, ack Ack)

// AnyHandler is a Handler for events of all names.
type AnyHandler func(s *Socket, event string, args Args, ack Ack)

// Of returns the namespace of that name, which begins with "/", and makes it if
// need be. A name that ends in "*" stands for all longer names that begin with
// the rest: they get its handlers. One that is made here because an application
// names it begins with those that its pattern has by then, and is kept.
func (h *Hub) Of(name string) *Namespace {
	if !strings.HasPrefix(name, "/") {
		name = "/" + name
	}
	return h.spaces.of(h, name)
}

// Namespace returns the one that a socket asks for. The error is an *Error:
// CodeBadNamespace, or CodeTooMany when there are too many that came of a
// pattern.
func (h *Hub) Namespace(name string) (*Namespace, error) {
	return h.spaces.find(h, name, h.cfg.MaxNamespaces)
}

// spaces is the namespaces of a hub.
type spaces struct {
	mu       sync.RWMutex
	all      map[string]*Namespace
	patterns []*Namespace
	dynamic  int                     // of all, those made by a pattern
	raw      map[string]*RawHandlers // by path
}

func (p *spaces) of(h *Hub, name string) *Namespace {
	p.mu.Lock()
	defer p.mu.Unlock()
	if prefix, ok := strings.CutSuffix(name, "*"); ok {
		for _, n := range p.patterns {
			if n.name == prefix {
				return n
			}
		}
		n := &Namespace{hub: h, name: prefix, pattern: true, handlers: new(handlers)}
		p.patterns = append(p.patterns, n)
		return n
	}
	if n, ok := p.all[name]; ok {
		return n
	}
	if p.all == nil {
		p.all = make(map[string]*Namespace)
	}
	n := &Namespace{hub: h, name: name, handlers: new(handlers)}
	if parent := p.parent(name); parent != nil {
		n.handlers = parent.handlers.copy()
	}
	p.all[name] = n
	return n
}

// parent returns the pattern that stands for a name, or nil. mu is held.
func (p *spaces) parent(name string) *Namespace {
	for _, n := range p.patterns {
		if len(name) > len(n.name) && strings.HasPrefix(name, n.name) {
			return n
		}
	}
	return nil
}

// copy returns the same handlers, to be changed apart.
func (h *handlers) copy() *handlers {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return &handlers{
		use: slices.Clone(h.use), connect: slices.Clone(h.connect), disconnect: slices.Clone(h.disconnect),
		events: maps.Clone(h.events), any: h.any, join: h.join, publish: h.publish,
	}
}

// maxNamespaceName bounds what a client may ask for.
const maxNamespaceName = 128

func (p *spaces) find(h *Hub, name string, most int) (*Namespace, error) {
	p.mu.RLock()
	n := p.all[name]
	p.mu.RUnlock()
	if n != nil {
		return n, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if n = p.all[name]; n != nil {
		return n, nil
	}
	if len(name) > maxNamespaceName || !printable(name) {
		return nil, &Error{CodeBadNamespace, "Invalid namespace"}
	}
	parent := p.parent(name)
	if parent == nil {
		return nil, &Error{CodeBadNamespace, "Invalid namespace"}
	}
	if p.dynamic >= most {
		return nil, &Error{CodeTooMany, fmt.Sprintf("the server holds %d namespaces of patterns, its limit", most)}
	}
	if p.all == nil {
		p.all = make(map[string]*Namespace)
	}
	name = strings.Clone(name)
	n = &Namespace{hub: h, name: name, pattern: true, handlers: parent.handlers}
	p.all[name] = n
	p.dynamic++
	return n, nil
}

// sweep forgets namespaces of patterns that nobody has been in since the last:
// whoever has just found one gets to connect.
func (p *spaces) sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, n := range p.all {
		empty := n.pattern && n.sockets.Load() == 0
		if empty && n.idle {
			delete(p.all, name)
			p.dynamic--
			n.swept.Store(true)
		}
		n.idle = empty
	}
}

// now is the namespace that has the name now: an application may have kept one
// that was forgotten.
func (n *Namespace) now() *Namespace {
	if n.swept.Load() {
		if again, err := n.hub.Namespace(n.name); err == nil {
			return again
		}
	}
	return n
}

// Name is the namespace's, "/" by default.
func (n *Namespace) Name() string { return n.name }

// Len is how many sockets are connected to it.
func (n *Namespace) Len() int { return int(n.now().sockets.Load()) }

// Use has f look at every socket before it is connected. An error refuses it:
// the client is told its text and, if it is a *Refusal, its data.
func (n *Namespace) Use(f func(s *Socket) error) {
	n.handlers.mu.Lock()
	defer n.handlers.mu.Unlock()
	n.handlers.use = append(n.handlers.use, f)
}

// OnConnect has f called for every socket once it is connected.
func (n *Namespace) OnConnect(f func(s *Socket)) {
	n.handlers.mu.Lock()
	defer n.handlers.mu.Unlock()
	n.handlers.connect = append(n.handlers.connect, f)
}

// OnDisconnect has f called once a socket is gone, with the reason that
// Socket.IO has for it: "transport close", "ping timeout",
// "client namespace disconnect", ...
func (n *Namespace) OnDisconnect(f func(s *Socket, reason string)) {
	n.handlers.mu.Lock()
	defer n.handlers.mu.Unlock()
	n.handlers.disconnect = append(n.handlers.disconnect, f)
}

// On has f called for every event of that name, in place of an earlier one.
func (n *Namespace) On(event string, f Handler) {
	n.handlers.mu.Lock()
	defer n.handlers.mu.Unlock()
	if n.handlers.events == nil {
		n.handlers.events = make(map[string]Handler)
	}
	n.handlers.events[event] = f
}

// OnAny has f called for every event that has no handler of its own, but for
// those by which the configuration has clients join, leave and publish.
func (n *Namespace) OnAny(f AnyHandler) {
	n.handlers.mu.Lock()
	defer n.handlers.mu.Unlock()
	n.handlers.any = f
}

// OnJoin has f look at every room that a client wants to join by itself: with
// its handshake, or an event, where the configuration has that beside an
// application. An error refuses it.
func (n *Namespace) OnJoin(f func(s *Socket, room string) error) {
	n.handlers.mu.Lock()
	defer n.handlers.mu.Unlock()
	n.handlers.join = f
}

// OnPublish has f look at everything that a client wants to publish to a room
// by itself, where the configuration has that beside an application. An error
// refuses it; f may change the data, to other JSON: what is none is not published
// either, and the client told so, with CodeBadData.
func (n *Namespace) OnPublish(f func(s *Socket, m *Publication) error) {
	n.handlers.mu.Lock()
	defer n.handlers.mu.Unlock()
	n.handlers.publish = f
}

// gates returns what looks at rooms, or nil.
func (n *Namespace) gates() (join func(*Socket, string) error, publish func(*Socket, *Publication) error) {
	n.handlers.mu.RLock()
	defer n.handlers.mu.RUnlock()
	return n.handlers.join, n.handlers.publish
}

// handler returns what an event is for, or nil. named says that only a handler
// of its own counts.
func (n *Namespace) handler(event string, named bool) Handler {
	n.handlers.mu.RLock()
	defer n.handlers.mu.RUnlock()
	if f, ok := n.handlers.events[event]; ok {
		return f
	}
	if f := n.handlers.any; f != nil && !named {
		return func(s *Socket, args Args, ack Ack) { f(s, event, args, ack) }
	}
	return nil
}

// lists returns the handlers of a socket's life.
func (n *Namespace) lists() (use []func(*Socket) error, connect []func(*Socket), disconnect []func(*Socket, string)) {
	n.handlers.mu.RLock()
	defer n.handlers.mu.RUnlock()
	return n.handlers.use, n.handlers.connect, n.handlers.disconnect
}

// Applied reports whether an application has set handlers: it may ask for the
// handshake of sockets.
func (n *Namespace) Applied() bool {
	n.handlers.mu.RLock()
	defer n.handlers.mu.RUnlock()
	h := n.handlers
	return len(h.use)+len(h.connect)+len(h.disconnect)+len(h.events) > 0 || h.any != nil || h.join != nil || h.publish != nil
}

// Applied reports whether any namespace has an application's handlers.
func (h *Hub) Applied() bool {
	p := &h.spaces
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, n := range p.all {
		if n.Applied() {
			return true
		}
	}
	for _, n := range p.patterns {
		if n.Applied() {
			return true
		}
	}
	return false
}

// Refusal is an error with data for the client. Of Use it is err.data in its
// connect_error event; of OnJoin and OnPublish it stands with the code and the
// message in the answer.
type Refusal struct {
	Code    Code // "" is CodeForbidden; connect_error has none
	Message string
	Data    any
}

// Error is the message.
func (r *Refusal) Error() string { return r.Message }
