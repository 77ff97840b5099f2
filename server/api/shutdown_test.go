package api

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

// paused is a rig whose /readyz waits to be told.
func paused(t *testing.T) (r *rig, entered, leave chan struct{}) {
	entered, leave = make(chan struct{}), make(chan struct{})
	r = newRig(t, func(s *settings) {
		s.deps.Ready = func() (bool, string) { close(entered); <-leave; return true, "" }
	})
	return r, entered, leave
}

// TestShutdown: idle connections are closed, the running request is finished,
// new ones are not let in.
func TestShutdown(t *testing.T) {
	r, entered, leave := paused(t)
	r.publish("a", `1`) // leaves an idle connection
	running := make(chan []reply, 1)
	go func() { running <- r.raw("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n", 2) }()
	<-entered
	done := make(chan error, 1)
	go func() { done <- r.srv.Shutdown(context.Background()) }()
	if err := <-r.served; err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
	eventually(t, "the idle connection is closed", func() bool { return r.srv.ln.open() == 1 })
	if c, err := net.Dial("tcp", r.addr); err == nil {
		c.Close()
		t.Error("the port still accepts")
	}
	close(leave)
	if got := <-running; len(got) != 1 || got[0].body != "ok\n" || !got[0].last {
		t.Errorf("the running request got %v, want one answer, ok, the last", got)
	}
	if err := <-done; err != nil {
		t.Errorf("Shutdown = %v", err)
	}
}

// TestShutdownTimeout: what does not end in time is cut off.
func TestShutdownTimeout(t *testing.T) {
	r, entered, leave := paused(t)
	running := make(chan []reply, 1)
	go func() { running <- r.raw("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n", 1) }()
	<-entered
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := r.srv.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown = %v, want %v", err, context.DeadlineExceeded)
	}
	if got := <-running; len(got) != 0 {
		t.Errorf("the running request got %v, want the end", got)
	}
	close(leave)
	eventually(t, "the connection is closed", func() bool { return r.srv.ln.open() == 0 })
}

// TestListen: what cannot be bound is an error at once.
func TestListen(t *testing.T) {
	r := newRig(t, nil)
	tests := []struct {
		name string
		edit func(c *Config)
		want string
	}{
		{"no address", func(c *Config) { c.Listen = "" }, "no address"},
		{"taken", func(c *Config) { c.Listen = r.addr }, "in use"},
		{"open to all without a key", func(c *Config) { c.Listen = "0.0.0.0:0" }, "name at least one key"},
		{"everywhere without a key", func(c *Config) { c.Listen = ":0" }, "name at least one key"},
		{"short key", func(c *Config) { c.Keys = []string{"secret"} }, "at least 16"},
	}
	for _, tt := range tests {
		cfg := DefaultConfig()
		tt.edit(&cfg)
		s := New(cfg, Deps{Hub: r.hub, Log: r.srv.log})
		if _, err := s.Listen(); err == nil || !strings.HasPrefix(err.Error(), "api: ") || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Listen = %v, want %s", tt.name, err, tt.want)
		}
		if err := s.Serve(); err == nil {
			t.Errorf("%s: Serve without a port: no error", tt.name)
		}
		if err := s.Shutdown(context.Background()); err != nil {
			t.Errorf("%s: Shutdown = %v", tt.name, err)
		}
	}
	cfg := DefaultConfig()
	cfg.Listen = "127.0.0.1:0"
	s := New(cfg, Deps{Hub: r.hub, Log: r.srv.log})
	if _, err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	if err := s.Shutdown(context.Background()); err != nil {
		t.Errorf("Shutdown before Serve = %v", err)
	}
	if err := s.Serve(); err != nil {
		t.Errorf("Serve after Shutdown = %v, want nil", err)
	}
}
