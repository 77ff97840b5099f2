package transport

import (
	"grandstand/epoll/protocol"
	"grandstand/epoll/wire/ws"
	"grandstand/session/room"
)

// events is the native protocol's events as WebSocket frames: the encoding of
// the feeds that WebSocket viewers share.
type events struct {
	native    *protocol.Native
	deflate   bool
	threshold int // bytes; shorter messages are not compressed
	level     int
}

var _ room.Encoding = (*events)(nil)

// Name labels the encoding.
func (e *events) Name() string {
	if e.deflate {
		return "websocket-deflate"
	}
	return "websocket"
}

// AppendRecord appends the event as one text frame. Compressed ones do not
// refer to earlier ones (RFC 7692 7.1.1: no context takeover), so all viewers
// share them.
func (e *events) AppendRecord(dst []byte, name string, ev *room.Event) []byte {
	if !e.native.Shown(ev) {
		return dst
	}
	start := len(dst)
	dst = e.native.AppendEvent(dst, name, ev)
	n := len(dst) - start
	if e.deflate && n >= e.threshold {
		packed := ws.AppendDeflated(nil, dst[start:], e.level)
		return ws.AppendFrame(dst[:start], ws.OpText, true, packed)
	}
	// The message's length decides the header's, so the header comes last
	// and the message moves: cheaper than encoding it twice.
	var header [10]byte
	h := ws.AppendHeader(header[:0], ws.OpText, false, n)
	dst = append(dst, h...)
	copy(dst[start+len(h):], dst[start:start+n])
	copy(dst[start:], h)
	return dst
}
