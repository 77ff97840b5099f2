package agent

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"grandstand/bench/limit"
	"grandstand/bench/load"
)

const secret = "as it should be"

// serve runs an agent for the length of a test; end ends it early.
func serve(t *testing.T, change func(*Server)) (addr string, end func()) {
	t.Helper()
	s, err := Listen("127.0.0.1:0", secret, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(s)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }() // stops: cancel
	end = func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		done <- nil
	}
	t.Cleanup(end)
	return s.Addr().String(), end
}

// house runs the bare server and says where viewers and publishers go.
func house(t *testing.T) (target load.Target, publish string) {
	t.Helper()
	anyPort := netip.MustParseAddrPort("127.0.0.1:0")
	s, err := limit.New(limit.Config{Listen: anyPort, Control: anyPort, Batch: 1})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan limit.Counts)
	go func() { done <- s.Run(ctx) }() // stops: cancel
	t.Cleanup(func() { cancel(); <-done })
	target, err = load.ParseTarget("ws://" + s.Addr().String() + "/live/ws")
	if err != nil {
		t.Fatal(err)
	}
	return target, "http://" + s.Control().String()
}

func clock(t *testing.T) load.Clock {
	t.Helper()
	c, err := load.NewClock()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAFleetElsewhereIsAFleet(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Server)
		shared bool
	}{
		{"on this machine", nil, true},
		{"on another, whose clock is an hour behind", func(s *Server) { s.machine, s.skew = "elsewhere", -time.Hour }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			addr, _ := serve(t, tt.change)
			target, publish := house(t)
			now := clock(t)
			h, err := Dial(t.Context(), addr, secret, now)
			if err != nil {
				t.Fatal(err)
			}
			defer h.Close()
			if h.Here() != tt.shared || !tt.shared && (h.Clock.Ahead-time.Hour).Abs() > h.Clock.Error+time.Millisecond {
				t.Errorf("clock %+v, want it shared: %t", h.Clock, tt.shared)
			}
			if u, err := h.Usage(); err != nil || u.RSS <= 0 {
				t.Errorf("usage %+v, %v", u, err)
			}
			rooms := []string{"bench"}
			f, err := h.Fleet(t.Context(), load.Config{Target: target, Rooms: rooms, Conns: 20, Loops: 2, First: 100})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			play(t, f, publish, rooms, now)
		})
	}
}

