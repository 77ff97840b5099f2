package api

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"grandstand/session"
	"grandstand/session/broker"
	"grandstand/session/dispatch"
	"grandstand/session/room"
)

// patience bounds every wait of a test.
const patience = 10 * time.Second

// rig is a control port over a real hub.
type rig struct {
	*testing.T
	hub    *session.Hub
	broker *broker.Memory
	srv    *Server
	addr   string
	client *http.Client
	log    *journal
	served chan error
}

// settings is what a test may change before the rig starts.
type settings struct {
	api  Config
	hub  session.Config
	deps Deps
}

// newRig starts a port. It ends with the test.
func newRig(t *testing.T, edit func(*settings)) *rig {
	t.Helper()
	set := settings{api: DefaultConfig(), hub: session.DefaultConfig()}
	set.api.Listen = "127.0.0.1:0"
	if edit != nil {
		edit(&set)
	}
	r := &rig{T: t, log: &journal{}, served: make(chan error, 1), client: &http.Client{
		Timeout: patience, Transport: &http.Transport{DisableCompression: true},
	}}
	log := slog.New(slog.NewTextHandler(r.log, nil))
	pool, err := dispatch.NewPool(dispatch.DefaultConfig(), 4, log)
	if err != nil {
		t.Fatal(err)
	}
	r.broker = broker.NewMemory(broker.DefaultConfig(), time.Now)
	if r.hub, err = session.NewHub(set.hub, r.broker, pool, 2, log); err != nil {
		t.Fatal(err)
	}
	set.deps.Hub, set.deps.Log = r.hub, log
	r.srv = New(set.api, set.deps)
	addr, err := r.srv.Listen()
	if err != nil {
		t.Fatal(err)
	}
	r.addr = addr.String()
	go func() { r.served <- r.srv.Serve() }()
	t.Cleanup(func() {
		r.client.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := r.srv.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown = %v", err)
		}
		r.hub.Close()
		if err := pool.Close(patience); err != nil {
			t.Error(err)
		}
	})
	return r
}

// reply is an answer, read to its end.
type reply struct {
	status int
	header http.Header
	body   string
	last   bool // the connection ends with it
}

// do sends a request; headers are "Name: value".
func (r *rig) do(method, path, body string, headers ...string) reply {
	r.Helper()
	var rd io.Reader
	if body != "" {
		rd = strings.NewReader(body)
	}
	req, err := http.NewRequest(method, "http://"+r.addr+path, rd)
	if err != nil {
		r.Fatal(err)
	}
	for _, h := range headers {
		name, v, _ := strings.Cut(h, ": ")
		req.Header.Set(name, v)
	}
	return r.send(req)
}

func (r *rig) send(req *http.Request) reply {
	r.Helper()
	res, err := r.client.Do(req)
	if err != nil {
		r.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	defer res.Body.Close()
	p, err := io.ReadAll(res.Body)
	if err != nil {
		r.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	return reply{res.StatusCode, res.Header, string(p), res.Close}
}

// publish publishes to a room and returns the cursor.
func (r *rig) publish(name, data string) string {
	r.Helper()
	got := r.do("POST", "/v1/publish", fmt.Sprintf(`{"room":%q,"event":"e","data":%s}`, name, data))
	var id string
	if n, _ := fmt.Sscanf(got.body, `{"id":%q}`, &id); n != 1 || got.status != 200 {
		r.Fatalf("publish = %d %s", got.status, got.body)
	}
	return id
}

// raw sends bytes on a connection of its own and returns what comes back as
// answers until the connection ends, or want of them have come.
func (r *rig) raw(request string, want int) []reply {
	r.Helper()
	c, err := net.Dial("tcp", r.addr)
	if err != nil {
		r.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, request); err != nil {
		r.Fatal(err)
	}
	return r.replies(c, want)
}

// replies reads up to want answers from a connection.
func (r *rig) replies(c net.Conn, want int) (out []reply) {
	r.Helper()
	br := bufio.NewReader(c)
	for len(out) < want {
		res, err := http.ReadResponse(br, nil)
		if err != nil {
			return out
		}
		p, err := io.ReadAll(res.Body)
		if err != nil {
			r.Errorf("answer cut off: %v", err)
		}
		out = append(out, reply{res.StatusCode, res.Header, string(p), res.Close})
	}
	return out
}

// want checks an answer: its status, and its body against a text in which
// EPOCH stands for the hub's.
func (r *rig) want(what string, got reply, status int, body string) {
	r.Helper()
	epoch, _, _ := strings.Cut(r.hub.Cursor(0), "-")
	body = strings.ReplaceAll(body, "EPOCH", epoch)
	if got.status != status || strings.TrimSuffix(got.body, "\n") != body {
		r.Errorf("%s = %d %s\nwant %d %s", what, got.status, got.body, status, body)
	}
}

// refused checks for an error with the given code.
func (r *rig) refused(what string, got reply, code session.Code, message string) {
	r.Helper()
	if got.status != status(code) || !strings.HasPrefix(got.body, `{"error":{"code":"`+string(code)+`","message":"`) ||
		!strings.Contains(got.body, message) || got.header.Get("Content-Type") != "application/json" {
		r.Errorf("%s = %d %s %s\nwant %d %s %s", what, got.status, got.header.Get("Content-Type"), got.body, status(code), code, message)
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// plain encodes events as lines.
type plain struct{}

func (plain) Name() string { return "plain" }

func (plain) AppendRecord(dst []byte, name string, e *room.Event) []byte {
	return fmt.Appendf(dst, "%s %s %s\n", name, e.Name, e.Data)
}

// viewer is a session on a transport that keeps what it is sent.
type viewer struct {
	session.Session
	mu    sync.Mutex
	got   bytes.Buffer
	ended []session.Reason
}

func (v *viewer) WriteShared(p []byte, _ func(int) int) (int, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.got.Write(p)
	return len(p), true
}

func (v *viewer) Gap(string, uint64, uint64)         {}
func (v *viewer) Evict(string)                       {}
func (v *viewer) Write([]byte)                       {}
func (v *viewer) Reconnect(time.Duration)            {}
func (v *viewer) AppendMessage(dst, p []byte) []byte { return append(dst, p...) }
func (v *viewer) Info() (name, peer string)          { return "test", "192.0.2.1:5" }

func (v *viewer) End(why session.Reason) {
	v.mu.Lock()
	v.ended = append(v.ended, why)
	v.mu.Unlock()
	v.Close()
}

func (v *viewer) received() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.got.String()
}

// view opens a session and has it join rooms.
func (r *rig) view(shard int, rooms ...string) *viewer {
	r.Helper()
	v := &viewer{}
	_ = r.hub.Open(&v.Session, shard, v, nil)
	done := make(chan error, 1)
	if err := v.Post(func() {
		for _, name := range rooms {
			if _, err := v.Join(name, plain{}, room.Start{}); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}); err != nil {
		r.Fatal(err)
	}
	if err := <-done; err != nil {
		r.Fatal(err)
	}
	return v
}

// journal is a log in memory.
type journal struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.buf.String()
}
