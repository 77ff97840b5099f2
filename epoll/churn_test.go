package epoll

import (
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// targets are Conns, dead and alive, with the tag of the client they belong to.
type targets struct {
	mu  sync.Mutex
	all []target
}

type target struct {
	conn *Conn
	tag  uint32
}

func (s *targets) add(c *Conn, tag uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, target{c, tag})
}

// recent picks one of the last few hundred: most of them dead, and their
// descriptors likely in use again.
func (s *targets) recent(rng *rand.Rand) (target, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) == 0 {
		return target{}, false
	}
	last := min(len(s.all), 300)
	return s.all[len(s.all)-1-rng.IntN(last)], true
}

// TestDescriptorReuse connects and closes thousands of times while others keep
// writing to Conns whether closed or not. Every client checks that whatever
// reaches it bears its own tag.
func TestDescriptorReuse(t *testing.T) {
	const clients, rounds = 4, 500
	var conns targets
	g := openGroup(t, testConfig(), func(c *Conn) Handler {
		return &hooks{data: func(c *Conn, p []byte) {
			if len(p) == 4 {
				conns.add(c, binary.BigEndian.Uint32(p))
			}
		}}
	})
	stop := make(chan struct{})
	var hammers, visitors sync.WaitGroup
	for i := range uint64(3) {
		hammers.Go(func() { hammer(&conns, rand.New(rand.NewPCG(5, i)), stop) })
	}
	var foreign, checked atomic.Int64
	addr := g.Addrs()[0].String()
	for i := range uint32(clients) {
		visitors.Go(func() {
			for round := range uint32(rounds) {
				n, err := visit(addr, i<<24|round)
				checked.Add(int64(n))
				if err != nil {
					foreign.Add(1)
					t.Errorf("client %d, round %d: %v", i, round, err)
					return
				}
			}
		})
	}
	visitors.Wait()
	close(stop)
	hammers.Wait()
	await(t, "all to be closed", func() bool { return g.Stats().Open == 0 })
	t.Logf("%d connections, %d records checked", g.Stats().Closed, checked.Load())
	if checked.Load() < clients*rounds {
		t.Errorf("%d records, want at least one per connection", checked.Load())
	}
}

// hammer writes to Conns and now and then closes one, until stop.
func hammer(conns *targets, rng *rand.Rand, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		runtime.Gosched() // the clients share the CPUs
		to, ok := conns.recent(rng)
		if !ok {
			continue
		}
		record := appendRecord(nil, 'r', to.tag, make([]byte, rng.IntN(2000)))
		switch rng.IntN(50) {
		case 0:
			to.conn.Close(errBye)
		case 1:
			to.conn.CloseAfterFlush(errBye)
		case 2, 3, 4, 5:
			_ = to.conn.Write(record) // closed more often than not
		default:
			to.conn.WriteShared(record, cutAtEnd(len(record)))
		}
	}
}

// visit connects, says its tag, checks a few records and resets the connection.
// Being closed by the server is fine.
func visit(addr string, tag uint32) (records int, err error) {
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if tcp, ok := conn.(*net.TCPConn); ok && tag%2 == 0 {
		_ = tcp.SetLinger(0) // no TIME_WAIT, and a reset for the server to see
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return 0, err
	}
	if _, err := conn.Write(binary.BigEndian.AppendUint32(nil, tag)); err != nil {
		return 0, nil
	}
	for range 1 + tag%5 {
		kind, seq, err := readRecord(conn)
		var timeout net.Error
		switch {
		case errors.As(err, &timeout) && timeout.Timeout():
			return records, err
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &timeout):
			return records, nil // closed by a hammer
		case err != nil:
			return records, err
		case kind != 'r' || seq != tag:
			return records, errors.New("a record of someone else")
		}
		records++
	}
	return records, nil
}
