package protocol

import (
	"time"

	"grandstand/session"
)

// Engine is an Engine.IO session as the dialect above it sees it: one way to a
// client, whatever requests and sockets carry it meanwhile.
//
// Post may be called from anywhere, the other methods only within what was
// posted: what goes out is written in the turns of one shard.
type Engine interface {
	// SID is the session's id: 20 characters, 96 random bits.
	SID() string
	// Version is the Engine.IO protocol's: 3 or 4.
	Version() int
	// Handshake is the request that began it, made anew at each call. Only
	// within Dialect.Begin: who needs it later keeps it, few do.
	Handshake() *Handshake
	// Shard is where sessions on it belong.
	Shard() int
	// Post has f run within the shard, in the order of posting. The error is
	// an *session.Error with CodeBusy.
	Post(f func()) error
	// Form is how messages look on what carries it now.
	Form() Form
	// Send sends messages, as Form appended them, to this client alone, after
	// everything sent before. What cannot go out now is kept, up to a limit,
	// and beyond it the session ends.
	Send(p []byte)
	// WriteShared is room.Sink's, for records made of Form's messages. When it
	// reports that no more can be taken, the Talk's Ready is called later.
	WriteShared(p []byte, cut func(n int) int) (n int, open bool)
	// Gather has WriteShared keep what cannot go out now, up to the limit of
	// Send, while f runs: so that what is sent next stays behind it.
	Gather(f func())
	// Hold has the client wait with what it sends, as far as its carrier can
	// make it, until as many calls have had it go on. What is on its way
	// already still comes.
	Hold(on bool)
	// Writable reports whether what is sent now goes out now.
	Writable() bool
	// End closes the session: the client is told as the carrier can, and the
	// Talk's Closed follows, in a later turn.
	End(r session.Reason)
	// EndWithin closes it after a time, unless Stay with the same reason comes
	// first. The newest call counts.
	EndWithin(r session.Reason, after time.Duration)
	// Stay calls off an EndWithin.
	Stay(r session.Reason)
	// Info names the carrier and the other side.
	Info() (name, peer string)
}

// Form is how an engine's messages look on one kind of carrier, framing
// included. Engines of the same kind have the same Form, so that what is for
// many is encoded once: forms are compared by identity.
type Form interface {
	// Name labels feeds in this form.
	Name() string
	// Version is the Engine.IO protocol's: 3 or 4.
	Version() int
	// AppendText appends a text message. compress allows a carrier that can to
	// compress it.
	AppendText(dst, p []byte, compress bool) []byte
	// AppendBinary appends a binary message.
	AppendBinary(dst, p []byte, compress bool) []byte
}

// Dialect is what is spoken over Engine.IO: Socket.IO, or an application's
// messages as they are.
type Dialect interface {
	// Begin opens a conversation, within the engine's shard and before
	// anything is received.
	Begin(e Engine) Talk
}

// Talk is one conversation.
type Talk interface {
	// Receive takes a message, within the engine's shard, in order. p is the
	// Talk's to keep. An error ends the engine, as session.Reasons.Protocol, and
	// its text goes to clients that can be told: it must not quote the message.
	Receive(p []byte, binary bool) error
	// Ready says that the engine can take more again. It may be called from
	// any goroutine with locks held: it may only take note and wake.
	Ready()
	// Moved says that the engine's Form is another one now. Within the shard;
	// nothing shared was taken since the last message in the old one.
	Moved()
	// Closed ends the conversation: once, last, within the shard. r is Left also
	// for a WebSocket whose connection ended without a word, and Gone for a
	// carrier that failed: clients' names for the ends make that difference.
	Closed(r session.Reason)
}

// Handshake is the request with which an engine began.
type Handshake = session.Handshake
