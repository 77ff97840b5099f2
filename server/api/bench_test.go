package api

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"grandstand/session"
	"grandstand/session/broker"
	"grandstand/session/dispatch"
)

// BenchmarkPublish publishes over one kept connection, the client's work
// included.
func BenchmarkPublish(b *testing.B) {
	log := slog.New(slog.DiscardHandler)
	pool, err := dispatch.NewPool(dispatch.DefaultConfig(), 2, log)
	if err != nil {
		b.Fatal(err)
	}
	defer pool.Close(patience)
	hub, err := session.NewHub(session.DefaultConfig(), broker.NewMemory(broker.DefaultConfig(), time.Now), pool, 1, log)
	if err != nil {
		b.Fatal(err)
	}
	defer hub.Close()
	cfg := DefaultConfig()
	cfg.Listen = "127.0.0.1:0"
	s := New(cfg, Deps{Hub: hub, Log: log})
	addr, err := s.Listen()
	if err != nil {
		b.Fatal(err)
	}
	go s.Serve()
	defer s.Shutdown(b.Context())
	c, err := net.Dial("tcp", addr.String())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	const body = `{"room":"match:42","event":"chat","data":{"from":"ada","text":"what a goal, what a night"}}`
	request := fmt.Appendf(nil, "POST /v1/publish HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	br := bufio.NewReader(c)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Write(request); err != nil {
			b.Fatal(err)
		}
		res, err := http.ReadResponse(br, nil)
		if err != nil || res.StatusCode != 200 {
			b.Fatal(res, err)
		}
		io.Copy(io.Discard, res.Body)
	}
}

// BenchmarkReadPublish reads a body.
func BenchmarkReadPublish(b *testing.B) {
	body := []byte(`{"room":"match:42","event":"chat","data":{"from":"ada","text":"what a goal, what a night"}}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := readPublish(body); err != nil {
			b.Fatal(err)
		}
	}
}
