package load

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// peer is a server on a real socket that says to each viewer what a test wrote.
type peer struct {
	t      *testing.T
	ln     net.Listener
	accept string
	script func(n int, c net.Conn, rooms []string)                     // after the upgrade; the connection ends when it returns
	plain  func(n int, c net.Conn, r *bufio.Reader, req *http.Request) // instead, without an upgrade
	wg     sync.WaitGroup
	mu     sync.Mutex
	conns  []net.Conn
}

func newPeer(t *testing.T, script func(n int, c net.Conn, rooms []string)) *peer {
	t.Helper()
	return newPeerAs(t, acceptKey(), script, nil)
}

// newPeerAs proves itself with any accept key.
func newPeerAs(t *testing.T, accept string, script func(n int, c net.Conn, rooms []string), plain func(n int, c net.Conn, r *bufio.Reader, req *http.Request)) *peer {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{t: t, ln: ln, script: script, plain: plain, accept: accept}
	p.wg.Add(1)
	go p.serve() // stops: the listener is closed
	t.Cleanup(func() {
		_ = ln.Close()
		p.mu.Lock()
		for _, c := range p.conns {
			_ = c.Close()
		}
		p.mu.Unlock()
		p.wg.Wait()
	})
	return p
}

func (p *peer) serve() {
	defer p.wg.Done()
	for n := 0; ; n++ {
		c, err := p.ln.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.conns = append(p.conns, c)
		p.mu.Unlock()
		p.wg.Add(1)
		go func() { // stops: the script returns
			defer p.wg.Done()
			defer c.Close()
			r := bufio.NewReaderSize(c, 4096)
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			if p.plain != nil {
				p.plain(n, c, r, req)
				return
			}
			_, _ = fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: %s\r\n\r\n", p.accept)
			p.script(n, c, req.URL.Query()["room"])
		}()
	}
}

// joined is the answer to every room asked for.
func joined(c net.Conn, rooms []string) {
	for _, r := range rooms {
		_, _ = c.Write(serverFrame(opText, fmt.Sprintf(`{"type":"joined","room":%q,"cursor":"e-0","recovered":false,"viewers":1}`, r)))
	}
}

// numbered is the frame of event seq of room a, with id seq+1.
func numbered(seq uint32) []byte {
	return eventFrame("a", "e", uint64(seq)+1, string(AppendString(nil, 1, seq, 60)))
}

// fleet opens viewers at the peer and waits until they have joined.
func (p *peer) fleet(cfg Config) *Fleet {
	p.t.Helper()
	target, err := ParseTarget("ws://" + p.ln.Addr().String() + "/live/ws")
	if err != nil {
		p.t.Fatal(err)
	}
	cfg.Target, cfg.Sources = target.By(cfg.Transport), 4
	if cfg.Rooms == nil {
		cfg.Rooms = []string{"a"}
	}
	f, err := NewFleet(cfg)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(f.Close)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := f.Open(ctx, 0); err != nil {
		p.t.Fatal(err)
	}
	return f
}

// until waits for counters.
func until(t *testing.T, f *Fleet, ok func(Counters) bool) Counters {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := f.Wait(ctx, func(c Counters) (bool, error) { return ok(c), nil }); err != nil {
		t.Fatalf("%v; counters %+v, endings %v", err, f.Counters(), f.Endings())
	}
	return f.Counters()
}

// published is a ledger of n events of one room, with the ids 1 to n.
func published(n int) *Ledger {
	l := NewLedger(1)
	for i := range n {
		l.Add(0, fmt.Sprintf("e-%d", i+1))
	}
	return l
}

