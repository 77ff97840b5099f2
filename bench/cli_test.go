package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"grandstand/bench/limit"
)

// bare runs the limit server and gives the flags that point at it.
func bare(t *testing.T) []string {
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
	return []string{"--url", "ws://" + s.Addr().String() + "/", "--publish", "http://" + s.Control().String(), "-q", "-n", "10"}
}

func TestExitCodes(t *testing.T) {
	target := bare(t)
	short := []string{"-d", "100ms", "--warmup", "0s", "-r", "50"}
	for _, tt := range []struct {
		name string
		args []string
		bare bool
		code int
		out  string
	}{
		{name: "help", args: []string{"--help"}, code: 0, out: "saturate"},
		{name: "no words at all", code: 0, out: "Usage: bench"},
		{name: "help of a command", args: []string{"slow", "--help"}, code: 0, out: "--stall"},
		{name: "unknown command", args: []string{"explode"}, code: 2, out: "explode"},
		{name: "unknown flag", args: []string{"fanout", "--frobnicate"}, code: 2, out: "--frobnicate"},
		{name: "bad number", args: []string{"fanout", "-n", "many"}, code: 2, out: "many"},
		{name: "bad limit address", args: []string{"limit", "--listen", "here"}, code: 2, out: "listen"},
		{name: "nobody there", args: []string{"connect", "-n", "1", "--url", "ws://127.0.0.1:1/"}, code: 2, out: "refused"},
		{name: "unknown transport", args: []string{"fanout", "--transport", "smoke"}, code: 2, out: "longpoll"},
		{name: "help of transports", args: []string{"connect", "--help"}, code: 0, out: "socketio-polling"},
		{name: "no namespace", args: []string{"connect", "-n", "1", "--namespace", "arena"}, code: 2, out: "want / and a name"},
		{name: "a comma in a namespace", args: []string{"connect", "-n", "1", "--namespace", "/a,b"}, code: 2, out: "want / and a name"},
		{name: "no way up", args: []string{"echo", "--transport", "sse"}, code: 2, out: "no way up"},
		{name: "nothing to measure", args: []string{"capacity", "--threads", "0"}, code: 2, out: "give --threads or --spawn"},
		{name: "met", args: append([]string{"fanout", "--max-loss", "0"}, short...), bare: true, code: 0, out: "latency p99"},
		{name: "missed", args: append([]string{"fanout", "--max-p99", "1ns"}, short...), bare: true, code: 1, out: "MISSED --max-p99"},
		{name: "echo", args: []string{"echo", "-d", "50ms", "--warmup", "0s"}, bare: true, code: 0, out: "round trips"},
		{name: "report nowhere to go", args: append([]string{"fanout", "--json", "/nonexistent/x"}, short...), bare: true, code: 2, out: "report"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.bare {
				tt.args = append(tt.args, target...)
			}
			var out bytes.Buffer
			if code := execute(context.Background(), tt.args, &out, &out); code != tt.code {
				t.Errorf("bench %q: exit %d, want %d", tt.args, code, tt.code)
			}
			if !strings.Contains(out.String(), tt.out) {
				t.Errorf("bench %q: output lacks %q:\n%s", tt.args, tt.out, out.String())
			}
		})
	}
}

func TestJSONReport(t *testing.T) {
	target := bare(t)
	file := filepath.Join(t.TempDir(), "r.json")
	var out bytes.Buffer
	args := append([]string{"saturate", "-d", "100ms", "--warmup", "0s", "--json", file}, target...)
	if code := execute(context.Background(), args, &out, &out); code != exitMet {
		t.Fatalf("exit %d:\n%s", code, out.String())
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Scenario, Machine string
		Command           []string
		Figures           map[string]float64
	}
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	if r.Scenario != "saturate" || r.Machine == "" || len(r.Command) != len(args)+1 || r.Figures["rate_per_s"] <= 0 {
		t.Errorf("report %s", b)
	}
}

func TestLimitServesUntilToldToEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out bytes.Buffer
	if code := execute(ctx, []string{"limit", "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0"}, &out, &out); code != exitMet {
		t.Errorf("exit %d", code)
	}
	if !strings.Contains(out.String(), "limit: viewers ws://127.0.0.1:") || !strings.Contains(out.String(), "0 connections") {
		t.Errorf("output %q", out.String())
	}
}
