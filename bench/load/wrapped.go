package load

import (
	"bytes"
	"fmt"
)

const (
	// callbackArg names the function that scripts of JSONP and of iframes call.
	callbackArg = "callback=g"

	jsonpHead  = "/**/g("
	jsonpTail  = ");"
	scriptHead = "<script>g("
	scriptTail = ")</script>"
)

// unwrap is the answer in a body, which is a script if the viewer polls by JSONP.
func (l *Loop) unwrap(body []byte) ([]byte, error) {
	if l.cfg.Transport != JSONP {
		return body, nil
	}
	p, ok1 := bytes.CutPrefix(body, []byte(jsonpHead))
	p, ok2 := bytes.CutSuffix(p, []byte(jsonpTail))
	if !ok1 || !ok2 {
		return nil, fmt.Errorf("load: want a script that calls g, got %.60q", body)
	}
	return p, nil
}

// body is the whole body of an answer whose head has that many bytes, and how long
// both are.
func (l *Loop) body(a answer, p []byte, head int) (body []byte, n int, err error) {
	switch {
	case a.length >= 0:
		if len(p) < head+a.length {
			return nil, 0, errShort
		}
		return p[head : head+a.length], head + a.length, nil
	case a.status == 204 || a.status == 304: // RFC 9112 6.3: they have none
		return nil, head, nil
	case !a.chunked:
		return nil, 0, fmt.Errorf("load: answer %d without Content-Length", a.status)
	}
	// A body in chunks is rare here, and put together anew whenever more of it came.
	var c chunks
	l.whole = l.whole[:0]
	for n = head; c.phase != chunkComplete; {
		piece, k, err := c.next(p[n:])
		if err != nil {
			return nil, 0, err
		}
		if k == 0 {
			return nil, 0, errShort
		}
		n += k
		l.whole = append(l.whole, piece...)
	}
	return l.whole, n, nil
}
