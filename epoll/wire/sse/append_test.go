package sse

import (
	"strings"
	"testing"
	"time"
)

func TestAppendEvent(t *testing.T) {
	tests := []struct {
		name, id, event, data string
		want                  string
	}{
		{name: "all", id: "7-42", event: "goal", data: `{"a":1}`, want: "id: 7-42\nevent: goal\ndata: {\"a\":1}\n\n"},
		{name: "data only", data: "x", want: "data: x\n\n"},
		{name: "no data", id: "1", want: "id: 1\ndata: \n\n"},
		{name: "LF", data: "a\nb", want: "data: a\ndata: b\n\n"},
		{name: "CR", data: "a\rb", want: "data: a\ndata: b\n\n"},
		{name: "CR LF", data: "a\r\nb", want: "data: a\ndata: b\n\n"},
		{name: "LF CR", data: "a\n\rb", want: "data: a\ndata: \ndata: b\n\n"},
		{name: "CR CR LF LF", data: "\r\r\n\n", want: "data: \ndata: \ndata: \ndata: \n\n"},
		{name: "ends in LF", data: "a\n", want: "data: a\ndata: \n\n"},
		{name: "ends in CR", data: "a\r", want: "data: a\ndata: \n\n"},
		{name: "leading space", data: " a", want: "data:  a\n\n"},
		{name: "event in data", data: "x\n\nid: 9\ndata: y\n\n",
			want: "data: x\ndata: \ndata: id: 9\ndata: data: y\ndata: \ndata: \n\n"},
		{name: "field in id", id: "1\r\ndata: x", data: "y", want: "id: 1  data: x\ndata: y\n\n"},
		{name: "field in name", event: "a\ndata: x\r\r", data: "y", want: "event: a data: x  \ndata: y\n\n"},
		{name: "NUL", id: "1\x002", event: "\x00", data: "\x00", want: "id: 1 2\nevent:  \ndata: \x00\n\n"},
		{name: "not UTF-8", data: "\xff\xc3", want: "data: \xff\xc3\n\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := string(AppendEvent([]byte("x"), tt.id, tt.event, []byte(tt.data)))
			if got != "x"+tt.want {
				t.Errorf("AppendEvent(%q, %q, %q)\ngot  %q\nwant %q", tt.id, tt.event, tt.data, got, "x"+tt.want)
			}
		})
	}
}

func TestAppendComment(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{name: "empty", want: ":\n"},
		{name: "text", text: "hi", want: ":hi\n"},
		{name: "lines", text: "a\r\ndata: b\n\n", want: ":a\n:data: b\n:\n:\n"},
	}
	for _, tt := range tests {
		if got := string(AppendComment([]byte("x"), tt.text)); got != "x"+tt.want {
			t.Errorf("%s: AppendComment(%q) = %q, want %q", tt.name, tt.text, got, "x"+tt.want)
		}
	}
}

func TestAppendRetry(t *testing.T) {
	tests := []struct {
		ms   int64
		want string
	}{
		{ms: 0, want: "retry: 0\n\n"},
		{ms: 3000, want: "retry: 3000\n\n"},
		{ms: -1, want: "retry: 0\n\n"},
		{ms: 1<<63 - 1, want: "retry: 9223372036854775807\n\n"},
	}
	for _, tt := range tests {
		if got := string(AppendRetry([]byte("x"), tt.ms)); got != "x"+tt.want {
			t.Errorf("AppendRetry(%d) = %q, want %q", tt.ms, got, "x"+tt.want)
		}
	}
}

// TestManyLines wants time to grow with the data, not with its square: 1 MiB of
// line ends is what a publisher with a raised limit could send. Copying the
// rest for every line would move half a TiB.
func TestManyLines(t *testing.T) {
	const lines, limit = 1 << 20, 20 * time.Second
	start := time.Now()
	got := AppendEvent(nil, "", "", []byte(strings.Repeat("\n", lines)))
	if took := time.Since(start); took > limit {
		t.Errorf("%d lines took %v, want at most %v", lines, took, limit)
	}
	if want := (lines+1)*len("data: \n") + 1; len(got) != want {
		t.Errorf("%d lines became %d bytes, want %d", lines, len(got), want)
	}
}

// TestAllocations claims that writing into room that is there, and reading once
// the buffers have grown, need no memory.
func TestAllocations(t *testing.T) {
	dst := make([]byte, 0, 1024)
	data := []byte(`{"home":2,"away":1}` + "\r\n" + `"second line"`)
	wire := AppendEvent(nil, "7-1234", "goal", data)
	ps := NewParser(1024)
	tests := []struct {
		name string
		run  func() bool
	}{
		{name: "event", run: func() bool { return len(AppendEvent(dst, "7-1234", "goal", data)) == len(wire) }},
		{name: "comment", run: func() bool { return len(AppendComment(dst, "")) == 2 }},
		{name: "retry", run: func() bool { return len(AppendRetry(dst, 3000)) > 0 }},
		{name: "parse whole", run: func() bool {
			_, e, err := ps.Next(wire)
			return e != nil && err == nil
		}},
		{name: "parse in pieces", run: func() bool {
			if _, e, err := ps.Next(wire[:20]); e != nil || err != nil {
				return false
			}
			_, e, err := ps.Next(wire[20:])
			return e != nil && err == nil
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ok := true
			if n := testing.AllocsPerRun(100, func() { ok = tt.run() && ok }); n > 0 || !ok {
				t.Errorf("%v allocations (ok %t), want 0", n, ok)
			}
		})
	}
}

func BenchmarkAppendEvent(b *testing.B) {
	dst := make([]byte, 0, 1024)
	data := []byte(`{"home":2,"away":1,"minute":63,"player":"` + strings.Repeat("x", 80) + `"}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		dst = AppendEvent(dst[:0], "1700000000-1234", "goal", data)
	}
}

func BenchmarkNext(b *testing.B) {
	data := []byte(`{"home":2,"away":1,"minute":63,"player":"` + strings.Repeat("x", 80) + `"}`)
	wire := AppendEvent(nil, "1700000000-1234", "goal", data)
	ps := NewParser(1 << 10)
	b.ReportAllocs()
	b.SetBytes(int64(len(wire)))
	for b.Loop() {
		if _, e, err := ps.Next(wire); e == nil || err != nil {
			b.Fatal("not parsed")
		}
	}
}
