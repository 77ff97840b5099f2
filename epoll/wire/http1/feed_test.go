package http1

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// feed gives the pieces to a fresh parser and writes down what comes out, one
// line a request, an error or a remainder. Each piece is overwritten once it
// is used up, as a read buffer would be.
func feed(t *testing.T, lim Limits, pieces ...string) []string {
	t.Helper()
	ps := NewParser(&lim)
	var out []string
	for _, piece := range pieces {
		buf := []byte(piece)
		for p := buf; len(p) > 0; {
			n, req, err := ps.Parse(p)
			holds(t, ps, lim)
			if err != nil {
				return append(out, refusal(t, err))
			}
			if req != nil {
				out = append(out, record(req))
			} else if n != len(p) {
				t.Fatalf("Parse(%q) took %d bytes and gave nothing, want %d", p, n, len(p))
			}
			p = p[n:]
		}
		for i := range buf {
			buf[i] = 0xff
		}
	}
	if s := ps.State(); s != StateIdle {
		out = append(out, "... "+s.String())
	}
	return out
}

// holds fails if a parser holds more than its limits allow.
func holds(t *testing.T, ps *Parser, lim Limits) {
	t.Helper()
	if n := cap(ps.buf); n > lim.MaxHead {
		t.Fatalf("head buffer of %d bytes, want at most %d", n, lim.MaxHead)
	}
	if n := cap(ps.body); n > lim.MaxBody {
		t.Fatalf("body buffer of %d bytes, want at most %d", n, lim.MaxBody)
	}
	if n := len(ps.req.fields); n > lim.MaxHeaders {
		t.Fatalf("%d fields, want at most %d", n, lim.MaxHeaders)
	}
}

func refusal(t *testing.T, err error) string {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v is a %T, want *Error", err, err)
	}
	return fmt.Sprint(e.Status, " ", e.Code)
}

// record writes down everything a request says.
func record(r *Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %q", r.Method(), r.Target(), r.Body())
	fmt.Fprintf(&b, " path=%q query=%q host=%q", r.Path(), r.RawQuery(), r.Host())
	fmt.Fprintf(&b, " http10=%t keep=%t fields=", r.HTTP10(), r.KeepAlive())
	r.Headers(func(name, value []byte) bool {
		fmt.Fprintf(&b, "%q:%q,", name, value)
		return true
	})
	return b.String()
}

// brief cuts records down to method, target and body.
func brief(records []string) string {
	out := make([]string, len(records))
	for i, s := range records {
		out[i], _, _ = strings.Cut(s, " path=")
	}
	return strings.Join(out, " | ")
}

// bytewise cuts s into single bytes.
func bytewise(s string) []string {
	out := make([]string, len(s))
	for i := range len(s) {
		out[i] = s[i : i+1]
	}
	return out
}

// sameCut fails unless s gives the same whole, in single bytes, and cut in two
// at every place. It returns what s gives.
func sameCut(t *testing.T, lim Limits, s string) []string {
	t.Helper()
	want := feed(t, lim, s)
	check := func(how string, pieces ...string) {
		if got := feed(t, lim, pieces...); strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Fatalf("%s of %q:\ngot  %q\nwant %q", how, s, got, want)
		}
	}
	check("single bytes", bytewise(s)...)
	for i := range len(s) {
		check(fmt.Sprintf("cut at %d", i), s[:i], s[i:])
	}
	return want
}
