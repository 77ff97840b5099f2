package load

// The states of a connection, in the order it lives them.
const (
	stateIdle     uint8 = iota // no socket
	stateConnects              // connect(2) is under way
	stateUpgrades              // the first request is sent
	stateOpen                  // frames flow, or polls follow one another
	stateLeaves                // we sent a close frame
)

const (
	// flagStalled: the viewer doesn't read.
	flagStalled uint8 = 1 << iota
	// flagQuiet: its deliveries are checked and counted, and not timed until it
	// is dialed again: it catches up with what came while it was stalled.
	flagQuiet
	// flagCounted: it has joined all its rooms once.
	flagCounted
	// flagSince: it was opened with a cursor to resume from.
	flagSince
	// flagAgain: the server will end the stream, for us to ask for another.
	flagAgain
	// flagPaused: the poll is asked again later.
	flagPaused
	// flagFramed: Socket.IO by polling has gone on to a WebSocket.
	flagFramed
	// flagUntimed: its deliveries are never timed.
	flagUntimed
)

// Conn is one viewer. Its memory is this struct, a slot per room, and, only
// while the last read cut a frame in two, the part that came.
type Conn struct {
	rest   []byte // the cut frame or message, or the start of the first answer
	lastID uint64 // everything up to here has been received, in all rooms
	cursor uint64 // of a long-poll: where the next one begins
	began  int64  // when connect(2) was due; then, when it was in its rooms; later, when the last ping left or, of Socket.IO, came
	chunk  chunks // of a stream: where its body is
	fd     int32
	awaits uint16 // rooms of the URL not yet confirmed
	epoch  uint16 // that lastID is of, see decoder
	state  uint8
	flags  uint8
}

// Ending says how a connection ended.
type Ending struct {
	Code   int    // what the server gave in its close frame or "end" message, 0 without one
	Reason string // its text
	Clean  bool   // we asked for it
	Err    error
}

// Viewer is a connection as a Script may see it.
type Viewer struct {
	Open    bool // frames flow
	Idle    bool // no socket
	Joined  bool // every room of its URL is confirmed
	Stalled bool
	LastID  uint64
	Began   int64
}
