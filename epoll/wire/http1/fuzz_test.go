package http1

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
)

// FuzzParse cuts the input at one place and into pieces of one size: neither
// may change what comes out. Nothing may be held above the limits (feed looks),
// and what is accepted must be read the same by net/http.
func FuzzParse(f *testing.F) {
	for i, tt := range append(hostileCases(), refusals()...) {
		f.Add([]byte(tt.in+smuggled), uint16(i), uint8(i))
	}
	f.Fuzz(func(t *testing.T, in []byte, cut uint16, size uint8) {
		for _, lim := range []Limits{DefaultLimits(), small()} {
			want := feed(t, lim, string(in))
			at := int(cut) % (len(in) + 1)
			if got := feed(t, lim, string(in[:at]), string(in[at:])); !slices.Equal(got, want) {
				t.Fatalf("cut at %d of %q:\ngot  %q\nwant %q", at, in, got, want)
			}
			var pieces []string
			for piece := range slices.Chunk(in, int(size)%32+1) {
				pieces = append(pieces, string(piece))
			}
			if got := feed(t, lim, pieces...); !slices.Equal(got, want) {
				t.Fatalf("pieces of %d of %q:\ngot  %q\nwant %q", int(size)%32+1, in, got, want)
			}
		}
		compare(t, in)
	})
}

func TestAgreesWithNetHTTP(t *testing.T) {
	accepted := 0
	for _, tt := range append(hostileCases(), refusals()...) {
		accepted += compare(t, []byte(tt.in+smuggled))
	}
	for _, in := range []string{
		browserGet, "GET http://a:80/x/../y?z=%41 HTTP/1.1\r\nHost: a:80\r\n\r\n", "OPTIONS * HTTP/1.0\r\n\r\n",
		chunked + "00000005;a;b=\"c;\\\"\"\r\nhello\r\n0;x\r\nA: b\r\nC:\r\n\r\n", "GET /a|b\"<>^`{}\\ HTTP/1.1\r\nHost: a\r\n\r\n",
		"PUT /%41?a=b&a=c&d HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 002\r\n\r\nhi",
	} {
		n := compare(t, []byte(in))
		if n == 0 {
			t.Errorf("%q is not accepted", in)
		}
		accepted += n
	}
	if accepted < 12 {
		t.Errorf("only %d requests were compared", accepted)
	}
}

// compare reads every request the gate accepts once more with net/http. It
// returns how many there were.
func compare(t *testing.T, in []byte) (n int) {
	t.Helper()
	lim := DefaultLimits()
	ps := NewParser(&lim)
	for len(in) > 0 {
		used, req, err := ps.Parse(in)
		if err != nil || req == nil {
			return n
		}
		n++
		raw := bufio.NewReaderSize(bytes.NewReader(in[:used]), 1<<16)
		std, err := http.ReadRequest(raw)
		if err != nil {
			t.Fatalf("net/http refuses %q: %v", in[:used], err)
		}
		body, err := io.ReadAll(std.Body)
		if err != nil || raw.Buffered() != 0 {
			t.Fatalf("net/http body of %q: %v, %d bytes left", in[:used], err, raw.Buffered())
		}
		if std.Method != req.Method() || std.RequestURI != string(req.Target()) || !bytes.Equal(body, req.Body()) ||
			(std.ProtoMinor == 0) != req.HTTP10() || std.Close == req.KeepAlive() {
			t.Fatalf("%q: net/http has %s %s %s close=%t %q, we have %s", in[:used],
				std.Method, std.RequestURI, std.Proto, std.Close, body, record(req))
		}
		compareURL(t, req, std.URL)
		in = in[used:]
	}
	return n
}

func compareURL(t *testing.T, req *Request, u *url.URL) {
	t.Helper()
	want := path.Clean("/" + u.Path)
	if u.Path == "*" {
		want = "*"
	}
	got := string(req.Path())
	if got != want && got != want+"/" {
		t.Fatalf("target %q: path %q, net/url's cleaned %q", req.Target(), got, want)
	}
	// net/url refuses some queries that we, as browsers do, take as they come.
	args, err := url.ParseQuery(u.RawQuery)
	if err != nil || strings.Contains(u.RawQuery, ";") {
		return
	}
	for name, values := range args {
		var got []string
		req.QueryArgs(name, func(v []byte) bool {
			got = append(got, string(v))
			return true
		})
		if !slices.Equal(got, values) {
			t.Fatalf("query %q: %q = %q, net/url has %q", u.RawQuery, name, got, values)
		}
	}
}
