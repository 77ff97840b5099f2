package load

// Script takes part in a run on the thread of a loop: it may call the methods of
// that loop directly and must not block.
type Script interface {
	// Tick is called about every 5 ms.
	Tick(l *Loop, now int64)
	// Message is called for everything but events. m is borrowed.
	Message(l *Loop, ci int, m *Message)
	// Closed is called once for each connection that ends after connect(2)
	// was called; the descriptor is closed already.
	Closed(l *Loop, ci int, how Ending)
}

// Ponger is a Script that wants the server's pong messages without their
// being decoded: there may be a hundred thousand a second.
type Ponger interface {
	Pong(l *Loop, ci int, now int64)
}

// Idle is the Script that does nothing.
type Idle struct{}

// Tick does nothing.
func (Idle) Tick(*Loop, int64) {}

// Message does nothing.
func (Idle) Message(*Loop, int, *Message) {}

// Closed does nothing.
func (Idle) Closed(*Loop, int, Ending) {}

var _ Script = Idle{}
