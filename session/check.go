package session

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"grandstand/session/broker"
)

// reserved begins the names of what the server itself says, in transports where
// that and the events of rooms share names.
const reserved = "grandstand:"

// checkEvent refuses what cannot be an event's name: it stands in a line of
// its own in some transports.
func (h *Hub) checkEvent(name string) error {
	if name == "" {
		return &Error{CodeBadEvent, "the event's name is empty"}
	}
	if len(name) > h.cfg.MaxEventName {
		return &Error{CodeBadEvent, fmt.Sprintf("the event's name has %d bytes, the limit is %d", len(name), h.cfg.MaxEventName)}
	}
	if strings.HasPrefix(name, reserved) {
		return &Error{CodeBadEvent, "the event's name begins with " + reserved + ", which is the server's"}
	}
	switch name {
	case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener":
		// Socket.IO clients take a packet with one for broken, and end the
		// connection: nobody may do that to all in a room.
		return &Error{CodeBadEvent, "the event's name is one of Socket.IO's own"}
	}
	if !utf8.ValidString(name) {
		return &Error{CodeBadEvent, "the event's name is not UTF-8"}
	}
	if !printable(name) {
		return &Error{CodeBadEvent, "the event's name holds a control character"}
	}
	return nil
}

// printable reports whether a name is UTF-8 without control characters and
// ends of lines.
func printable(name string) bool {
	for _, c := range name {
		if c < 0x20 || c == 0x7f || c == 0x2028 || c == 0x2029 {
			return false
		}
	}
	return utf8.ValidString(name)
}

// checkSize refuses what is larger than who made it may send: an application
// more than a viewer or a publisher.
func (h *Hub) checkSize(m *broker.Message) error {
	n, limit := len(m.Data), h.cfg.MaxData
	if m.Emit != nil {
		limit = h.cfg.MaxEmit
		for _, a := range m.Emit.Attachments {
			n += len(a)
		}
	}
	if n > limit {
		return &Error{CodeTooLarge, fmt.Sprintf("data has %d bytes, the limit is %d", n, limit)}
	}
	return nil
}

// cleanData returns data without white space between tokens, in memory of its
// own. Everything else stays as it came: numbers, escapes, order of keys.
// parsed says that it is known to be JSON.
func (h *Hub) cleanData(data []byte, parsed bool) ([]byte, error) {
	if len(data) == 0 {
		return []byte("null"), nil
	}
	if !utf8.Valid(data) {
		return nil, &Error{CodeBadData, "data is not UTF-8"}
	}
	if parsed && !spaced(data) {
		return bytes.Clone(data), nil
	}
	var buf bytes.Buffer
	buf.Grow(len(data))
	if err := json.Compact(&buf, data); err != nil {
		return nil, &Error{CodeBadData, "data is not JSON: " + err.Error()}
	}
	return buf.Bytes(), nil
}

// spaced reports whether there is white space between the tokens of data,
// which is JSON.
func spaced(data []byte) bool {
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case ' ', '\n', '\r', '\t':
			return true
		case '"':
			i = StringEnd(data, i) - 1
		}
	}
	return false
}

// StringEnd returns the end of the JSON string that begins at p[i]. p is known
// to be JSON. It goes from quote to quote, as most of most JSON is strings.
func StringEnd(p []byte, i int) int {
	for {
		k := bytes.IndexByte(p[i+1:], '"')
		if k < 0 {
			return len(p) // it was no JSON
		}
		i += 1 + k
		escapes := 0
		for i-1-escapes >= 0 && p[i-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i + 1
		}
	}
}

// checkChosen is CheckRoom for rooms that an application names.
func (h *Hub) checkChosen(name string) error { return h.rooms.checkChosen(name) }

// CheckRoom refuses what cannot be the name of a room for everybody, with an
// *Error. For sockets alone, an application may name rooms as it likes.
func (h *Hub) CheckRoom(name string) error { return h.rooms.checkName(name) }
