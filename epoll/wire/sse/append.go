package sse

import "strconv"

// ContentType is the media type of an event stream. It needs no charset: the
// format has only UTF-8.
const ContentType = "text/event-stream"

// AppendEvent appends one event to dst.
//
// An empty id or name is left out: the client keeps the id it had, and takes
// the event for a "message". CR, LF and NUL in them become spaces: the first
// two would start a field, and a client ignores an id with a NUL.
//
// data is borrowed for the call. It is cut at CR, LF and CR LF, all of which
// come out of a client as LF. Empty data is sent too: without a data line a
// client would drop the event.
func AppendEvent(dst []byte, id, name string, data []byte) []byte {
	if id != "" {
		dst = appendField(dst, "id: ", id)
	}
	if name != "" {
		dst = appendField(dst, "event: ", name)
	}
	dst = appendLines(dst, "data: ", data)
	return append(dst, '\n')
}

// AppendComment appends text as a comment to dst, which clients skip: it keeps
// proxies from taking a quiet connection for a dead one (9.2.7), or fills their
// buffers. An empty text is the shortest, two bytes.
func AppendComment(dst []byte, text string) []byte {
	return appendLines(dst, ":", text)
}

// AppendRetry appends to dst how many milliseconds a client waits before it
// connects again. A negative ms counts as 0: clients take digits only.
func AppendRetry(dst []byte, ms int64) []byte {
	dst = append(dst, "retry: "...)
	dst = strconv.AppendInt(dst, max(ms, 0), 10)
	// Clients act on the line at once; the empty one is for those that read
	// whole blocks.
	return append(dst, "\n\n"...)
}

// appendField writes a value that must stay in one line.
func appendField(dst []byte, start, value string) []byte {
	dst = append(dst, start...)
	for i := range len(value) {
		c := value[i]
		if c == '\r' || c == '\n' || c == 0 {
			c = ' '
		}
		dst = append(dst, c)
	}
	return append(dst, '\n')
}

// appendLines writes every line of text as a line of its own, at least one. A
// line end at the end of text makes an empty last line, so that none is lost.
func appendLines[T string | []byte](dst []byte, start string, text T) []byte {
	from := 0
	for i := range len(text) {
		if text[i] != '\r' && text[i] != '\n' {
			continue
		}
		if text[i] == '\n' && i > 0 && text[i-1] == '\r' { // CR LF ends one line, not two
			from = i + 1
			continue
		}
		dst = append(append(append(dst, start...), text[from:i]...), '\n')
		from = i + 1
	}
	return append(append(append(dst, start...), text[from:]...), '\n')
}
