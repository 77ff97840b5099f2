package load

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestHowSocketIOEnds(t *testing.T) {
	text := func(p string) []byte { return serverFrame(opText, p) }
	for _, tt := range []struct {
		name   string
		frame  []byte // by WebSocket
		answer string // by polling
		want   string
		broken int64
	}{
		{name: "close packet", frame: text("1"), answer: string(ok200("1")), want: "closed by a close packet"},
		{name: "disconnected", frame: text("41/arena,"), answer: string(ok200("6\x1e41/arena")), want: "disconnected from the namespace"},
		{name: "opened twice, badly", frame: text(`0{"sid":""}`), answer: string(ok200(`0{"sid":"x","pingInterval":0}`)), want: "open packet", broken: 1},
		{name: "close frame without status", frame: serverFrame(opClose, ""), want: "closed without a close frame"},
		{name: "too large", frame: serverFrame(opClose, "\x03\xf1"), want: "ended with 1009"},
		{name: "garbage", frame: []byte("garbage"), answer: "garbage\r\n\r\n", want: "load: ", broken: 1},
		{name: "unknown session", answer: "HTTP/1.1 400 Bad Request\r\nContent-Length: 41\r\n\r\n" + `{"code":1,"message":"Session ID unknown"}`, want: `request answered 400: {"code":1`},
		{name: "no length", answer: "HTTP/1.1 200 OK\r\n\r\n", want: "without Content-Length", broken: 1},
		{name: "poll left waiting", answer: "H", want: "closed inside an answer"},
	} {
		for _, way := range []Transport{SocketIO, SocketIOPolling} {
			sent := string(tt.frame)
			if way == SocketIOPolling {
				sent = tt.answer
			}
			if sent == "" {
				continue
			}
			begin := make(chan struct{})
			f := endingPeer(t, way, begin, sent).fleet(Config{Conns: 1, Transport: way, Namespace: space})
			close(begin)
			c := until(t, f, func(c Counters) bool { return c.Ended == 1 })
			if ends := fmt.Sprint(f.Endings()); !strings.Contains(ends, tt.want) || c.Broken != tt.broken {
				t.Errorf("%s/%s: ended %s, %d broken, want %q, %d", tt.name, way, ends, c.Broken, tt.want, tt.broken)
			}
		}
	}
}

// endingPeer connects a viewer, waits for begin, says something and hangs up.
func endingPeer(t *testing.T, way Transport, begin <-chan struct{}, sent string) *peer {
	t.Helper()
	if way == SocketIO {
		return newPeer(t, func(_ int, c net.Conn, _ []string) {
			_, _ = c.Write(serverFrame(opText, openPacket))
			_, _ = c.Write(serverFrame(opText, connected))
			<-begin
			_, _ = io.WriteString(c, sent)
			_ = c.(*net.TCPConn).CloseWrite()
			_, _ = io.Copy(io.Discard, c)
		})
	}
	return newPeerAs(t, "", nil, func(_ int, c net.Conn, r *bufio.Reader, _ *http.Request) {
		for _, body := range []string{openPacket, "ok", connected} {
			_, _ = c.Write(ok200(body))
			if req, err := http.ReadRequest(r); err == nil {
				_, _ = io.Copy(io.Discard, req.Body)
			}
		}
		<-begin
		_, _ = io.WriteString(c, sent)
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, r)
	})
}

