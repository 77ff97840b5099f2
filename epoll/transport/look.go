package transport

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"grandstand/epoll/protocol"
	"grandstand/epoll/wire/http1"
)

// maxInterned and maxInternedBytes bound the tables of rooms and looks: they
// begin anew when full. Whoever polls holds its own.
const (
	maxInterned      = 4096
	maxInternedBytes = 512 << 10
)

// roomSet is the rooms of a URL, in its order. Pollers of the same rooms share
// one, so that sets are compared by their address.
type roomSet struct {
	key   string // the names, each with a line end
	names []string
}

// roomSets keeps one roomSet for each list of rooms.
type roomSets struct {
	mu    sync.Mutex
	all   map[string]*roomSet
	bytes int // of the keys
}

// get returns the set of a key.
func (t *roomSets) get(key []byte) *roomSet {
	t.mu.Lock()
	defer t.mu.Unlock()
	if set, ok := t.all[string(key)]; ok {
		return set
	}
	if t.all == nil || len(t.all) >= maxInterned || t.bytes+len(key) > maxInternedBytes {
		t.all, t.bytes = make(map[string]*roomSet), 0
	}
	t.bytes += len(key)
	set := &roomSet{key: string(key), names: namesOf(string(key))}
	t.all[set.key] = set
	return set
}

// namesOf splits a key.
func namesOf(key string) []string { return strings.Split(strings.TrimSuffix(key, "\n"), "\n") }

// look is all that answers to the same poll may differ in.
type look struct {
	path     *enginePath // of Engine.IO's
	callback string      // of JSONP, or ""
	script   bool        // callback is an index of Engine.IO's
	origin   string      // that the answer names
	wait     bool
	http10   bool
	last     bool // the connection ends with the answer
}

// looks keeps one of each.
type looks struct {
	mu    sync.Mutex
	all   map[look]*look
	bytes int // of the names in them
}

// get returns the look of the answer to a request.
func (t *looks) get(s *Server, req *http1.Request, a *pollArgs, jsonp, wait bool) *look {
	l := look{wait: wait, http10: req.HTTP10(), last: !req.KeepAlive()}
	if jsonp {
		l.callback = string(a.callback)
	}
	if !s.shared() {
		l.origin = string(req.Header("Origin"))
	}
	return t.intern(l)
}

// intern returns the look that is like l.
func (t *looks) intern(l look) *look {
	t.mu.Lock()
	defer t.mu.Unlock()
	if same, ok := t.all[l]; ok {
		return same
	}
	size := len(l.callback) + len(l.origin)
	if t.all == nil || len(t.all) >= maxInterned || t.bytes+size > maxInternedBytes {
		t.all, t.bytes = make(map[look]*look), 0
	}
	t.bytes += size
	t.all[l] = &l
	return &l
}

// fits reports whether a request is to be answered with this look.
func (l *look) fits(s *Server, req *http1.Request, a *pollArgs, jsonp bool) bool {
	switch {
	case l.http10 != req.HTTP10(), l.last == req.KeepAlive(), jsonp != (l.callback != ""):
		return false
	case jsonp && l.callback != string(a.callback):
		return false
	case !s.shared() && l.origin != string(req.Header("Origin")):
		return false
	}
	return true
}

// pollResponse is the response that carries an answer.
func (s *Server) pollResponse(l *look, a *protocol.Answer, records []byte) http1.Response {
	body := make([]byte, 0, len(records)+256)
	kind := "application/json"
	if l.callback == "" {
		body = s.native.AppendAnswer(body, a, records)
	} else {
		// A comment first: what begins with the sender's choice of bytes has
		// been taken for Flash.
		kind = "text/javascript; charset=utf-8"
		body = append(append(append(body, "/**/"...), l.callback...), '(')
		body = appendScript(body, s.native.AppendAnswer(nil, a, records), false)
		body = append(body, ");"...)
	}
	return http1.Response{Status: 200, ContentType: kind, Body: body,
		Header: s.pollFields(l, a, len(records) > 0 || !l.wait)}
}

// pollFields are the header fields of an answer. cached says that a shared
// cache may keep it: what waited for nothing says nothing to others.
func (s *Server) pollFields(l *look, a *protocol.Answer, cached bool) []http1.Field {
	keep := "no-store"
	if cached && a.Reconnect == 0 && a.End == nil {
		keep = "public, max-age=" + strconv.FormatInt(int64(s.cfg.Poll.MaxAge/time.Second), 10)
	}
	return []http1.Field{
		{Name: "Cache-Control", Value: keep},
		{Name: "ETag", Value: `"` + a.Cursor + `"`},
		{Name: "X-Content-Type-Options", Value: "nosniff"},
	}
}
