package agent

import (
	"bufio"
	"net"
	"sync"
	"time"
)

// stall is how long a peer may take to accept what is written to it.
const stall = 30 * time.Second

// talk is a connection as frames. Any goroutine may send; one reads.
type talk struct {
	conn net.Conn
	in   *bufio.Reader

	mu  sync.Mutex // held for each write
	out []byte
}

func newTalk(c net.Conn) *talk { return &talk{conn: c, in: bufio.NewReader(c)} }

// send writes one frame whole.
func (c *talk) send(f frame, v any) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, err := appendFrame(c.out[:0], f, v)
	if err != nil {
		return err
	}
	const large = 1 << 20
	if cap(p) <= large {
		c.out = p
	}
	if err := c.conn.SetWriteDeadline(time.Now().Add(stall)); err != nil {
		return err
	}
	_, err = c.conn.Write(p)
	return err
}
