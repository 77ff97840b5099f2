package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"grandstand/epoll"
	"grandstand/session"
	"grandstand/session/broker"
)

// clientPrograms is where the programs live that drive a server with stock
// clients, and the npm packages they need.
const clientPrograms = "testdata/clients"

// TestClientOrder reads a thousand events with the npm package ws, resumes on
// the way and closes with several codes; with and without compression.
func TestClientOrder(t *testing.T) {
	for _, how := range []string{"plain", "deflate"} {
		t.Run(how, func(t *testing.T) {
			h := openHouse(t, func(s *settings) {
				s.cfg.WebSocket.Deflate, s.cfg.WebSocket.DeflateThreshold = how == "deflate", 100
			})
			h.runClient("order.mjs", how)
		})
	}
}

// TestClientPageLife takes the page at / through lost connections, a drain, a
// gap and a refusal, in Chromium.
func TestClientPageLife(t *testing.T) {
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Fatalf("%v: run .ci/needs as root, or install the package chromium", err)
	}
	no := false
	h := openHouse(t, func(s *settings) {
		s.rooms.Room.History = 400
		s.rooms.Rules = []session.Rule{{Match: "quiet", ClientPublish: &no}}
	})
	h.runClient("page_life.mjs", t.TempDir())
}

// runClient runs one of the programs, which exits with 0 when all went as it
// should, and says otherwise what did not.
func (h *house) runClient(program string, args ...string) {
	h.t.Helper()
	h.install()
	control := httptest.NewServer(h.control())
	defer control.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	addresses := []string{program, h.addr, strings.TrimPrefix(control.URL, "http://")}
	cmd := exec.CommandContext(ctx, "node", append(addresses, args...)...)
	cmd.Dir = clientPrograms
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	// A browser the program leaves behind must not hold the pipe open.
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Run(); err != nil {
		h.t.Fatalf("node %s: %v\n%s", program, err, out.String())
	}
}

// install has npm install the packages of the lock file if there are none.
func (h *house) install() {
	h.t.Helper()
	if _, err := os.Stat(filepath.Join(clientPrograms, "node_modules", "ws")); err == nil {
		return
	}
	cmd := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir = clientPrograms
	if out, err := cmd.CombinedOutput(); err != nil {
		h.t.Fatalf("npm ci: %v\n%s", err, out)
	}
}

// control stands in for the control port, with what tests need besides.
func (h *house) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/publish", func(w http.ResponseWriter, r *http.Request) {
		var m struct {
			Room, Event string
			Data        json.RawMessage
		}
		if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
			http.Error(w, err.Error(), 400)
			return
		}
		ids, _, err := h.hub.Publish(r.Context(), "", []broker.Message{{Rooms: []string{m.Room}, Name: m.Event, Data: m.Data}})
		if err != nil {
			http.Error(w, err.Error(), 400)
			return
		}
		fmt.Fprintf(w, `{"id":%q}`, h.hub.Cursor(ids[0]))
	})
	mux.HandleFunc("POST /burst", func(_ http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.FormValue("n"))
		for i := range n {
			h.publish(r.FormValue("room"), "n", fmt.Sprintf(`{"i":%d,"pad":%q}`, i, strings.Repeat("x", i%300)))
		}
	})
	mux.HandleFunc("POST /drop", func(http.ResponseWriter, *http.Request) {
		h.group.Each(func(c *epoll.Conn) { c.Close(errEnded) })
	})
	mux.HandleFunc("POST /reconnect", func(_ http.ResponseWriter, r *http.Request) {
		ms, _ := strconv.Atoi(r.FormValue("after_ms"))
		err := h.hub.Spread(r.Context(), 0, func(s *session.Session) {
			t := s.Transport()
			t.Reconnect(time.Duration(ms) * time.Millisecond)
		})
		if err != nil {
			h.t.Error(err)
		}
	})
	return mux
}
