package scenario

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestNobodyToPublishAt is told before a viewer is opened, by scenarios that publish.
func TestNobodyToPublishAt(t *testing.T) {
	s := newStage(t, 1<<20, nil)
	c := s.common(5)
	c.Publish = "http://127.0.0.1:1"
	paced := Paced{Rooms: 1, Rate: 50, Size: 64, Duration: 50 * time.Millisecond}
	_, err := (&Fanout{Common: c, Paced: paced}).Run(t.Context(), Env{})
	if err == nil || !strings.Contains(err.Error(), "publish at 127.0.0.1:1: connection refused: nobody listens there (see --publish)") {
		t.Errorf("error %v, want that nobody listens", err)
	}
	s.mu.Lock()
	seats := s.seats
	s.mu.Unlock()
	if seats > 1 { // we ask whether the target is there
		t.Errorf("%d connections, want no viewer", seats)
	}
	r := mustRun(t, &Connect{Common: c, Rooms: 1, Hold: time.Millisecond})
	want(t, r, map[string]float64{"viewers": 5})
	c.Publish = "none"
	mustRun(t, &Fanout{Common: c, Paced: paced})
}

// TestServersOfOursHaveTime waits for what a spawned server opens last, and for
// nobody else.
func TestServersOfOursHaveTime(t *testing.T) {
	for _, tt := range []struct {
		spawn string
		fails int
		err   error
		tries int
	}{
		{spawn: "server", fails: 2, err: unix.ECONNREFUSED, tries: 3},
		{spawn: "server", fails: 2, err: errors.New("status 404"), tries: 1},
		{fails: 2, err: unix.ECONNREFUSED, tries: 1},
	} {
		r, tries := &run{o: &Common{Spawn: tt.spawn}}, 0
		err := r.patiently(t.Context(), func() error {
			if tries++; tries <= tt.fails {
				return tt.err
			}
			return nil
		})
		if tries != tt.tries || (err == nil) != (tries > tt.fails) {
			t.Errorf("spawn %q, %v: %d tries, %v, want %d", tt.spawn, tt.err, tries, err, tt.tries)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := &run{o: &Common{Spawn: "server"}}
	if err := r.patiently(ctx, func() error { return unix.ECONNREFUSED }); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("interrupted: %v", err)
	}
}

// TestMetricsMayComeLater has metrics at an address that isn't there yet.
func TestMetricsMayComeLater(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	_ = ln.Close()
	r, tries := &run{o: &Common{Spawn: "server"}}, 0
	err = r.patiently(t.Context(), func() (err error) {
		if tries++; tries == 2 {
			ln, err := net.Listen("tcp4", addr)
			if err != nil {
				t.Fatal(err)
			}
			web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(metricsText)) }))
			_ = web.Listener.Close()
			web.Listener = ln
			web.Start()
			t.Cleanup(web.Close)
		}
		r.scrape, err = newScraper("http://" + addr + "/metrics")
		return err
	})
	if err != nil || tries != 2 {
		t.Errorf("%d tries, %v, want 2", tries, err)
	}
}
