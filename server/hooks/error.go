package hooks

import (
	"errors"
	"fmt"
)

// Why a call has no answer. Ask wraps them.
var (
	ErrFull   = errors.New("hooks: too many calls wait")
	ErrOpen   = errors.New("hooks: the application is down, the breaker is open")
	ErrLate   = errors.New("hooks: the deadline passed")
	ErrAnswer = errors.New("hooks: bad answer")
	ErrClosed = errors.New("hooks: closed")
)

// StatusError is a response that is no answer.
type StatusError struct {
	Status int // of HTTP
}

// Error names the status.
func (e *StatusError) Error() string { return fmt.Sprintf("hooks: answered with status %d", e.Status) }

// CodeDown is the code of the rejection that stands for a missing answer with
// when_down: deny.
const CodeDown = "hook_unavailable"
