package transport

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html"

	"grandstand/epoll/wire/http1"
)

// files are what browsers are given: the page at / and the library it uses.
//
//go:embed web/page.html web/live.js web/live.d.ts
var files embed.FS

// webFile is one of them, as it is served.
type webFile struct {
	kind string
	body []byte
	tag  string // its ETag
	csp  string
}

// newWebFile is a file that does not change as long as the server runs.
func newWebFile(kind string, body []byte) *webFile {
	sum := sha256.Sum256(body)
	return &webFile{kind: kind, body: body, tag: `"` + hex.EncodeToString(sum[:16]) + `"`}
}

// web is the files by path.
type web map[string]*webFile

func newWeb(cfg *Config) web {
	read := func(name string) []byte {
		p, err := files.ReadFile("web/" + name)
		if err != nil {
			return nil // cannot be: it is embedded by name
		}
		return p
	}
	w := web{
		"/live.js":   newWebFile("text/javascript; charset=utf-8", read("live.js")),
		"/live.d.ts": newWebFile("text/plain; charset=utf-8", read("live.d.ts")),
	}
	if cfg.Page {
		prefix := []byte(`data-prefix="` + html.EscapeString(cfg.Prefix) + `"`)
		page := newWebFile("text/html; charset=utf-8", bytes.ReplaceAll(read("page.html"), []byte(`data-prefix="/live"`), prefix))
		page.csp = "default-src 'self'; style-src 'unsafe-inline'; script-src 'self' 'unsafe-inline'; " +
			"connect-src *; frame-src 'self'; frame-ancestors 'none'"
		w["/"] = page
	}
	return w
}

func (w web) find(path string) (*webFile, bool) {
	f, ok := w[path]
	return f, ok
}

// static answers with a file. Whoever has it asks, because of the no-cache, and
// is told so without it.
func (s *Server) static(h *httpConn, req *http1.Request, f *webFile) after {
	if m := req.Method(); m != http1.MethodGet && m != http1.MethodHead {
		return s.refuse(h, req, http1.MethodNotAllowed("GET, HEAD"))
	}
	fields := []http1.Field{
		{Name: "Cache-Control", Value: "no-cache"},
		{Name: "ETag", Value: f.tag},
		{Name: "X-Content-Type-Options", Value: "nosniff"},
	}
	if f.csp != "" {
		fields = append(fields, http1.Field{Name: "Content-Security-Policy", Value: f.csp})
	}
	if matches(string(req.Header("If-None-Match")), f.tag) {
		return s.respond(h, req, http1.Response{Status: 304, Header: fields})
	}
	return s.respond(h, req, http1.Response{Status: 200, ContentType: f.kind, Body: f.body, Header: fields})
}
