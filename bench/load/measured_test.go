package load

import (
	"io"
	"net"
	"testing"
	"time"
)

// TestWhoIsTimedAfterAReconnect: a viewer that was stalled begins anew when it is
// dialed again; one that is never to be timed stays so.
func TestWhoIsTimedAfterAReconnect(t *testing.T) {
	p := newPeer(t, func(_ int, c net.Conn, rooms []string) {
		joined(c, rooms)
		_, _ = io.Copy(io.Discard, c)
	})
	f := p.fleet(Config{Conns: 2})
	l := f.Loops[0]
	var once, never uint8
	l.Do(func() {
		l.Stall(0)
		l.Quiet(1)
		for ci := range l.Conns() {
			l.Hangup(ci, true)
			l.Dial(ci, []string{"a"}, "")
		}
		const untimed = flagStalled | flagQuiet | flagUntimed
		once, never = l.conns[0].flags&untimed, l.conns[1].flags&untimed
	})
	if once != 0 || never != flagUntimed {
		t.Errorf("flags of who was stalled %b, of who is never timed %b, want 0 and %b", once, never, flagUntimed)
	}
}

// TestMoreLoopsThanViewers: an event is done when every viewer has it, whatever
// loops have no viewer.
func TestMoreLoopsThanViewers(t *testing.T) {
	start := make(chan struct{})
	p := newPeer(t, func(_ int, c net.Conn, rooms []string) {
		joined(c, rooms)
		<-start
		_, _ = c.Write(numbered(0))
		_, _ = io.Copy(io.Discard, c)
	})
	f := p.fleet(Config{Conns: 2, Loops: 5})
	f.Track(make(chan struct{}, 1))
	close(start)
	until(t, f, func(Counters) bool { return f.Done() == 1 })
}

// TestEventsOfOthersAreMeasured: where nobody of ours publishes, what comes is what
// there is to count, by every protocol.
func TestEventsOfOthersAreMeasured(t *testing.T) {
	for _, tt := range []struct {
		way        Transport
		open, says []string
	}{
		{WebSocket, nil, []string{`{"type":"event","room":"a","id":"e-1","event":"chat","data":"hi"}`, `{"type":"event","room":"a","id":"e-2","event":"chat","data":"ho"}`}},
		{SocketIO, []string{openPacket, connected}, []string{`42/arena,["chat","hi"]`, `42/arena,["chat","ho"]`}},
	} {
		for _, all := range []bool{false, true} {
			first, second := make(chan struct{}), make(chan struct{})
			p := newPeer(t, func(_ int, c net.Conn, rooms []string) {
				if tt.open == nil {
					joined(c, rooms)
				}
				for _, s := range tt.open {
					_, _ = c.Write(serverFrame(opText, s))
				}
				<-first
				_, _ = c.Write(serverFrame(opText, tt.says[0]))
				<-second
				_, _ = c.Write(serverFrame(opText, tt.says[1]))
				_, _ = io.Copy(io.Discard, c)
			})
			f := p.fleet(Config{Conns: 1, Transport: tt.way, Namespace: space, Dialect: Dialect{Any: all}})
			close(first)
			until(t, f, func(c Counters) bool { return c.Unstamped == 1 })
			f.Measure(f.Clock.Now())
			close(second)
			c := until(t, f, func(c Counters) bool { return c.Unstamped == 2 })
			if all && (c.Delivered != 2 || c.Measured != 1) || !all && c.Delivered+c.Measured != 0 {
				t.Errorf("%s, all %t: %d delivered, %d of them measured, want 2 and 1, or none", tt.way, all, c.Delivered, c.Measured)
			}
		}
	}
}

// TestComplaintsOfAClientThatPublishes: what the server answers to it is told.
func TestComplaintsOfAClientThatPublishes(t *testing.T) {
	p := newPeer(t, func(_ int, c net.Conn, rooms []string) {
		joined(c, rooms)
		_ = clientText(c)
		_, _ = c.Write(serverFrame(opText, `{"type":"error","code":"forbidden","message":"viewers don't publish"}`))
		_, _ = io.Copy(io.Discard, c)
	})
	f := p.fleet(Config{Conns: 1})
	by, err := f.OpenPublisher(Publishing{To: PublishClient})
	if err != nil {
		t.Fatal(err)
	}
	defer by.Close()
	if err := by.Publish([]Draft{{Event: "x", Size: 30}}); err != nil {
		t.Fatal(err)
	}
	const want = "error forbidden: viewers don't publish"
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(10 * time.Second); by.Complaints()[want] == 0; <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("complaints %v, want %q", by.Complaints(), want)
		}
	}
}

// TestPublishAtAnAddressOfIPv6: fasthttp keeps to IPv4 unless it is told.
func TestPublishAtAnAddressOfIPv6(t *testing.T) {
	for address, want := range map[string]string{"http://[::1]": "[::1]:80", "http://[::1]:90/x": "[::1]:90", "http://localhost": "localhost:80"} {
		c, err := newCaller(address, nil)
		if err != nil || c.client.Addr != want || !c.client.DialDualStack {
			t.Errorf("newCaller(%q) = %+v, %v, want %s by either protocol", address, c, err, want)
		}
	}
}
