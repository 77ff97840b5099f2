package transport

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"grandstand/epoll/protocol"
	"grandstand/epoll/wire/engineio"
	"grandstand/epoll/wire/http1"
	"grandstand/epoll/wire/ws"
)

// enginePath is an EnginePath that is open.
type enginePath struct {
	srv      *Server
	cfg      *EnginePath
	base     string
	dialect  protocol.Dialect // nil: requests find nothing
	origins  origins
	ws       ws.Config
	table    engineTable
	sessions atomic.Int64
	looks    looks
	pollers  addresses      // sessions on polls
	polling  [2]*engineForm // by version
	bundle   bundle
}

// engines is all that is Engine.IO's in a Server.
type engines struct {
	paths   []*enginePath // the longest first
	forms   engineForms
	answers []*engineAnswers // by shard
	beats   beats
	seed    maphash.Seed // of origins
}

// openEngines makes the paths of the configuration.
func (s *Server) openEngines(loops int) {
	t := &s.engines
	t.seed = maphash.MakeSeed()
	t.beats.init(s)
	for range loops {
		t.answers = append(t.answers, new(engineAnswers))
	}
	for i := range s.cfg.EngineIO {
		cfg := &s.cfg.EngineIO[i]
		list := cfg.CORS.Origins
		if len(list) == 0 {
			list = s.cfg.Origins
		}
		p := &enginePath{srv: s, cfg: cfg, base: cfg.base(), origins: parseOrigins(list), ws: ws.Config{
			MaxMessage: cfg.MaxPayload, Deflate: cfg.Compression.Enabled,
			DeflateThreshold: cfg.Compression.Threshold, DeflateLevel: cfg.Compression.Level,
		}}
		for v := range p.polling {
			p.polling[v] = t.forms.get(engineForm{version: v + 3})
		}
		if cfg.Bundle != "" {
			b, err := readBundle(cfg.Bundle)
			if err != nil {
				s.log.Error("bundle is not served", "path", cfg.Path, "error", err)
			}
			p.bundle = b
		}
		t.paths = append(t.paths, p)
	}
	slices.SortStableFunc(t.paths, func(a, b *enginePath) int { return len(b.base) - len(a.base) })
	s.parsers.MaxBody = s.maxBody
}

// Dialect says what is spoken on an Engine.IO path of the configuration. It is
// to be called before the first connection; a path nothing is spoken on
// answers 404.
func (s *Server) Dialect(path string, d protocol.Dialect) error {
	base := (&EnginePath{Path: path}).base()
	for _, p := range s.engines.paths {
		if p.base == base {
			p.dialect = d
			return nil
		}
	}
	return fmt.Errorf("transport: no Engine.IO path %q", path)
}

// enginePath returns the path that a request is for, or nil.
func (s *Server) enginePath(path string) *enginePath {
	for _, p := range s.engines.paths {
		if !strings.HasPrefix(path, p.base) {
			continue
		}
		if f, _ := p.bundleOf(path); p.dialect != nil || f != nil {
			return p
		}
	}
	return nil
}

// maxBody is how large a request's body may be. Only who has a session may send
// what sessions may.
func (s *Server) maxBody(req *http1.Request) int {
	if req.Method() == http1.MethodPost {
		if p := s.enginePath(string(req.Path())); p != nil && p.session(req) != nil {
			return p.cfg.MaxPayload
		}
	}
	return s.cfg.HTTP.MaxBody
}

// bundleOf returns the file of a path, or nil. known says that the path is one
// of a file of the client's, served or not.
func (p *enginePath) bundleOf(path string) (f *webFile, known bool) {
	name := path[len(p.base):]
	if name == "" { // every other request
		return nil, false
	}
	f = p.bundle[name]
	return f, f != nil || isBundle(name)
}

// handshake is what a session is told first.
func (p *enginePath) handshake(e *engine, socket bool) engineio.Packet {
	h := engineio.Handshake{
		SID:          e.id.String(),
		PingInterval: int(p.cfg.PingInterval / time.Millisecond),
		PingTimeout:  int(p.cfg.PingTimeout / time.Millisecond),
		MaxPayload:   p.cfg.MaxPayload,
	}
	if !socket && p.upgrades() {
		h.Upgrades = []string{engineWebSocket}
	}
	return engineio.Packet{Type: engineio.Open, Data: engineio.AppendHandshake(nil, &h)}
}

// upgrades reports whether who polls may change to a WebSocket.
func (p *enginePath) upgrades() bool {
	return p.cfg.Upgrades && slices.Contains(p.cfg.Transports, engineWebSocket)
}

// socketForm is the form of a WebSocket's messages.
func (p *enginePath) socketForm(version int, b64, deflate bool) *engineForm {
	return p.srv.engines.forms.get(engineForm{
		version: version, socket: true, b64: b64, deflate: deflate,
		threshold: p.cfg.Compression.Threshold, level: p.cfg.Compression.Level,
	})
}

// originOf is a request's origin as sessions keep it; 0 is none.
func (p *enginePath) originOf(req *http1.Request) uint64 {
	o := req.Header("Origin")
	if len(o) == 0 {
		return 0
	}
	return maphash.Bytes(p.srv.engines.seed, o) | 1
}

// session returns the session that a request is of, or nil.
//
// It may be used from where it was begun only. A page's own GETs say no origin,
// its POSTs do: the first that is said counts.
func (p *enginePath) session(req *http1.Request) *engine {
	e := p.table.find(req.QueryArg("sid"))
	if e == nil || !e.from(p.originOf(req)) {
		return nil
	}
	return e
}

// known is session for a connection that has most likely carried it before.
func (p *enginePath) known(h *httpConn, req *http1.Request, sid []byte) *engine {
	e := h.last
	if id, ok := parseEngineID(sid); e == nil || !ok || e.id != id || e.path != p || e.on(engineForgotten) {
		e = p.table.find(sid)
	}
	if e == nil || !e.from(p.originOf(req)) {
		h.last = nil // it would keep one that is over
		return nil
	}
	h.last = e
	return e
}

// from reports whether a request of an origin may be of the session. Two may be
// the first to say one: a POST, and the WebSocket that is tried meanwhile.
func (e *engine) from(o uint64) bool {
	return o == 0 || e.origin.Load() == o || e.origin.CompareAndSwap(0, o) || e.origin.Load() == o
}
