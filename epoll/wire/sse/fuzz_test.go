package sse

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// FuzzNext cuts any stream at one place and into pieces of one size: neither
// may change what comes out, nothing may be held above the limit (feed looks),
// and what came out must come out again once it is written by AppendEvent.
func FuzzNext(f *testing.F) {
	for i, tt := range streamCases() {
		f.Add([]byte(tt.in), uint16(i), uint8(i))
	}
	f.Fuzz(func(t *testing.T, in []byte, cut uint16, size uint8) {
		for _, maxEvent := range []int{limit, 16} {
			want := feed(t, maxEvent, string(in))
			at := int(cut) % (len(in) + 1)
			if got := feed(t, maxEvent, string(in[:at]), string(in[at:])); !slices.Equal(got, want) {
				t.Fatalf("cut at %d of %q:\ngot  %q\nwant %q", at, in, got, want)
			}
			var pieces []string
			for piece := range slices.Chunk(in, int(size)%32+1) {
				pieces = append(pieces, string(piece))
			}
			if got := feed(t, maxEvent, pieces...); !slices.Equal(got, want) {
				t.Fatalf("pieces of %d of %q:\ngot  %q\nwant %q", int(size)%32+1, in, got, want)
			}
		}
		again(t, in)
	})
}

// again writes every event of in anew.
func again(t *testing.T, in []byte) {
	t.Helper()
	ps := NewParser(len(in))
	for len(in) > 0 {
		n, e, err := ps.Next(in)
		if err != nil {
			t.Fatalf("Next(%q): %v, with a limit above it", in, err)
		}
		if in = in[n:]; e == nil {
			return
		}
		wire := string(AppendEvent(nil, string(e.ID), string(e.Name), e.Data))
		// A NUL in a name is allowed to come in, never to go out.
		name := strings.ReplaceAll(string(e.Name), "\x00", " ")
		want := fmt.Sprintf("%q %q %q", e.ID, name, e.Data)
		if got := feed(t, 2*len(wire), wire); len(got) != 2 || got[0] != want {
			t.Fatalf("%q was written %q and read %q", want, wire, got)
		}
	}
}

// FuzzRoundTrip appends two blocks around others with whatever arguments: two
// events come out, wherever the stream is cut.
func FuzzRoundTrip(f *testing.F) {
	f.Add("7-1", "goal", []byte(`{"a":1}`), "padding", int64(3000))
	f.Add("1\r\ndata: x\n\n", "a\n\nid: 9", []byte("\r\r\n\n\ndata: y\r"), "\n\ndata: z\n\n", int64(-1))
	f.Add("\x00", "\x00", []byte{}, "", int64(0))
	f.Add(" ", " ", []byte("\xef\xbb\xbf \n:\nid"), "\r", int64(1)<<62)
	f.Fuzz(func(t *testing.T, id, name string, data []byte, comment string, ms int64) {
		if len(id)+len(name)+len(data)+len(comment) > 256 {
			return // every place is cut: the square of the length
		}
		wire := AppendRetry(nil, ms)
		wire = AppendEvent(wire, id, name, data)
		wire = AppendComment(wire, comment)
		wire = AppendEvent(wire, "", "", []byte("end"))
		got := sameCut(t, 2*len(wire), string(wire))

		flat := strings.NewReplacer("\r", " ", "\n", " ", "\x00", " ")
		lines := strings.NewReplacer("\r\n", "\n", "\r", "\n")
		id, name, comment = flat.Replace(id), flat.Replace(name), lines.Replace(comment)
		want := []string{
			fmt.Sprintf("%q %q %q", id, name, lines.Replace(string(data))),
			fmt.Sprintf("%q %q %q", id, "", "end"),
			fmt.Sprintf("last=%q retry=%d,true comments=%d", id, max(ms, 0), strings.Count(comment, "\n")+1),
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q\ngot  %q\nwant %q", wire, got, want)
		}
	})
}
