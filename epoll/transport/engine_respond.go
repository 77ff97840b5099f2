package transport

import (
	"strconv"
	"time"
	"unsafe"

	"grandstand/epoll/wire/engineio"
	"grandstand/epoll/wire/http1"
)

// cors is what a page of that origin is told.
func (p *enginePath) cors(origin string) []http1.Field {
	credentials := p.cfg.CORS.Credentials
	if p.origins.any && !credentials {
		return []http1.Field{{Name: "Access-Control-Allow-Origin", Value: "*"}}
	}
	fields := []http1.Field{{Name: "Vary", Value: "Origin"}}
	if origin == "" || len(origin) > maxOrigin || !p.origins.allow(origin) {
		return fields
	}
	fields = append(fields, http1.Field{Name: "Access-Control-Allow-Origin", Value: origin})
	if credentials {
		fields = append(fields, http1.Field{Name: "Access-Control-Allow-Credentials", Value: "true"})
	}
	return fields
}

// respond writes a response and keeps or ends the connection.
func (p *enginePath) respond(h *httpConn, req *http1.Request, r http1.Response) after {
	a := asked{
		http10: req.HTTP10(), head: req.Method() == http1.MethodHead,
		last: !req.KeepAlive(), cors: p.cors(string(req.Header("Origin"))),
	}
	r.Header = append(r.Header, http1.Field{Name: "Cache-Control", Value: "no-store"})
	h.conn.Write(a.append(nil, r)) //nolint:errcheck // a closed connection tells by Closed
	if a.last {
		h.conn.CloseAfterFlush(nil)
		return ended
	}
	return answered
}

// engineRefusal is the response to a request that is refused.
func engineRefusal(e *engineio.Error) http1.Response {
	return http1.Response{Status: e.Status(), ContentType: "application/json", Body: e.AppendBody(nil)}
}

// refuse answers with one of the errors that clients know.
func (p *enginePath) refuse(h *httpConn, req *http1.Request, e *engineio.Error) after {
	p.srv.counts.reject(e.Name())
	return p.respond(h, req, engineRefusal(e))
}

// turnAway answers with an error that is the server's own.
func (p *enginePath) turnAway(h *httpConn, req *http1.Request, e *http1.Error) after {
	p.srv.counts.reject(e.Code)
	r := e.Response(true)
	r.Header = []http1.Field{{Name: "Retry-After", Value: "1"}}
	return p.respond(h, req, r)
}

// turnAwayRaw refuses an upgrade, in the form that clients know.
func (h *httpConn) turnAwayRaw(status int, message string) after {
	h.conn.Write(http1.AppendResponse(nil, http1.Response{ //nolint:errcheck // a closed connection tells by Closed
		Status: status, ContentType: "text/html", Body: []byte(message),
	}))
	h.conn.CloseAfterFlush(nil)
	return ended
}

// preflight answers OPTIONS: the Fetch standard, 3.2.3.
func (p *enginePath) preflight(h *httpConn, req *http1.Request) after {
	fields := []http1.Field{
		{Name: "Access-Control-Allow-Methods", Value: "GET,HEAD,PUT,PATCH,POST,DELETE"},
		{Name: "Vary", Value: "Access-Control-Request-Headers"},
		{Name: "Access-Control-Max-Age", Value: strconv.FormatInt(int64(p.srv.cfg.CORS.MaxAge/time.Second), 10)},
	}
	if wanted := req.Header("Access-Control-Request-Headers"); len(wanted) > 0 {
		fields = append(fields, http1.Field{Name: "Access-Control-Allow-Headers", Value: string(wanted)})
	}
	return p.respond(h, req, http1.Response{Status: 204, Header: fields})
}

// look returns the look of the answer to a poll.
func (p *enginePath) look(h *httpConn, req *http1.Request, a *engineArgs) *look {
	l := look{path: p, http10: req.HTTP10(), last: !req.KeepAlive()}
	if a.script != nil {
		l.script, l.callback = true, engineio.ScriptIndex(a.script)
	}
	if !p.origins.any || p.cfg.CORS.Credentials {
		l.origin = string(req.Header("Origin"))
	}
	if h.look == nil || *h.look != l {
		h.look = p.looks.intern(l)
	}
	return h.look
}

// appendAnswer appends the answer to a poll.
func (p *enginePath) appendAnswer(dst []byte, l *look, e *engine, elements []byte, extra ...http1.Field) []byte {
	body := engineio.Trim(int(e.version), elements)
	if l.script {
		body = engineio.AppendScript(nil, l.callback, body)
	}
	a := asked{http10: l.http10, last: l.last, cors: p.cors(l.origin)}
	return a.append(dst, http1.Response{
		Status: 200, ContentType: "text/plain; charset=UTF-8", Body: body,
		Header: append(extra, http1.Field{Name: "Cache-Control", Value: "no-store"}),
	})
}

// appendRefusal appends an answer to a poll that its shard refuses; nil is the
// one without a body.
func (p *enginePath) appendRefusal(dst []byte, l *look, e *engineio.Error) []byte {
	r := http1.Response{Status: 400}
	if e != nil {
		p.srv.counts.reject(e.Name())
		r = engineRefusal(e)
	} else {
		p.srv.counts.reject("engineio_overlap")
	}
	a := asked{http10: l.http10, last: l.last, cors: p.cors(l.origin)}
	r.Header = append(r.Header, http1.Field{Name: "Cache-Control", Value: "no-store"})
	return a.append(dst, r)
}

// engineAnswers remembers the newest answers of a shard, as answers does: one
// is built for all who poll from the same place.
type engineAnswers struct {
	ring [16]engineAnswer
	next int
}

// engineAnswer is an answer as it goes out. Looks are those of one path, slices
// those of one version.
type engineAnswer struct {
	records []byte
	look    *look
	wire    []byte
}

// get returns the answer with these records.
func (t *engineAnswers) get(e *engine, l *look, records []byte) []byte {
	at := unsafe.SliceData(records)
	for i := range t.ring {
		a := &t.ring[(t.next+len(t.ring)-1-i)%len(t.ring)]
		if unsafe.SliceData(a.records) == at && len(a.records) == len(records) && a.look == l {
			return a.wire
		}
	}
	a := &t.ring[t.next]
	t.next = (t.next + 1) % len(t.ring)
	*a = engineAnswer{records: records, look: l, wire: e.path.appendAnswer(nil, l, e, records)}
	return a.wire
}
