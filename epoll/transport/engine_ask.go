package transport

import (
	"net/url"
	"strings"
	"time"

	"grandstand/epoll/protocol"
	"grandstand/epoll/wire/http1"
)

// engineAsk is a copy of the request that begins a session, which the parser
// takes back before the session's shard sees it.
type engineAsk struct {
	time    time.Time
	address string
	path    string
	query   string
	fields  string // "name\x00value\x00" of each
	version int
}

// askEngine copies a request.
func (s *Server) askEngine(h *httpConn, req *http1.Request, p *enginePath, version int) *engineAsk {
	var b strings.Builder
	req.Headers(func(name, value []byte) bool {
		b.Write(name)
		b.WriteByte(0)
		b.Write(value)
		b.WriteByte(0)
		return true
	})
	return &engineAsk{
		time: time.Now(), address: h.conn.Peer().String(), path: p.base,
		query: string(req.RawQuery()), fields: b.String(), version: version,
	}
}

// handshake is the request as dialects see it.
func (a *engineAsk) handshake() *protocol.Handshake {
	query, err := url.ParseQuery(a.query)
	if err != nil && query == nil { // what could be read counts
		query = url.Values{}
	}
	h := &protocol.Handshake{
		Time: a.time, Address: a.address, Path: a.path, Query: query,
		Headers: make(map[string]string), Version: a.version,
	}
	for rest := a.fields; rest != ""; {
		var name, value string
		name, rest, _ = strings.Cut(rest, "\x00")
		value, rest, _ = strings.Cut(rest, "\x00")
		name = strings.ToLower(name)
		if before, again := h.Headers[name]; again { // RFC 9110 5.3, and RFC 6265 5.4 for the second
			join := ", "
			if name == "cookie" {
				join = "; "
			}
			value = before + join + value
		}
		h.Headers[name] = value
	}
	proto, _, _ := strings.Cut(h.Headers["x-forwarded-proto"], ",")
	h.Secure = strings.EqualFold(strings.TrimSpace(proto), "https")
	return h
}
