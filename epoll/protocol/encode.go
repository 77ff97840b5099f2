package protocol

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"unicode/utf8"

	"grandstand/session"
	"grandstand/session/room"
)

// appendString appends s, valid UTF-8, as a JSON string. Only what JSON
// demands is escaped, and what ends a line in JavaScript.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < 0x20 || r == 0x7f:
			dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		case r == 0x2028:
			dst = append(dst, `\u2028`...)
		case r == 0x2029:
			dst = append(dst, `\u2029`...)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

// Data is an event's as viewers of the native protocol see it. It is shared.
func (n *Native) Data(e *room.Event) []byte {
	if e.Emit == nil {
		return e.Data
	}
	return appendData(nil, e)
}

// Shown reports whether viewers of the native protocol see an event.
func (n *Native) Shown(e *room.Event) bool { return e.Shown(rootNamespace) }

// AppendEvent appends the message of a room's event.
func (n *Native) AppendEvent(dst []byte, name string, e *room.Event) []byte {
	dst = append(dst, `{"type":"event","room":"`...)
	dst = append(dst, name...) // needs no escape, see session's rules for names
	dst = append(dst, `","id":"`...)
	dst = n.hub.AppendCursor(dst, e.ID)
	dst = append(dst, `","event":`...)
	dst = appendString(dst, e.Name)
	dst = append(dst, `,"data":`...)
	dst = appendData(dst, e)
	return append(dst, '}')
}

// rootNamespace is where viewers are that know no namespaces.
const rootNamespace = "/"

// appendData appends the data of an event. Of an emit's arguments it is the
// only one, or the list; binary in it is {"base64":"..."}.
func appendData(dst []byte, e *room.Event) []byte {
	if e.Emit == nil {
		return append(dst, e.Data...)
	}
	args, err := session.ParseArgs(e.Data, nil)
	if err != nil || !e.Emit.Args { // made by us, so it cannot be
		return append(dst, e.Data...)
	}
	data := []byte(e.Data)
	if args.Len() == 1 {
		data = args.Raw(0)
	}
	for i, a := range e.Emit.Attachments {
		mark := append(strconv.AppendInt([]byte(`{"_placeholder":true,"num":`), int64(i), 10), '}')
		text := append(base64.StdEncoding.AppendEncode([]byte(`{"base64":"`), a), `"}`...)
		data = bytes.ReplaceAll(data, mark, text)
	}
	return append(dst, data...)
}

// AppendGap appends the notice that events of a room were missed: those with
// from < id <= to.
func (n *Native) AppendGap(dst []byte, name string, from, to uint64) []byte {
	return n.appendGap(dst, name, n.hub.Cursor(from), to)
}

// appendGap is AppendGap from a cursor as the viewer gave it.
func (n *Native) appendGap(dst []byte, name, from string, to uint64) []byte {
	dst = append(dst, `{"type":"gap","room":"`...)
	dst = append(dst, name...)
	dst = append(dst, `","from":"`...)
	dst = append(dst, from...)
	dst = append(dst, `","to":"`...)
	dst = n.hub.AppendCursor(dst, to)
	return append(dst, `"}`...)
}

// appendHistory appends the past of a room that does not fit into the order
// of the connection.
func (n *Native) appendHistory(dst []byte, name string, events []room.Event) []byte {
	dst = append(dst, `{"type":"history","room":"`...)
	dst = append(dst, name...)
	dst = append(dst, `","events":[`...)
	first := true
	for i := range events {
		e := &events[i]
		if !e.Shown(rootNamespace) {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(dst, `{"id":"`...)
		dst = n.hub.AppendCursor(dst, e.ID)
		dst = append(dst, `","event":`...)
		dst = appendString(dst, e.Name)
		dst = append(dst, `,"data":`...)
		dst = appendData(dst, e)
		dst = append(dst, '}')
	}
	return append(dst, "]}"...)
}

// appendJoined appends the answer to a join.
func (n *Native) appendJoined(dst []byte, name string, s *session.Session, j *room.Joined, ack *int64) []byte {
	dst = append(dst, `{"type":"joined","room":"`...)
	dst = append(dst, name...)
	dst = append(dst, `","cursor":"`...)
	dst = n.hub.AppendCursor(dst, j.Cursor)
	dst = append(dst, `","recovered":`...)
	dst = strconv.AppendBool(dst, j.Recovered)
	if j.Why != "" {
		dst = append(dst, `,"code":"`...)
		dst = append(append(dst, j.Why...), '"')
	}
	dst = append(dst, `,"viewers":`...)
	dst = strconv.AppendInt(dst, int64(j.Members), 10)
	dst = append(dst, `,"head":"`...)
	dst = n.hub.AppendCursor(dst, j.Head)
	dst = append(dst, `","session":"`...)
	dst = append(dst, s.ID()...)
	dst = append(dst, '"')
	return appendAck(dst, ack)
}

// appendAck ends a message, with the number the viewer asked for.
func appendAck(dst []byte, ack *int64) []byte {
	if ack != nil {
		dst = append(dst, `,"ack":`...)
		dst = strconv.AppendInt(dst, *ack, 10)
	}
	return append(dst, '}')
}

// appendError appends a refusal.
func appendError(dst []byte, e *session.Error, ack *int64) []byte {
	dst = append(dst, `{"type":"error","code":`...)
	dst = appendString(dst, string(e.Code))
	dst = append(dst, `,"message":`...)
	dst = appendString(dst, e.Message)
	return appendAck(dst, ack)
}

// AppendReconnect appends the request to come back after some milliseconds.
// cursor is what to resume from, for who cannot tell by the events: "" if it
// goes without saying.
func (n *Native) AppendReconnect(dst []byte, afterMS int64, cursor string) []byte {
	dst = append(dst, `{"type":"reconnect","after_ms":`...)
	dst = strconv.AppendInt(dst, afterMS, 10)
	if cursor != "" {
		dst = append(dst, `,"cursor":"`...)
		dst = append(append(dst, cursor...), '"')
	}
	return append(dst, '}')
}

// AppendEnd appends why the session has ended, for carriers that have no close
// frame.
func (n *Native) AppendEnd(dst []byte, r session.Reason) []byte {
	dst = append(dst, `{"type":"end","code":`...)
	dst = strconv.AppendUint(dst, uint64(r.Code), 10)
	dst = append(dst, `,"reason":`...)
	dst = appendString(dst, r.Text)
	dst = append(dst, `,"retry":`...)
	dst = strconv.AppendBool(dst, r.Retry)
	return append(dst, '}')
}

// Keepalive is a message that says nothing but that the connection lives.
const Keepalive = `{"type":"keepalive"}`
