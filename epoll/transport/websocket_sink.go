package transport

import (
	"errors"
	"time"

	"grandstand/epoll"
	"grandstand/epoll/wire/ws"
	"grandstand/session"
)

// WriteShared sends a slice of a feed.
func (w *webSocket) WriteShared(p []byte, cut func(n int) int) (n int, open bool) {
	return w.conn.WriteShared(p, cut)
}

// Gap tells the viewer what it missed.
func (w *webSocket) Gap(name string, from, to uint64) {
	w.Write(w.AppendMessage(nil, w.srv.native.AppendGap(nil, name, from, to)))
}

// Evict ends a viewer that fell off a room's log. It does not read now, so it
// is given as long as a silent one to read on, to the end of the record that
// its socket cut and to the close frame that says why.
func (w *webSocket) Evict(string) {
	r := session.AllReasons().Slow
	w.note(r)
	w.conn.Write(ws.AppendClose(nil, r.Code, r.Text)) //nolint:errcheck // Closed tells
	w.conn.CloseAfterFlushWithin(errEnded, w.srv.cfg.Silence)
}

// AppendMessage appends a message as a text frame.
func (w *webSocket) AppendMessage(dst, message []byte) []byte {
	return ws.AppendFrame(dst, ws.OpText, false, message)
}

// Write sends frames for this viewer alone.
func (w *webSocket) Write(p []byte) {
	if err := w.conn.Write(p); errors.Is(err, epoll.ErrBacklog) {
		w.note(session.AllReasons().Backlog)
	}
}

// Reconnect asks the viewer to go and come back later.
func (w *webSocket) Reconnect(after time.Duration) {
	w.Write(w.AppendMessage(nil, w.srv.native.AppendReconnect(nil, after.Milliseconds(), "")))
}

// End sends a close frame and closes once that is out: RFC 6455 7.1.1 lets
// the server close first.
func (w *webSocket) End(r session.Reason) {
	w.note(r)
	w.finish(r.Code, r.Text)
}

func (w *webSocket) finish(code uint16, text string) {
	w.conn.Write(ws.AppendClose(nil, code, text)) //nolint:errcheck // Closed tells
	w.conn.CloseAfterFlush(errEnded)
}

// Info names the carrier.
func (w *webSocket) Info() (name, peer string) { return "websocket", w.conn.Peer().String() }

// note keeps the first reason given for the end.
func (w *webSocket) note(r session.Reason) { note(&w.why, r) }

// reasons is the table in an order, so that a number can stand for one.
func reasons() [12]session.Reason {
	r := session.AllReasons()
	return [12]session.Reason{r.Left, r.Gone, r.Draining, r.Slow, r.Backlog, r.Silent, r.Kicked, r.Protocol, r.Flood, r.Overloaded, r.Handshake, r.Renewed}
}
