package epoll

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

// cutAtEnd is a cut for bytes that are one record of size n.
func cutAtEnd(n int) func(int) int { return func(int) int { return n } }

// slowConfig makes short writes easy to get.
func slowConfig() Config {
	cfg := testConfig()
	cfg.SendBuffer = 8 << 10
	return cfg
}

const slowRcvbuf = 4 << 10

// TestCutAtEveryPosition lets the socket stop where it likes and moves the
// records instead: whatever the number of bytes left of the one that was cut, from
// 1 to a whole record, exactly those follow, and then a frame of Write.
func TestCutAtEveryPosition(t *testing.T) {
	const longest = 300
	var woken atomic.Int32
	_, c, client := accepted(t, slowConfig(), slowRcvbuf, &hooks{writable: func(*Conn) { woken.Add(1) }})
	body := pattern(1 << 20)
	for left := 1; left <= longest; left++ {
		end := 0
		n, open := c.WriteShared(body, func(k int) int {
			// Called again if the socket took what was left after all.
			if k < end {
				t.Fatalf("left %d: cut(%d) after %d", left, k, end)
			}
			end = k + left
			return end
		})
		if n != end || open {
			t.Fatalf("left %d: WriteShared = %d, %t, want %d, false", left, n, open, end)
		}
		if n, open := c.WriteShared(body, nil); n != 0 || open {
			t.Fatalf("left %d: WriteShared while pending = %d, %t, want 0, false", left, n, open)
		}
		pong := fmt.Sprintf("<pong %d>", left)
		if err := c.Write([]byte(pong)); err != nil {
			t.Fatal(err)
		}
		expect(t, client, string(body[:end])+pong)
		// Two calls reported open=false, one wake-up answers both.
		await(t, "Writable", func() bool { return woken.Load() == int32(left) })
	}
	if p := c.Pending(); p != 0 {
		t.Errorf("Pending() = %d, want 0", p)
	}
}

// TestFullAtRecordEnd: when the socket is full and the last record ended exactly
// there, cut is called with 0 and the next whole record is queued, as nothing else
// would have EPOLLOUT reported.
func TestFullAtRecordEnd(t *testing.T) {
	woken := make(chan struct{}, 1)
	_, c, client := accepted(t, slowConfig(), slowRcvbuf, &hooks{writable: func(*Conn) { woken <- struct{}{} }})
	record, total := pattern(100), 0
	atZero := 0
	for range 20 {
		for open := true; open; {
			var n int
			n, open = c.WriteShared(record, func(k int) int {
				if k == 0 {
					atZero++
				}
				return len(record)
			})
			total += n
		}
		if p := c.Pending(); p == 0 || p > len(record) {
			t.Fatalf("%d bytes pending, want 1 to %d", p, len(record))
		}
		for len(woken) == 0 && total > 0 {
			expect(t, client, string(record))
			total -= len(record)
		}
		receive(t, "Writable", woken)
	}
	for ; total > 0; total -= len(record) {
		expect(t, client, string(record))
	}
	if atZero == 0 {
		t.Error("the socket was never full at a record's end: the test shows nothing")
	}
}

// TestBadCut: a cut that is not after n cannot break anything but the pace.
func TestBadCut(t *testing.T) {
	for _, bad := range []int{-1, 0, 1 << 30} {
		woken := make(chan struct{}, 1)
		_, c, client := accepted(t, slowConfig(), slowRcvbuf, &hooks{writable: func(*Conn) { woken <- struct{}{} }})
		body := pattern(256 << 10)
		n, open := c.WriteShared(body, func(int) int { return bad })
		if n != len(body) || open {
			t.Fatalf("cut %d: WriteShared = %d, %t, want %d, false", bad, n, open, len(body))
		}
		expect(t, client, string(body))
		receive(t, "Writable", woken)
		if n, open := c.WriteShared(nil, nil); n != 0 || !open {
			t.Errorf("WriteShared of nothing = %d, %t, want 0, true", n, open)
		}
	}
}

// A test record is its length in 4 bytes, its kind, a number, a CRC of these and
// the body, and the body.
const recordHead = 4 + 1 + 4 + 4

func appendRecord(dst []byte, kind byte, seq uint32, body []byte) []byte {
	from := len(dst)
	dst = binary.BigEndian.AppendUint32(dst, uint32(recordHead+len(body)))
	dst = append(dst, kind)
	dst = binary.BigEndian.AppendUint32(dst, seq)
	sum := crc32.Update(crc32.ChecksumIEEE(dst[from:]), crc32.IEEETable, body)
	return append(binary.BigEndian.AppendUint32(dst, sum), body...)
}

