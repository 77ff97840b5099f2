package epoll

import (
	"fmt"
	"strings"
	"time"
)

const (
	// refuseWait is how long a refused client may take to send something. It
	// is answered then, and not at once: an HTTP client takes an answer that
	// comes before its request for a broken connection, and tries again.
	refuseWait = time.Second

	// retryAfter is the seconds a refused client is asked to wait.
	retryAfter = 5
)

// refusal is the Handler of connections over a limit: it answers the first bytes,
// whatever they are, and ends. It knows nothing of its Conns, so there is one for
// each limit.
type refusal struct {
	answer []byte
}

var _ Handler = (*refusal)(nil)

// newRefusal builds the answer once.
func newRefusal(status, code, message string) *refusal {
	body := fmt.Sprintf(`{"error":{"code":%q,"message":%q,"retry_after":%d}}`, code, message, retryAfter)
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %s\r\n", status)
	b.WriteString("Content-Type: application/json\r\nCache-Control: no-store\r\nConnection: close\r\n")
	fmt.Fprintf(&b, "Retry-After: %d\r\nContent-Length: %d\r\n\r\n%s", retryAfter, len(body), body)
	return &refusal{answer: []byte(b.String())}
}

// Data implements Handler.
func (r *refusal) Data(c *Conn, _ []byte) {
	// The answer is smaller than any send buffer, and an error closes anyway.
	_ = c.Write(r.answer)
	c.CloseAfterFlush(errRefused)
}

// Timeout implements Handler.
func (r *refusal) Timeout(c *Conn) { c.Close(errRefused) }

// Writable implements Handler; nothing is written with WriteShared.
func (r *refusal) Writable(*Conn) {}

// Closed implements Handler.
func (r *refusal) Closed(*Conn, error) {}