// play publishes ten events to 20 viewers and looks at what the fleet says.
func play(t *testing.T, f *Fleet, publish string, rooms []string, now load.Clock) {
	t.Helper()
	if err := f.Open(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	p, err := load.NewPublisher(publish, "", rooms, now)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	f.Measure(now.Now())
	news := make(chan struct{}, 1)
	f.Track(news)
	for range 10 {
		if err := p.Publish([]load.Draft{{Event: "x", Size: 64, Due: now.Now()}}); err != nil {
			t.Fatal(err)
		}
	}
	late := time.After(5 * time.Second)
	for f.Done() < 10 {
		select {
		case <-news:
		case <-late:
			t.Fatalf("%d events done, want 10; %+v, %v", f.Done(), f.Counters(), f.Err())
		}
	}
	asked := map[int]bool{}
	f.Settle(p.Ledger, func(viewer int, open bool) bool { asked[viewer] = true; return open })
	if !asked[100] || !asked[119] || asked[99] || asked[120] {
		t.Errorf("asked about viewers %v, want 100 to 119", asked)
	}
	c := f.Counters()
	if c.Joined != 20 || c.Live != 20 || c.Delivered != 200 || c.Measured != 200 || c.Lost != 0 || c.Faults.Total() != 0 {
		t.Errorf("counters %+v, want 200 deliveries to 20 viewers", c)
	}
	if s, err := f.Latency().Summary(); err != nil || s.Count != 200 || s.Max <= 0 || s.Max > 2000 {
		t.Errorf("latency %+v, %v, want 200 of less than 2 s", s, err)
	}
	if n := f.Connects().Count(); n != 20 {
		t.Errorf("%d connects, want 20", n)
	}
	if f.CPU() <= 0 || len(f.Endings()) != 0 {
		t.Errorf("CPU %s, endings %v", f.CPU(), f.Endings())
	}
	f.Hangup()
	if c := f.Counters(); c.Live != 0 {
		t.Errorf("%d viewers after Hangup", c.Live)
	}
}

func TestWhatDoesNotWorkOutIsAnAnswer(t *testing.T) {
	addr, _ := serve(t, nil)
	h, err := Dial(t.Context(), addr, secret, clock(t))
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	nobody, err := load.ParseTarget("ws://127.0.0.1:1/")
	if err != nil {
		t.Fatal(err)
	}
	f, err := h.Fleet(t.Context(), load.Config{Target: nobody, Rooms: []string{"a"}, Conns: 3, Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Open(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "connection refused") || f.Err() != nil {
		t.Errorf("open where nobody listens: %v, connection %v; want a refusal and the connection whole", err, f.Err())
	}
	if _, err := h.Fleet(t.Context(), load.Config{Target: nobody, Rooms: []string{"a"}, Conns: 1 << 20, Loops: 1}); err == nil || !strings.Contains(err.Error(), "open files") {
		t.Errorf("more viewers than files: %v, want how many files are needed", err)
	}
}

func TestAnAgentThatIsLost(t *testing.T) {
	addr, end := serve(t, nil)
	target, _ := house(t)
	h, err := Dial(t.Context(), addr, secret, clock(t))
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	f, err := h.Fleet(t.Context(), load.Config{Target: target, Rooms: []string{"a"}, Conns: 3, Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Open(t.Context(), 0); err != nil || f.Counters().Joined != 3 {
		t.Fatalf("open: %v, %+v", err, f.Counters())
	}
	end()
	c := f.Counters()
	if err := f.Err(); err == nil || !strings.Contains(err.Error(), "lost") || c.Joined != 3 {
		t.Errorf("error %v, counters %+v; want that it is lost, and what was known", err, c)
	}
	if ends := f.Endings(); len(ends) != 1 {
		t.Errorf("endings %v, want the loss", ends)
	}
	if _, err := h.Usage(); err == nil {
		t.Error("usage of an agent that is gone")
	}
}

func TestStrangersAreTurnedAway(t *testing.T) {
	if _, err := Listen("127.0.0.1:0", "short", t.Logf); !errors.Is(err, errNoToken) {
		t.Errorf("an agent with a token of 5 bytes: %v", err)
	}
	addr, _ := serve(t, nil)
	if _, err := Dial(t.Context(), addr, "something else", clock(t)); err == nil || !strings.Contains(err.Error(), "wrong token") {
		t.Errorf("dial with another token: %v", err)
	}
	if _, err := Dial(t.Context(), addr, "", clock(t)); !errors.Is(err, errNoToken) {
		t.Errorf("dial without a token: %v", err)
	}
	for _, tt := range []struct {
		name string
		say  hello
		want string
	}{
		{"no proof", hello{Version: version, Nonce: newNonce()}, "wrong token"},
		{"another version", hello{Version: 99}, "version"},
		{"a short nonce", hello{Version: version, Nonce: []byte("x"), Proof: prove(secret, sideLead, nil, []byte("x"))}, "wrong token"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := raw(t, addr)
			if _, err := c.greeted(); err != nil {
				t.Fatal(err)
			}
			if err := c.send(frame{Verb: "hello"}, tt.say); err != nil {
				t.Fatal(err)
			}
			turnedAway(t, c, tt.want)
		})
	}
	t.Run("a proof sent back", func(t *testing.T) {
		// Who shows the agent its own kind of proof doesn't know the token.
		c := raw(t, addr)
		h, err := c.greeted()
		if err != nil {
			t.Fatal(err)
		}
		own := newNonce()
		_ = c.send(frame{Verb: "hello"}, hello{Version: version, Nonce: own, Proof: prove(secret, sideAgent, h.Nonce, own)})
		turnedAway(t, c, "wrong token")
	})
	t.Run("HTTP", func(t *testing.T) {
		c := raw(t, addr)
		_, _ = c.greeted()
		_, _ = io.WriteString(c.conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		turnedAway(t, c, "bad frame")
	})
}

// raw opens a connection that the test speaks on by itself.
func raw(t *testing.T, addr string) *talk {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	return newTalk(c)
}

// turnedAway wants an error, and then the end.
func turnedAway(t *testing.T, c *talk, want string) {
	t.Helper()
	f, err := readFrame(c.in, maxFrame)
	if err != nil || f.ID != 0 || !strings.Contains(f.Error, want) {
		t.Errorf("the agent says %+v, %v, want an error with %q", f, err, want)
	}
	if f, err := readFrame(c.in, maxFrame); err == nil {
		t.Errorf("behind the error comes %+v, want the end", f)
	}
}

func TestMisuseEndsTheConnection(t *testing.T) {
	addr, _ := serve(t, nil)
	target, _ := house(t)
	good := load.Config{Target: target, Rooms: []string{"a"}, Conns: 3, Loops: 1}
	with := func(change func(*load.Config)) load.Config { c := good; change(&c); return c }
	type line struct {
		verb string
		body any
	}
	for _, tt := range []struct {
		name  string
		fleet bool // there is one already
		say   line
		want  string
	}{
		{"unknown verb", true, line{"dance", nil}, "unknown verb"},
		{"viewers that are not there", false, line{verbOpen, opening{}}, "out of turn"},
		{"a second fleet", true, line{verbFleet, good}, "out of turn"},
		{"no viewers", false, line{verbFleet, with(func(c *load.Config) { c.Conns = 0 })}, "0 viewers"},
		{"too many viewers", false, line{verbFleet, with(func(c *load.Config) { c.Conns = 1 << 30 })}, "1073741824 viewers"},
		{"no rooms", false, line{verbFleet, with(func(c *load.Config) { c.Rooms = nil })}, "0 rooms"},
		{"not a configuration", false, line{verbFleet, []int{1}}, "fleet"},
		{"a member nobody knows", false, line{verbFleet, map[string]int{"Bribe": 1}}, "Bribe"},
		{"no body", true, line{verbMeasure, nil}, "measure"},
		{"books of other viewers", true, line{verbSettle, closing{IDs: [][]uint64{{1}}, Last: []int64{1}, Open: make([]byte, 9), Gone: []byte{0}}}, "settle for 3 viewers"},
		{"books of other rooms", true, line{verbSettle, closing{Open: []byte{0}, Gone: []byte{0}}}, "settle for 3 viewers"},
		{"books without times", true, line{verbSettle, closing{IDs: [][]uint64{{1}}, Open: []byte{0}, Gone: []byte{0}}}, "1 lists and 0 times"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := raw(t, addr)
			if _, err := greet(c, secret); err != nil {
				t.Fatal(err)
			}
			if tt.fleet {
				if err := c.send(frame{ID: 1, Verb: verbFleet}, good); err != nil {
					t.Fatal(err)
				}
				if f, err := readFrame(c.in, maxFrame); err != nil || f.Error != "" {
					t.Fatalf("fleet: %+v, %v", f, err)
				}
			}
			if err := c.send(frame{ID: 2, Verb: tt.say.verb}, tt.say.body); err != nil {
				t.Fatal(err)
			}
			turnedAway(t, c, tt.want)
		})
	}
}

func TestAnAgentThatIsSomethingElse(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() { // stops: the listener is closed
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(c, "SSH-2.0-OpenSSH\r\n")
			_, _ = bufio.NewReader(c).ReadString('\n')
			_ = c.Close()
		}
	}()
	if _, err := Dial(t.Context(), ln.Addr().String(), secret, clock(t)); err == nil || !strings.Contains(err.Error(), "bad frame") {
		t.Errorf("dial of a secure shell: %v, want a bad frame", err)
	}
}
