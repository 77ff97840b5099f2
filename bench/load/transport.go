package load

import (
	"fmt"
	"net/url"
	"path"
	"strings"
)

// Transport is how viewers get their events.
type Transport uint8

// The transports a fleet may use. All but the two that begin with an upgrade,
// WebSocket and SocketIO, and the one that ends with one, are plain HTTP/1.1.
const (
	WebSocket       Transport = iota
	SSE                       // text/event-stream in one endless chunked body
	Stream                    // one message per line in one endless chunked body
	LongPoll                  // an answer per batch of events, asked for again each time
	SocketIO                  // Socket.IO 5 over Engine.IO 4, on a WebSocket from the start
	SocketIOPolling           // the same by polling alone
	SocketIOUpgrade           // by polling, and on a WebSocket once it is connected
	Poll                      // an answer at once, asked for again when the server says
	JSONP                     // a long-poll whose answers are scripts
	Iframe                    // a script per message in one endless page
	Multipart                 // a part per message in one endless body

	transports = iota
)

// ParseTransport reads the name of a transport; an empty one is WebSocket.
func ParseTransport(name string) (Transport, error) {
	for t := range Transport(transports) {
		if name == t.String() || name == "" {
			return t, nil
		}
	}
	return 0, fmt.Errorf("transport %q: want one of %s", name, strings.Join(transportNames(), ", "))
}

// String is the name of the transport.
func (t Transport) String() string {
	return transportNames()[t%transports]
}

func transportNames() []string {
	return []string{"websocket", "sse", "stream", "longpoll", "socketio", "socketio-polling", "socketio-upgrade", "poll", "jsonp", "iframe", "multipart"}
}

// MarshalText is the name.
func (t Transport) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads it.
func (t *Transport) UnmarshalText(p []byte) error {
	var err error
	*t, err = ParseTransport(string(p))
	return err
}

// streams says whether all messages come in one chunked body.
func (t Transport) streams() bool {
	return t == SSE || t == Stream || t == Iframe || t == Multipart
}

// framed says whether messages come in WebSocket frames from the first one on.
func (t Transport) framed() bool { return t == WebSocket || t == SocketIO }

// asks says whether each answer is asked for.
func (t Transport) asks() bool { return t == LongPoll || t == Poll || t == JSONP }

// SocketIO says whether viewers speak Socket.IO.
func (t Transport) SocketIO() bool {
	return t == SocketIO || t == SocketIOPolling || t == SocketIOUpgrade
}

// element is the last part of the path at which a server offers it.
func (t Transport) element() string {
	return [transports]string{WebSocket: "ws", SSE: "sse", Stream: "stream", LongPoll: "poll", Poll: "poll", JSONP: "jsonp", Iframe: "iframe", Multipart: "multipart"}[t%transports]
}

// By is the target of viewers of a transport: the path of the WebSocket is
// replaced by its neighbor, or by the path that Socket.IO has everywhere. Any
// other path is kept.
func (t Target) By(way Transport) Target {
	p, query, asked := strings.Cut(t.path, "?")
	if way == WebSocket || path.Base(p) != WebSocket.element() {
		return t
	}
	if t.path = strings.TrimSuffix(p, WebSocket.element()) + way.element(); way.SocketIO() {
		t.path = socketioPath
	}
	if asked {
		t.path += "?" + query
	}
	return t
}

// String is the target as a URL of HTTP.
func (t Target) String() string { return "http://" + t.host + t.path }

// appendGet appends a request of plain HTTP up to the end of its rooms, with
// what else the query has to say in more.
func (t Target) appendGet(dst []byte, rooms []string, more string) []byte {
	dst = append(append(dst, "GET "...), t.path...)
	sep := byte('?')
	if strings.Contains(t.path, "?") {
		sep = '&'
	}
	for _, r := range rooms {
		dst = append(append(dst, sep), "room="...)
		dst = append(dst, url.QueryEscape(r)...)
		sep = '&'
	}
	if more != "" {
		dst = append(append(dst, sep), more...)
	}
	return dst
}

// appendRest ends a request line and appends the head: as little as HTTP/1.1
// asks for (RFC 9112 3.2: Host).
func (t Target) appendRest(dst []byte, extra string) []byte {
	dst = append(append(dst, " HTTP/1.1\r\nHost: "...), t.host...)
	dst = append(append(dst, '\r', '\n'), extra...)
	return append(dst, '\r', '\n')
}

// firstRequest appends the request a viewer begins with.
func (l *Loop) firstRequest(dst []byte, ci int, rooms []string, since string) []byte {
	t := l.cfg.Target
	if l.cfg.Transport.SocketIO() {
		return l.appendHandshake(dst, rooms)
	}
	if l.tongue != nil {
		return l.appendForeign(dst, ci, rooms)
	}
	if l.cfg.Transport == WebSocket {
		return t.appendRequest(dst, rooms, since, l.cfg.Protocol, l.cfg.Header)
	}
	var more []string
	switch l.cfg.Transport {
	case SSE:
		more = append(more, "format=message") // the native messages, as in WebSocket frames
	case JSONP, Iframe:
		more = append(more, callbackArg)
	}
	if since != "" {
		more = append(more, "since="+url.QueryEscape(since))
	}
	return t.appendRest(t.appendGet(dst, rooms, strings.Join(more, "&")), l.cfg.Header)
}