func TestFleetCountsWhatThePeerDoes(t *testing.T) {
	cut := numbered(1)
	for _, tt := range []struct {
		name  string
		sent  [][]byte
		want  Counters // Lost and Faults are compared
		ended int64
	}{
		{name: "all well", sent: [][]byte{numbered(0), numbered(1), numbered(2)}},
		{name: "one lost", sent: [][]byte{numbered(0), numbered(2)}, want: Counters{Lost: 1}},
		{name: "one twice", sent: [][]byte{numbered(0), numbered(1), numbered(1), numbered(2)},
			want: Counters{Faults: Faults{Duplicated: 1, IDOrder: 1}}},
		{name: "two swapped", sent: [][]byte{numbered(1), numbered(0), numbered(2)},
			want: Counters{Faults: Faults{Reordered: 1, IDOrder: 1}}},
		{name: "a frame cut short by the next", sent: [][]byte{numbered(0), cut[:40], numbered(2)}, ended: 1,
			want: Counters{Lost: 2, Faults: Faults{Broken: 2}}}, // the event, and then the framing
		{name: "closed inside a frame", sent: [][]byte{numbered(0), numbered(1), cut[:40], nil}, ended: 1, want: Counters{Lost: 1}},
		{name: "a frame with a hole", sent: [][]byte{numbered(0), append(append([]byte{}, cut[:70]...), append(cut[71:], '}')...), numbered(2)},
			want: Counters{Lost: 1, Faults: Faults{Broken: 1}}},
		{name: "another's room", sent: [][]byte{numbered(0), eventFrame("b", "e", 2, `"x"`), numbered(1), numbered(2)},
			want: Counters{Faults: Faults{Foreign: 1}}},
		{name: "garbage", sent: [][]byte{numbered(0), numbered(1), numbered(2), []byte("garbage")}, ended: 1,
			want: Counters{Faults: Faults{Broken: 1}}},
		{name: "not JSON", sent: [][]byte{numbered(0), numbered(1), numbered(2), serverFrame(opText, `{"type":`)},
			want: Counters{Faults: Faults{Broken: 1}}},
		{name: "a fragmented event", sent: [][]byte{numbered(0), fragments(cut), numbered(2)}},
		{name: "a gap that fits", sent: [][]byte{numbered(0), serverFrame(opText, `{"type":"gap","room":"a","from":"e-1","to":"e-2"}`), numbered(2)}},
		{name: "a gap that lies", sent: [][]byte{numbered(0), serverFrame(opText, `{"type":"gap","room":"a","from":"e-1","to":"e-3"}`), numbered(2)},
			want: Counters{Faults: Faults{BadGaps: 1}}},
		{name: "the past of a room", sent: [][]byte{numbered(0), serverFrame(opText,
			`{"type":"history","room":"a","events":[{"id":"e-2","event":"chat","data":`+string(AppendString(nil, 1, 1, 60))+`}]}`), numbered(2)}},
		{name: "closed early", sent: [][]byte{numbered(0), serverFrame(opClose, "\x0f\xa2slow")}, ended: 1, want: Counters{Lost: 2}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			begin, hold := make(chan struct{}), make(chan struct{})
			defer close(hold)
			p := newPeer(t, func(_ int, c net.Conn, rooms []string) {
				joined(c, rooms)
				<-begin
				for _, f := range tt.sent {
					if f == nil {
						return
					}
					for i := range f { // byte by byte: every place a read can end
						_, _ = c.Write(f[i : i+1])
					}
				}
				_, _ = c.Write(serverFrame(opPing, "end"))
				<-hold
			})
			f := p.fleet(Config{Conns: 1})
			close(begin)
			until(t, f, func(c Counters) bool { return c.Pings == 1 || c.Ended == 1 })
			f.Settle(published(3), Everyone)
			got := f.Counters()
			if got.Lost != tt.want.Lost || got.Faults != tt.want.Faults || got.Ended != tt.ended {
				t.Errorf("lost %d, faults %+v, ended %d, want %d, %+v, %d", got.Lost, got.Faults, got.Ended, tt.want.Lost, tt.want.Faults, tt.ended)
			}
		})
	}
}

// fragments cuts a frame into three of the same message, with a ping between.
func fragments(frame []byte) []byte {
	p := string(frame[2:])
	if frame[1] == 126 {
		p = string(frame[4:])
	}
	first, rest := serverFrame(opText, p[:10]), serverFrame(opContinue, p[10:20])
	first[0] &^= 0x80
	rest[0] &^= 0x80
	out := append(first, serverFrame(opPong, "")...)
	return append(append(out, rest...), serverFrame(opContinue, p[20:])...)
}

func TestPingsAreAnswered(t *testing.T) {
	got := make(chan string, 1)
	p := newPeer(t, func(_ int, c net.Conn, rooms []string) {
		joined(c, rooms)
		_, _ = c.Write(serverFrame(opPing, "are you there"))
		b := make([]byte, 2+4+len("are you there"))
		if _, err := io.ReadFull(c, b); err != nil {
			got <- err.Error()
			return
		}
		for i := range b[6:] {
			b[6+i] ^= b[2+i%4]
		}
		got <- fmt.Sprintf("%x %s", b[0], b[6:])
		_, _ = io.Copy(io.Discard, c)
	})
	p.fleet(Config{Conns: 1})
	if s := <-got; s != "8a are you there" {
		t.Errorf("the peer read %q, want a masked pong", s)
	}
}

func TestOpenTellsWhatIsWrong(t *testing.T) {
	for _, tt := range []struct {
		name, accept string
		script       func(n int, c net.Conn, rooms []string)
		want         string
	}{
		{name: "another's accept key", accept: "AAAA", want: "Sec-WebSocket-Accept"},
		{name: "closed at once", want: "closed without a close frame"},
		{name: "refused by close frame", want: "ended with 4003", script: func(_ int, c net.Conn, _ []string) {
			_, _ = c.Write(serverFrame(opClose, "\x0f\xa3full"))
			_, _ = io.Copy(io.Discard, c)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.script == nil {
				tt.script = func(int, net.Conn, []string) {}
			}
			accept := acceptKey()
			if tt.accept != "" {
				accept = tt.accept
			}
			p := newPeerAs(t, accept, tt.script, nil)
			target, err := ParseTarget("ws://" + p.ln.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			f, err := NewFleet(Config{Target: target, Rooms: []string{"a"}, Conns: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			err = f.Open(ctx, 0)
			if err == nil || !strings.Contains(err.Error(), tt.want) && !strings.Contains(fmt.Sprint(f.Endings()), tt.want) {
				t.Errorf("Open: %v, endings %v, want %q", err, f.Endings(), tt.want)
			}
		})
	}
}
