package protocol

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"grandstand/epoll/wire/socketio"
	"grandstand/session"
)

// SocketIOConfig is what a path speaks Socket.IO with.
type SocketIOConfig struct {
	// Namespaces are those that sockets may connect to without an application:
	// names, or beginnings of names and "*".
	Namespaces []string `yaml:"namespaces"`
	// MaxNamespaces is how many one connection may be in at once.
	MaxNamespaces int `yaml:"max_namespaces"`
	// Parser is how packets are written: default (JSON, with binary in messages
	// of its own) or msgpack, as socket.io-msgpack-parser does.
	Parser string `yaml:"parser"`
	// ConnectTimeout is how long a connection may be in no namespace.
	ConnectTimeout time.Duration `yaml:"connect_timeout"`
	// Meta adds {"room", "id"} to the events of rooms.
	Meta bool `yaml:"meta"`
	// Recovery lets sockets of 4.x clients that were cut off go on where they
	// were.
	Recovery bool `yaml:"recovery"`
	// HandshakeRooms is whether clients may join rooms with their handshake:
	// always, never or auto.
	HandshakeRooms string `yaml:"handshake_rooms"`
	// Join, Leave and Publish are the events by which clients do so; "" is
	// none, and auto join, leave and publish.
	Join    string `yaml:"join"`
	Leave   string `yaml:"leave"`
	Publish string `yaml:"publish"`
	// Packets are the limits of packets.
	Packets socketio.Limits `yaml:"packets"`
}

// auto is a value for what clients may do by themselves: they may in namespaces
// without handlers, for an application would not know of it.
const auto = "auto"

// The other values of HandshakeRooms.
const (
	handshakeAlways = "always"
	handshakeNever  = "never"
)

// The parsers.
const (
	parserDefault = "default"
	parserMsgpack = "msgpack"
)

// DefaultSocketIO returns the values of configs/reference.yaml.
func DefaultSocketIO() SocketIOConfig {
	return SocketIOConfig{
		Namespaces: []string{"/"}, MaxNamespaces: 16, Parser: parserDefault, ConnectTimeout: 45 * time.Second,
		Meta: true, Recovery: false, HandshakeRooms: auto, Join: auto, Leave: auto, Publish: auto,
		Packets: socketio.DefaultLimits(),
	}
}

// Validate reports every value that cannot be used.
func (c SocketIOConfig) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for i, name := range c.Namespaces {
		if !strings.HasPrefix(name, "/") || strings.Contains(strings.TrimSuffix(name, "*"), "*") || strings.ContainsAny(name, ",? ") {
			bad("namespaces[%d]: %q, want a name like /chat, or its beginning and *", i, name)
		}
	}
	if c.MaxNamespaces < 1 || c.MaxNamespaces > 1000 {
		bad("max_namespaces: %d, want 1 to 1000", c.MaxNamespaces)
	}
	if c.Parser != parserDefault && c.Parser != parserMsgpack {
		bad("parser: %q, want %s or %s", c.Parser, parserDefault, parserMsgpack)
	}
	if c.ConnectTimeout < 100*time.Millisecond || c.ConnectTimeout > time.Hour {
		bad("connect_timeout: %v, want 100ms to 1h", c.ConnectTimeout)
	}
	if h := c.HandshakeRooms; h != auto && h != handshakeAlways && h != handshakeNever {
		bad("handshake_rooms: %q, want %s, %s or %s", h, auto, handshakeAlways, handshakeNever)
	}
	for _, e := range []struct{ key, name string }{{"join", c.Join}, {"leave", c.Leave}, {"publish", c.Publish}} {
		if _, _, _, ok := socketio.EventName(append(socketio.AppendString([]byte{'['}, e.name), ']')); !ok || len(e.name) > 64 {
			bad("%s: %q, want the name of an event, up to 64 bytes", e.key, e.name)
		}
	}
	if err := c.Packets.Validate(); err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			bad("packets.%s", strings.TrimPrefix(line, "socketio."))
		}
	}
	return errors.Join(errs...)
}

// SocketIO is the Socket.IO dialect on a path: protocol 5 over Engine.IO 4, and
// protocol 4 over Engine.IO 3.
//
// Its methods may be called from any goroutine.
type SocketIO struct {
	cfg    SocketIOConfig
	hub    *session.Hub
	native *Native
	own    [3]ownEvent

	mu    sync.Mutex
	forms map[eventsKey]*socketEvents
}

var _ Dialect = (*SocketIO)(nil)

// NewSocketIO returns the dialect for a hub's namespaces and rooms, and makes
// the namespaces of cfg, which must be valid.
func NewSocketIO(cfg SocketIOConfig, hub *session.Hub) *SocketIO {
	for _, name := range cfg.Namespaces {
		hub.Of(name)
	}
	return &SocketIO{cfg: cfg, hub: hub, native: NewNative(hub), own: ownEvents(&cfg)}
}

// Begin opens a conversation. Clients of protocol 4 are in the root namespace
// without asking.
func (d *SocketIO) Begin(e Engine) Talk {
	t := &socketTalk{io: d, engine: e, rev: socketio.V5}
	h := e.Handshake()
	t.opening = openingOf(h.Query)
	if d.hub.Applied() {
		t.handshake = h
	}
	e.EndWithin(session.AllReasons().Handshake, d.cfg.ConnectTimeout)
	if e.Version() != 4 {
		t.rev = socketio.V4
		t.connect(&socketio.Packet{Type: socketio.Connect, Namespace: socketio.Root})
	}
	return t
}
