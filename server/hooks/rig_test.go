package hooks

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long a test waits for what has to come.
const patience = 10 * time.Second

// TestMain fails when a test leaves a goroutine behind. fasthttp's cleaner
// ends by itself, idleConn after the last connection.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*HostClient).connsCleaner"))
}

// fakeClock stands still until it is moved. With auto it moves by itself to
// whatever is waited for.
type fakeClock struct {
	auto bool

	mu     sync.Mutex
	now    time.Time
	waits  []time.Duration // asked for, in order
	timers []*fakeTimer
}

type fakeTimer struct {
	at time.Time
	c  chan time.Time
}

func newFakeClock() *fakeClock {
	return &fakeClock{auto: true, now: time.Date(2030, 1, 2, 3, 4, 5, 678901234, time.UTC)}
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) After(d time.Duration) (<-chan time.Time, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waits = append(c.waits, d)
	t := &fakeTimer{at: c.now.Add(d), c: make(chan time.Time, 1)}
	if c.auto {
		c.now = t.at
		t.c <- c.now
	} else {
		c.timers = append(c.timers, t)
	}
	return t.c, func() {}
}

// Jitter is the longest there is.
func (c *fakeClock) Jitter(d time.Duration) time.Duration { return d }

// tick moves the clock.
func (c *fakeClock) tick(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for _, t := range c.timers {
		if !t.at.After(c.now) {
			select {
			case t.c <- c.now:
			default: // it was told before
			}
		}
	}
}

// waited is what was waited for so far.
func (c *fakeClock) waited() []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]time.Duration(nil), c.waits...)
}

// app is an application, and what it was sent.
type app struct {
	*httptest.Server
	mu   sync.Mutex
	seen []seen
}

type seen struct {
	header http.Header
	method string
	path   string
	body   []byte
}

// newApp serves with answer, which is given the number of the request from 1.
func newApp(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, n int)) *app {
	t.Helper()
	a := &app{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		a.mu.Lock()
		a.seen = append(a.seen, seen{r.Header.Clone(), r.Method, r.URL.RequestURI(), body})
		n := len(a.seen)
		a.mu.Unlock()
		answer(w, r, n)
	}))
	t.Cleanup(a.Close)
	return a
}

// requests is what came so far.
func (a *app) requests() []seen {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]seen(nil), a.seen...)
}

// always answers with one status and body.
func always(status int, body string) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, _ *http.Request, _ int) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// testConfig is a configuration for tests.
func testConfig(url string) Config {
	cfg := DefaultConfig()
	cfg.URL = url
	cfg.Breaker.Failures = 0
	return cfg
}

// open makes hooks that are closed with the test.
func open(t *testing.T, cfg Config, c clock) *Hooks {
	t.Helper()
	h, _ := openLogged(t, cfg, c)
	return h
}

// openLogged is open, with what is logged.
func openLogged(t *testing.T, cfg Config, c clock) (*Hooks, *logs) {
	t.Helper()
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	out := &logs{}
	h, err := newHooks(cfg, slog.New(slog.NewTextHandler(out, nil)), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := h.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return h, out
}

// logs is a buffer that several may write to.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// wait waits until something is so.
func wait(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for !so() {
		select {
		case <-end:
			t.Fatalf("%s: not within %v", what, patience)
		case <-tick.C:
		}
	}
}

// receive takes from a channel, within patience.
func receive[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("%s: not within %v", what, patience)
		panic("not reached")
	}
}