func TestRefusedSocketIO(t *testing.T) {
	for _, tt := range []struct {
		name string
		way  Transport
		says []string
		want string
	}{
		{name: "no such namespace", way: SocketIO, says: []string{openPacket, `44/arena,{"message":"Invalid namespace"}`}, want: `namespace refused: {"message":"Invalid namespace"}`},
		{name: "no such namespace", way: SocketIOPolling, says: []string{openPacket, "ok", `44/arena,{"message":"Invalid namespace"}`}, want: `namespace refused: {"message":"Invalid namespace"}`},
		{name: "no open packet", way: SocketIOPolling, says: []string{"6"}, want: "want the open packet"},
		{name: "not ok", way: SocketIOPolling, says: []string{openPacket, "no"}, want: `POST answered "no", want ok`},
		{name: "an open packet of nothing", way: SocketIO, says: []string{"0"}, want: "open packet"},
	} {
		var plain func(n int, c net.Conn, r *bufio.Reader, req *http.Request)
		if tt.way == SocketIOPolling {
			plain = func(_ int, c net.Conn, r *bufio.Reader, _ *http.Request) {
				for _, s := range tt.says {
					_, _ = c.Write(ok200(s))
				}
				_, _ = io.Copy(io.Discard, r)
			}
		}
		p := newPeerAs(t, acceptKey(), func(_ int, c net.Conn, _ []string) {
			for _, s := range tt.says {
				_, _ = c.Write(serverFrame(opText, s))
			}
			_, _ = io.Copy(io.Discard, c)
		}, plain)
		if got := refusal(t, p, tt.way); !strings.Contains(got, tt.want) {
			t.Errorf("%s/%s: %s, want %q", tt.name, tt.way, got, tt.want)
		}
	}
}

func TestSocketIOPingsAreAnswered(t *testing.T) {
	got := make(chan string, 2)
	ws := newPeer(t, func(_ int, c net.Conn, _ []string) {
		_, _ = c.Write(serverFrame(opText, openPacket))
		_ = clientText(c)
		_, _ = c.Write(append(serverFrame(opText, connected), serverFrame(opText, "2")...))
		got <- clientText(c)
		_, _ = io.Copy(io.Discard, c)
	})
	ws.fleet(Config{Conns: 1, Transport: SocketIO, Namespace: space})
	if s := <-got; s != "3" {
		t.Errorf("by WebSocket a ping was answered with %q, want 3", s)
	}
	// By polling with the CONNECT packet, when that is due as well.
	poll := newPeerAs(t, "", nil, func(_ int, c net.Conn, r *bufio.Reader, _ *http.Request) {
		_, _ = c.Write(ok200(openPacket + "\x1e2"))
		for _, answer := range []string{"ok", connected + "\x1e2", "ok", "6"} {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			if req.Method == http.MethodPost {
				body, _ := io.ReadAll(req.Body)
				got <- string(body)
			}
			_, _ = c.Write(ok200(answer))
		}
		_, _ = io.Copy(io.Discard, r)
	})
	poll.fleet(Config{Conns: 1, Transport: SocketIOPolling, Namespace: space})
	for _, want := range []string{`40/arena,{"rooms":["a"]}` + "\x1e3", "3"} {
		if s := <-got; s != want {
			t.Errorf("by polling %q was posted, want %q", s, want)
		}
	}
}

