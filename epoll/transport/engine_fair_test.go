package transport

import (
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"grandstand/epoll"
	"grandstand/epoll/protocol"
)

// pollingClient is a session on polls, each on a connection of its own.
type pollingClient struct {
	t   testing.TB
	web http.Client
	url string
}

// pollAs opens a session.
func (h *house) pollAs(version string) *pollingClient {
	h.t.Helper()
	c := &pollingClient{t: h.t, url: "http://" + h.addr + "/socket.io/?transport=polling&EIO=" + version,
		web: http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}}
	_, rest, _ := strings.Cut(c.poll(), `"sid":"`)
	sid, _, ok := strings.Cut(rest, `"`)
	if !ok {
		h.t.Fatal("no sid")
	}
	c.url += "&sid=" + sid
	return c
}

// poll is a GET.
func (c *pollingClient) poll() string {
	c.t.Helper()
	return c.body(c.web.Get(c.url))
}

// post is a POST of packets.
func (c *pollingClient) post(packets ...string) {
	c.t.Helper()
	if got := c.body(c.web.Post(c.url, "text/plain", strings.NewReader(strings.Join(packets, "\x1e")))); got != "ok" {
		c.t.Fatalf("POST: %q", got)
	}
}

func (c *pollingClient) body(res *http.Response, err error) string {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	p, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(p)
}

// TestEngineFairPolls: a namespace that has news for every poll leaves some of
// them to the others.
func TestEngineFairPolls(t *testing.T) {
	for _, busy := range []string{"root", "other"} {
		t.Run(busy, func(t *testing.T) {
			h := openHouse(t, func(s *settings) {
				s.speak = func(srv *Server) protocol.Dialect {
					cfg := protocol.DefaultSocketIO()
					cfg.Namespaces = []string{"/", "/b"}
					return protocol.NewSocketIO(cfg, srv.hub)
				}
			})
			quiet, c := "other", h.pollAs("4")
			if busy == quiet {
				quiet = "root"
			}
			c.post(`40{"rooms":["root"]}`, `40/b,{"rooms":["other"]}`)
			for got := ""; strings.Count(got, "sid") < 2; {
				got += c.poll()
			}
			h.publish(quiet, "rare", `1`)
			for range 10 {
				h.publish(busy, "often", `1`)
				if strings.Contains(c.poll(), "rare") {
					return
				}
			}
			t.Error("10 polls were answered with what the other has")
		})
	}
}

// TestEngineBeatsWrap: heartbeats go on when the clock in milliseconds begins
// anew, after 49 days.
func TestEngineBeatsWrap(t *testing.T) {
	const beats = 8
	h, _ := openEcho(t, func(s *settings, p *EnginePath) {
		p.PingInterval, p.PingTimeout = 200*time.Millisecond, time.Second
		s.accept = func(srv *Server) func(c *epoll.Conn) epoll.Handler {
			srv.start = srv.start.Add(-(1<<32*time.Millisecond - beats/2*p.PingInterval))
			return srv.Accept
		}
	})
	c := h.pollAs("4")
	c.web.Timeout = 5 * time.Second
	for range beats {
		if got := c.poll(); got != "2" {
			t.Fatalf("%q, want a ping", got)
		}
		c.post("3")
	}
}

// TestEngineFirstOrigins: of two requests that are the first to say where they
// come from, and come from the same, none is refused.
func TestEngineFirstOrigins(t *testing.T) {
	all := make([]engine, 100000)
	var arrived, refused atomic.Int64
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for i := range all {
				for arrived.Add(1); arrived.Load() < int64(2*i+1); {
					runtime.Gosched()
				}
				if !all[i].from(7) {
					refused.Add(1)
				}
			}
		})
	}
	wg.Wait()
	if n := refused.Load(); n != 0 {
		t.Errorf("%d requests of the session's own origin refused", n)
	}
	if all[0].from(8) {
		t.Error("another origin is let in")
	}
}
