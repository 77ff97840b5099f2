package transport

import (
	"bytes"
	"strconv"
	"time"

	"grandstand/epoll/protocol"
	"grandstand/epoll/wire/http1"
	"grandstand/epoll/wire/sse"
	"grandstand/session"
	"grandstand/session/room"
)

// form is how a one-way stream looks: what is around each message. Viewers of
// the same form share its feeds.
type form struct {
	way     string
	label   string // of the feeds
	kind    string // content type
	chunked bool   // RFC 9112 7.1; otherwise the body ends with the connection
	native  *protocol.Native
	// event and message append what one looks like, without the chunk.
	event   func(dst []byte, name string, e *room.Event) []byte
	message func(dst []byte, message []byte, cursor func() string) []byte
	// alive is what is sent when nothing else is, as it goes out.
	alive []byte
	// csp, if not "", is the Content-Security-Policy.
	csp string
}

var _ room.Encoding = (*form)(nil)

// Name labels the encoding.
func (f *form) Name() string { return f.label }

// AppendRecord appends the event in a chunk of its own: viewers at different
// places in the log share chunks, so they are never longer than a record.
func (f *form) AppendRecord(dst []byte, name string, e *room.Event) []byte {
	if !f.native.Shown(e) {
		return dst
	}
	start := len(dst)
	return f.wrap(f.event(dst, name, e), start)
}

// wrap makes a chunk of what was appended to dst from start on.
func (f *form) wrap(dst []byte, start int) []byte {
	n := len(dst) - start
	if !f.chunked || n == 0 {
		return dst
	}
	// The length decides the head's, so that comes last and the bytes move:
	// cheaper than encoding twice.
	var buf [18]byte
	head := append(strconv.AppendUint(buf[:0], uint64(n), 16), "\r\n"...)
	dst = append(dst, head...)
	copy(dst[start+len(head):], dst[start:start+n])
	copy(dst[start:], head)
	return append(dst, "\r\n"...)
}

// forms are all looks of streams, by way and framing.
type forms struct {
	stream, sse, messages, iframe, multipart [2]*form // close, chunked
}

// pick returns the one for a request.
func pick(of [2]*form, req *http1.Request) *form {
	if req.HTTP10() {
		return of[0]
	}
	return of[1]
}

func newForms(n *protocol.Native) (f forms) {
	for i, chunked := range []bool{false, true} {
		f.stream[i] = newForm(ndjson(n), chunked)
		f.sse[i] = newForm(eventStream(n), chunked)
		f.messages[i] = newForm(messageStream(n), chunked)
		f.iframe[i] = newForm(iframe(n), chunked)
		f.multipart[i] = newForm(multipart(n), chunked)
	}
	return f
}

func newForm(f form, chunked bool) *form {
	f.chunked = chunked
	if !chunked {
		f.label += "-close"
	}
	f.alive = f.wrap(f.alive, 0)
	return &f
}

// ndjson is a message in each line.
func ndjson(n *protocol.Native) form {
	return form{
		way: wayStream, label: "stream", kind: "application/x-ndjson", native: n,
		event: func(dst []byte, name string, e *room.Event) []byte {
			return append(n.AppendEvent(dst, name, e), '\n')
		},
		message: func(dst, message []byte, _ func() string) []byte {
			return append(append(dst, message...), '\n')
		},
		alive: []byte(protocol.Keepalive + "\n"),
	}
}

// eventStream is server-sent events with the names of the events.
func eventStream(n *protocol.Native) form {
	return form{
		way: waySSE, label: "sse", kind: sse.ContentType, native: n,
		event: func(dst []byte, _ string, e *room.Event) []byte {
			return sse.AppendEvent(dst, n.Cursor(e.ID), e.Name, n.Data(e))
		},
		message: func(dst, message []byte, cursor func() string) []byte {
			return sse.AppendEvent(dst, eventID(message, cursor), "grandstand:"+messageType(message), message)
		},
		alive: sse.AppendComment(nil, ""),
	}
}

// messageStream is server-sent events with whole messages, all of one name.
func messageStream(n *protocol.Native) form {
	return form{
		way: waySSE, label: "sse-message", kind: sse.ContentType, native: n,
		event: func(dst []byte, name string, e *room.Event) []byte {
			return sse.AppendEvent(dst, n.Cursor(e.ID), "", n.AppendEvent(nil, name, e))
		},
		message: func(dst, message []byte, cursor func() string) []byte {
			return sse.AppendEvent(dst, eventID(message, cursor), "", message)
		},
		// Scripts see no comments.
		alive: sse.AppendEvent(nil, "", "", []byte(protocol.Keepalive)),
	}
}

