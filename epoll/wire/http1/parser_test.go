package http1

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"unsafe"
)

func TestPipeline(t *testing.T) {
	in := "GET /a HTTP/1.1\r\nHost: a\r\n\r\n" +
		postHead + "Content-Length: 3\r\n\r\none" +
		chunked + "3\r\ntwo\r\n1;q=\"\\\"x\"\r\n!\r\n00\r\nX: y\r\n\r\n" +
		"HEAD /b?c HTTP/1.0\r\n\r\n" +
		"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n" +
		"GET /c HT"
	want := `GET /a "" | POST / "one" | POST / "two!" | HEAD /b?c "" | OPTIONS * "" | ... head`
	if got := brief(sameCut(t, DefaultLimits(), in)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestKeepAlive(t *testing.T) {
	tests := []struct {
		name, version, fields string
		want                  bool
	}{
		{name: "1.1", version: "1.1", want: true},
		{name: "1.1 close", version: "1.1", fields: "Connection: close\r\n"},
		{name: "1.1 close in list", version: "1.1", fields: "connection: x, CLOSE\r\n"},
		{name: "1.1 close in second field", version: "1.1", fields: "Connection: x\r\nConnection: close\r\n"},
		{name: "1.1 closed is another word", version: "1.1", fields: "Connection: closed\r\n", want: true},
		{name: "1.0", version: "1.0"},
		{name: "1.0 keep-alive", version: "1.0", fields: "Connection: Keep-Alive\r\n", want: true},
		{name: "1.0 both", version: "1.0", fields: "Connection: keep-alive, close\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lim := DefaultLimits()
			in := "GET / HTTP/" + tt.version + "\r\nHost: a\r\n" + tt.fields + "\r\n"
			_, req, err := NewParser(&lim).Parse([]byte(in))
			if err != nil || req == nil {
				t.Fatalf("Parse = %v, %v, want a request", req, err)
			}
			if got := req.KeepAlive(); got != tt.want {
				t.Errorf("KeepAlive() = %t, want %t", got, tt.want)
			}
		})
	}
}

func TestStates(t *testing.T) {
	lim := DefaultLimits()
	ps := NewParser(&lim)
	steps := []struct {
		in       string
		state    State
		name     string
		cont     bool
		complete bool
	}{
		{in: "", state: StateIdle, name: "idle"},
		{in: "POST / HTTP/1.1\r\nHo", state: StateHead, name: "head"},
		{in: "", state: StateHead, name: "head"},
		{in: "st: a\r\nExpect: 100-Continue\r\nContent-Length: 4\r\n\r\n", state: StateBody, name: "body", cont: true},
		{in: "12", state: StateBody, name: "body"},
		{in: "34", state: StateIdle, name: "idle", complete: true},
		{in: "GET", state: StateHead, name: "head"},
	}
	for i, s := range steps {
		_, req, err := ps.Parse([]byte(s.in))
		if err != nil || (req != nil) != s.complete {
			t.Fatalf("step %d: Parse(%q) = %v, %v, want complete=%t", i, s.in, req, err, s.complete)
		}
		if got := ps.State(); got != s.state || got.String() != s.name {
			t.Errorf("step %d: State() = %v, want %s", i, got, s.name)
		}
		if got := ps.Continue(); got != s.cont {
			t.Errorf("step %d: Continue() = %t, want %t", i, got, s.cont)
		}
		if ps.Continue() {
			t.Errorf("step %d: Continue() is true a second time", i)
		}
	}
}

func TestContinueNotDue(t *testing.T) {
	tests := []struct{ name, in string }{
		{name: "whole request", in: postHead + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi"},
		{name: "body under way", in: postHead + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nh"},
		{name: "chunk under way", in: postHead + "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n2"},
		{name: "no body", in: postHead + "Expect: 100-continue\r\n\r\n"},
		{name: "HTTP/1.0", in: "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"},
		{name: "not asked", in: postHead + "Content-Length: 2\r\n\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lim := DefaultLimits()
			ps := NewParser(&lim)
			if _, _, err := ps.Parse([]byte(tt.in)); err != nil {
				t.Fatal(err)
			}
			if ps.Continue() {
				t.Error("Continue() = true, want false")
			}
		})
	}
}

func TestErrorIsFinal(t *testing.T) {
	lim := DefaultLimits()
	ps := NewParser(&lim)
	_, _, first := ps.Parse([]byte("get / HTTP/1.1\r\n"))
	n, req, second := ps.Parse([]byte(smuggled))
	if req != nil || second == nil || !errors.Is(second, first) || n != len(smuggled) {
		t.Errorf("Parse after %v = %d, %v, %v, want the same error", first, n, req, second)
	}
	ps.Release()
	if _, req, err := ps.Parse([]byte(smuggled)); req == nil || err != nil {
		t.Errorf("Parse after Release = %v, %v, want a request", req, err)
	}
}

// TestInPlace proves that a request which arrives whole is not copied: its
// slices lie inside the bytes given.
func TestInPlace(t *testing.T) {
	lim := DefaultLimits()
	p := []byte("POST /a/b?c=d HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody" + smuggled)
	_, req, err := NewParser(&lim).Parse(p)
	if err != nil || req == nil {
		t.Fatalf("Parse = %v, %v, want a request", req, err)
	}
	slices := map[string][]byte{
		"path": req.Path(), "query": req.RawQuery(), "host": req.Host(), "body": req.Body(), "argument": req.QueryArg("c"),
	}
	base := uintptr(unsafe.Pointer(unsafe.SliceData(p)))
	for name, s := range slices {
		if at := uintptr(unsafe.Pointer(unsafe.SliceData(s))) - base; at >= uintptr(len(p)) {
			t.Errorf("%s %q is a copy", name, s)
		}
		if cap(s) != len(s) {
			t.Errorf("%s %q has capacity %d: an append would write into the input", name, s, cap(s))
		}
	}
}

func TestPool(t *testing.T) {
	lim := DefaultLimits()
	var pool Pool
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				ps := pool.Acquire(&lim)
				// Leave all kinds of remains for the next user.
				for _, in := range []string{smuggled, chunked + "5\r\nhel", "bad"} {
					if _, _, err := ps.Parse([]byte(in)); err != nil {
						break
					}
				}
				ps.Release()

				ps = pool.Acquire(&lim)
				if ps.State() != StateIdle {
					t.Errorf("State() of an acquired parser = %v, want idle", ps.State())
				}
				if _, req, err := ps.Parse([]byte(smuggled)); err != nil || string(req.Path()) != "/smuggled" {
					t.Errorf("Parse of an acquired parser = %v, %v", req, err)
				}
				ps.Release()
			}
		})
	}
	wg.Wait()
}

func TestReleaseDropsLargeBody(t *testing.T) {
	lim := DefaultLimits()
	ps := NewParser(&lim)
	in := postHead + "Content-Length: 60000\r\n\r\n" + strings.Repeat("x", 59999)
	for _, piece := range []string{in, "x"} {
		if _, _, err := ps.Parse([]byte(piece)); err != nil {
			t.Fatal(err)
		}
	}
	ps.Release()
	if n := cap(ps.body); n > keepBody {
		t.Errorf("a released parser holds %d bytes of body, want at most %d", n, keepBody)
	}
}
