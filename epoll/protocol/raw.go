package protocol

import (
	"time"

	"grandstand/session"
)

// RawEngine is the dialect of an application that takes messages of Engine.IO
// as they are.
type RawEngine struct {
	hub      *session.Hub
	handlers *session.RawHandlers
}

var _ Dialect = (*RawEngine)(nil)

// NewRawEngine returns the dialect of a path, whose handlers are the hub's.
func NewRawEngine(hub *session.Hub, path string) *RawEngine {
	return &RawEngine{hub: hub, handlers: hub.RawPath(path)}
}

// Begin opens a conversation.
func (d *RawEngine) Begin(e Engine) Talk {
	t := &rawTalk{engine: e}
	id, _ := session.ParseID(e.SID())
	if err := d.handlers.Open(d.hub, &t.raw, t, e.Shard(), id, e.Handshake()); err != nil {
		e.End(session.AllReasons().Overloaded)
	}
	return t
}

// rawTalk is one conversation, and the viewer's transport.
type rawTalk struct {
	raw    session.Raw
	engine Engine
}

var (
	_ Talk            = (*rawTalk)(nil)
	_ session.RawPeer = (*rawTalk)(nil)
)

// Receive takes a message.
func (t *rawTalk) Receive(p []byte, binary bool) error {
	if t.raw.Receive(p, binary) != nil {
		t.engine.End(session.AllReasons().Overloaded)
	}
	return nil
}

// Ready has nothing to go on with: what is sent is kept by the engine.
func (t *rawTalk) Ready() {}

// Moved changes nothing.
func (t *rawTalk) Moved() {}

// Closed ends the viewer. The end that an application wants has another name
// in Engine.IO than in Socket.IO.
func (t *rawTalk) Closed(r session.Reason) {
	text := reasonText(r)
	if text == serverClosed {
		text = "forced close"
	}
	t.raw.Gone(text)
}

// Raw is the viewer.
func (t *rawTalk) Raw() *session.Raw { return &t.raw }

// SendRaw sends a message.
func (t *rawTalk) SendRaw(p []byte, binary bool) {
	if binary {
		t.engine.Send(t.engine.Form().AppendBinary(nil, p, true))
		return
	}
	t.engine.Send(t.engine.Form().AppendText(nil, p, true))
}

// Hold has the client wait, or go on.
func (t *rawTalk) Hold(on bool) { t.engine.Hold(on) }

// ID is the session's.
func (t *rawTalk) ID() string { return t.raw.Session().ID() }

// WriteShared is never called: the viewer is in no room.
func (t *rawTalk) WriteShared(p []byte, _ func(n int) int) (n int, open bool) { return len(p), true }

// Gap is never called, likewise.
func (t *rawTalk) Gap(string, uint64, uint64) {}

// Evict is never called, likewise.
func (t *rawTalk) Evict(string) {}

// AppendMessage has nothing to append: the messages are the application's.
func (t *rawTalk) AppendMessage(dst, _ []byte) []byte { return dst }

// Write has nothing to write, likewise.
func (t *rawTalk) Write([]byte) {}

// Reconnect ends the connection after that time.
func (t *rawTalk) Reconnect(after time.Duration) {
	t.engine.EndWithin(session.AllReasons().Draining, after)
}

// End ends the connection.
func (t *rawTalk) End(r session.Reason) { t.engine.End(r) }

// Info names the carrier.
func (t *rawTalk) Info() (name, peer string) { return t.engine.Info() }
