package epoll

import "errors"

var (
	// ErrClosed is returned by Write after the Conn was closed, or told to
	// close by CloseAfterFlush. Closed gets it when the Group itself ends.
	ErrClosed = errors.New("epoll: closed")

	// ErrBacklog ends a Conn for which Write would queue more than MaxPending.
	ErrBacklog = errors.New("epoll: too much pending output")

	// ErrPanic ends a Conn whose Handler panicked. The stack is in the log.
	ErrPanic = errors.New("epoll: handler panicked")

	// errRefused ends a connection that was over a limit.
	errRefused = errors.New("epoll: over the connection limit")

	// errNoHandler ends a connection whose accept returned no Handler.
	errNoHandler = errors.New("epoll: no handler")
)
