package epoll

// Handler is what a Conn tells its owner.
//
// Data, Timeout and Closed of one Conn never run at once, and nothing is called
// after Closed. A panic in any method is recovered: it is logged with its stack,
// counted, and closes that Conn. All of them must be short: while one runs, the
// other Conns of its loop wait, and while Closed runs, those of all loops do.
type Handler interface {
	// Data is called on the Conn's loop with freshly read bytes. p is
	// borrowed: it may be modified, and is reused when Data returns.
	Data(c *Conn, p []byte)

	// Timeout is called on the loop's housekeeper when the time set by
	// SetTimeout is over.
	Timeout(c *Conn)

	// Writable is called once for every WriteShared that reported
	// open=false, when everything handed over has left the process, unless
	// Closed comes first. It may come before that WriteShared has returned.
	//
	// It is called from any goroutine with locks of the Conn held: it may only
	// take note (set a flag, enqueue, wake) and must call no method of Conn
	// that writes or closes.
	Writable(c *Conn)

	// Closed is called exactly once, last. err is what Close or
	// CloseAfterFlush was given, io.EOF if the peer ended the connection, or
	// the errno of a broken one.
	Closed(c *Conn, err error)
}