// readRecord reads one record and checks it.
func readRecord(r io.Reader) (kind byte, seq uint32, err error) {
	var head [recordHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, 0, err
	}
	n := int(binary.BigEndian.Uint32(head[:])) - recordHead
	if n < 0 || n > 1<<20 {
		return 0, 0, fmt.Errorf("record of %d bytes", n)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return 0, 0, err
	}
	want := binary.BigEndian.Uint32(head[9:])
	if got := crc32.Update(crc32.ChecksumIEEE(head[:9]), crc32.IEEETable, body); got != want {
		return 0, 0, fmt.Errorf("record %d: checksum %x, want %x", binary.BigEndian.Uint32(head[5:]), got, want)
	}
	return head[4], binary.BigEndian.Uint32(head[5:]), nil
}

// feed is a log of records with their ends, as a room would have it.
type feed struct {
	bytes []byte
	ends  []int
}

func newFeed(records int, longest int) *feed {
	rng := rand.New(rand.NewPCG(3, 4))
	f := &feed{}
	body := pattern(longest)
	for i := range records {
		f.bytes = appendRecord(f.bytes, 'r', uint32(i), body[:rng.IntN(longest)])
		f.ends = append(f.ends, len(f.bytes))
	}
	return f
}

// cut returns a cut for bytes[from:].
func (f *feed) cut(from int) func(int) int {
	return func(k int) int {
		for _, end := range f.ends {
			if end > from+k {
				return end - from
			}
		}
		return len(f.bytes) - from
	}
}

// TestSlowReader: 5,000 records of varying size to a reader too slow for them,
// with pongs written at any time. No record and no pong may be broken.
func TestSlowReader(t *testing.T) {
	const pongs = 3000
	f := newFeed(5000, 1200)
	woken := make(chan struct{}, 1)
	g, c, client := accepted(t, slowConfig(), slowRcvbuf, &hooks{writable: func(*Conn) { woken <- struct{}{} }})
	var wg sync.WaitGroup
	wg.Go(func() {
		for cursor := 0; cursor < len(f.bytes); {
			n, open := c.WriteShared(f.bytes[cursor:], f.cut(cursor))
			cursor += n
			if !open {
				receive(t, "Writable", woken)
			}
		}
	})
	// Pongs are written as input would have them: as the client reads.
	var allowed atomic.Int32
	wg.Go(func() {
		for i := range int32(pongs) {
			if !holds(func() bool { return allowed.Load() > i }) {
				return
			}
			if err := c.Write(appendRecord(nil, 'p', uint32(i), []byte("pong"))); err != nil {
				t.Errorf("pong %d: %v", i, err)
				return
			}
		}
	})
	var next [256]uint32
	small := make([]byte, 700) // the receive buffer is emptied in small steps
	r := &stepReader{r: client, buf: small}
	for range len(f.ends) + pongs {
		kind, seq, err := readRecord(r)
		if err != nil {
			t.Fatalf("after %d records and %d pongs: %v", next['r'], next['p'], err)
		}
		if seq != next[kind] {
			t.Fatalf("%c %d, want %d", kind, seq, next[kind])
		}
		next[kind]++
		allowed.Add(1)
	}
	wg.Wait()
	s := g.Stats()
	t.Logf("%d short writes, %d wake-ups", s.ShortWrites, s.Wakeups)
	if s.ShortWrites < 50 || s.Wakeups < 50 {
		t.Errorf("%d short writes and %d wake-ups: the reader was not slow", s.ShortWrites, s.Wakeups)
	}
	if want := uint64(len(f.bytes) + pongs*(recordHead+4)); s.BytesWritten != want {
		t.Errorf("BytesWritten = %d, want %d", s.BytesWritten, want)
	}
}

// stepReader reads through a small buffer, so that the socket is emptied in steps.
type stepReader struct {
	r    io.Reader
	buf  []byte
	rest bytes.Buffer
}

func (s *stepReader) Read(p []byte) (int, error) {
	if s.rest.Len() == 0 {
		n, err := s.r.Read(s.buf)
		if n == 0 {
			return 0, err
		}
		s.rest.Write(s.buf[:n])
	}
	return s.rest.Read(p)
}