// TestSocketIOPollsMoveOn has a server close the connection behind each answer.
func TestSocketIOPollsMoveOn(t *testing.T) {
	var mu sync.Mutex // guards what follows
	var asked []string
	gets := []string{connected, shapes()[1].packet(0), "2", shapes()[1].packet(1), shapes()[1].packet(2)}
	hold := make(chan struct{})
	defer close(hold)
	p := newPeerAs(t, "", nil, func(_ int, c net.Conn, _ *bufio.Reader, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		mu.Lock()
		asked = append(asked, echoed(req)+" "+string(body))
		answer := "ok"
		switch {
		case !req.URL.Query().Has("sid"):
			answer = openPacket
		case req.Method == http.MethodGet && len(gets) == 0:
			mu.Unlock()
			<-hold
			return
		case req.Method == http.MethodGet:
			answer, gets = gets[0], gets[1:]
		}
		mu.Unlock()
		_, _ = c.Write([]byte(strings.Replace(string(ok200(answer)), "ETag: \"x\"", "Connection: close", 1)))
	})
	f := p.fleet(Config{Conns: 1, Transport: SocketIOPolling, Namespace: space})
	until(t, f, func(c Counters) bool { return c.Delivered == 3 || c.Ended == 1 })
	f.Settle(published(3), Everyone)
	c := until(t, f, func(c Counters) bool { return c.Live == 1 })
	mu.Lock()
	defer mu.Unlock()
	if c.Lost != 0 || c.Faults != (Faults{}) || c.Ended+c.Failed != 0 || c.Joined != 1 || c.Reopened != 8 {
		t.Errorf("counters %+v, endings %v", c, f.Endings())
	}
	const q = "/socket.io/?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAB HTTP/1.1 "
	want := []string{"GET /socket.io/?room=a&EIO=4&transport=polling HTTP/1.1 ", "POST " + q + `40/arena,{"rooms":["a"]}`, "GET " + q, "GET " + q, "GET " + q, "POST " + q + "3", "GET " + q}
	if got := strings.Join(asked[:min(len(asked), len(want))], "\n"); got != strings.Join(want, "\n") {
		t.Errorf("asked\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func TestSocketIORequests(t *testing.T) {
	target, err := ParseTarget("http://127.0.0.1:1/live/ws?x=1")
	if err != nil {
		t.Fatal(err)
	}
	own, err := ParseTarget("http://127.0.0.1:1/someapi/socket.io/")
	if err != nil {
		t.Fatal(err)
	}
	if got := own.By(SocketIO); got != own {
		t.Errorf("another path became %s", got)
	}
	for _, tt := range []struct {
		way  Transport
		want []string
	}{
		{SocketIO, []string{"GET /socket.io/?x=1&room=a+b&EIO=4&transport=websocket HTTP/1.1\r\n", "Upgrade: websocket\r\n", "Origin: http://o\r\n\r\n"}},
		{SocketIOPolling, []string{"GET /socket.io/?x=1&room=a+b&EIO=4&transport=polling HTTP/1.1\r\n", "Origin: http://o\r\n\r\n"}},
	} {
		l := testLoop(t, 1, "a b")
		l.cfg.Transport, l.cfg.Target, l.cfg.Header = tt.way, target.By(tt.way), "Origin: http://o\r\n"
		got := string(l.firstRequest(nil, 0, l.cfg.Rooms, "e-7"))
		for _, w := range tt.want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: request lacks %q:\n%s", tt.way, w, got)
			}
		}
		if strings.Contains(got, "Sec-WebSocket-Protocol") || strings.Contains(got, "since") {
			t.Errorf("%s: request of another protocol:\n%s", tt.way, got)
		}
	}
	for space, want := range map[string]string{"": `40{"rooms":["a \"b","c"]}`, "/": `40{"rooms":["a \"b","c"]}`, "/x": `40/x,{"rooms":["a \"b","c"]}`} {
		s := newSio(&Config{Transport: SocketIO, Namespace: space, Rooms: []string{`a "b`, "c"}}, 1)
		if s.connect != want {
			t.Errorf("namespace %q: connects with %s, want %s", space, s.connect, want)
		}
	}
}

func TestSilentServersAreLeft(t *testing.T) {
	l := testLoop(t, 3, "a")
	l.cfg.Transport = SocketIO
	l.sio = newSio(l.cfg, 3)
	l.k.n.Live = 3
	l.conns[0].fd, l.conns[1].fd = sink(t), sink(t)
	if err := l.hello(0, []byte(openPacket[1:])); err != nil {
		t.Fatal(err)
	}
	const alive = int64(45 * time.Second)
	l.now = alive
	l.packet(1, &l.conns[1], []byte("2"))
	l.conns[2].flags |= flagStalled // reads nothing, so hears nothing
	l.sweep(alive)
	if l.k.n.Live != 3 {
		t.Fatalf("%d live at the end of interval and timeout, want 3: %v", l.k.n.Live, l.endings)
	}
	l.sweep(alive + int64(sweepEvery)/2)
	l.sweep(alive + int64(sweepEvery))
	if l.conns[0].state != stateIdle || l.conns[1].state != stateOpen || l.conns[2].state != stateOpen || l.endings[errSilent.Error()] != 1 {
		t.Errorf("states %d %d %d, endings %v", l.conns[0].state, l.conns[1].state, l.conns[2].state, l.endings)
	}
}