// endID is the id that a client is left with which is not to come back:
// WHATWG HTML 9.2.3 has it say so when it does, and 204 stops it.
const endID = "end"

// eventID is the id that goes with a message: where to resume from before the
// first event, and that there is nothing to resume.
func eventID(message []byte, cursor func() string) string {
	switch messageType(message) {
	case "joined":
		return cursor()
	case "end":
		if bytes.HasSuffix(message, []byte(`"retry":false}`)) {
			return endID
		}
	}
	return ""
}

// messageType is the type of a native message, which comes first in each.
func messageType(message []byte) string {
	_, rest, _ := bytes.Cut(message, []byte(`{"type":"`))
	kind, _, _ := bytes.Cut(rest, []byte{'"'})
	return string(kind)
}

// iframe is a page with a script for each message.
func iframe(n *protocol.Native) form {
	script := func(dst, message []byte) []byte {
		dst = append(dst, "<script>g("...)
		dst = appendScript(dst, message, true)
		return append(dst, ")</script>\n"...)
	}
	return form{
		way: wayIframe, label: "iframe", kind: "text/html; charset=utf-8", native: n,
		event: func(dst []byte, name string, e *room.Event) []byte {
			return script(dst, n.AppendEvent(nil, name, e))
		},
		message: func(dst, message []byte, _ func() string) []byte { return script(dst, message) },
		// A script: pages can't see blanks, nor that a frame was cut.
		alive: script(nil, []byte(protocol.Keepalive)),
		csp:   "default-src 'none'; script-src 'unsafe-inline'",
	}
}

// boundary parts a multipart body.
const boundary = "grandstand"

// multipart is a part for each message. The boundary comes behind it: browsers
// take a part when they see its end.
func multipart(n *protocol.Native) form {
	part := func(dst, message []byte) []byte {
		dst = append(dst, "Content-Type: application/json\r\nContent-Length: "...)
		dst = strconv.AppendInt(dst, int64(len(message)), 10)
		dst = append(append(dst, "\r\n\r\n"...), message...)
		return append(dst, "\r\n--"+boundary+"\r\n"...)
	}
	return form{
		way: wayMultipart, label: "multipart", native: n,
		kind: "multipart/x-mixed-replace; boundary=" + boundary,
		event: func(dst []byte, name string, e *room.Event) []byte {
			return part(dst, n.AppendEvent(nil, name, e))
		},
		message: func(dst, message []byte, _ func() string) []byte { return part(dst, message) },
		alive:   part(nil, []byte(protocol.Keepalive)),
	}
}

// prelude appends what a body begins with.
func (f *form) prelude(dst []byte, o *streamAsk) []byte {
	start := len(dst)
	switch f.way {
	case waySSE:
		dst = sse.AppendRetry(dst, o.retry.Milliseconds())
		if o.padding > 0 {
			dst = sse.AppendComment(dst, string(bytes.Repeat([]byte{' '}, o.padding)))
		}
	case wayStream:
		if o.padding > 0 {
			dst = append(append(dst, bytes.Repeat([]byte{' '}, o.padding)...), '\n')
		}
	case wayMultipart:
		dst = append(dst, "--"+boundary+"\r\n"...)
	case wayIframe:
		dst = append(dst, "<!doctype html><meta charset=utf-8><script>function g(m){"...)
		if o.callback != "" {
			dst = append(append(append(dst, "parent."...), o.callback...), "(m)"...)
		} else {
			dst = append(append(append(dst, `parent.postMessage(m,"`...), o.target...), `")`...)
		}
		dst = append(dst, "}</script>\n<!--"...)
		dst = append(append(dst, bytes.Repeat([]byte{' '}, o.padding)...), "-->\n"...)
	}
	return f.wrap(dst, start)
}

// retry is when an EventSource is to come back.
func (f *form) retry(after time.Duration) []byte {
	return f.wrap(sse.AppendRetry(nil, after.Milliseconds()), 0)
}

// last appends the end of a body.
func (f *form) last(dst []byte) []byte {
	if f.chunked {
		return append(dst, http1.LastChunk...)
	}
	return dst
}

// end appends why a session has ended.
func (f *form) end(dst []byte, r session.Reason) []byte {
	start := len(dst)
	return f.wrap(f.message(dst, f.native.AppendEnd(nil, r), func() string { return "" }), start)
}
