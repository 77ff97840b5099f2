package ws

import (
	"runtime"
	"strings"
	"testing"
	"unsafe"
)

func TestReaderSize(t *testing.T) {
	if got := unsafe.Sizeof(Reader{}); got > 8 {
		t.Errorf("an idle Reader takes %d bytes, want at most 8", got)
	}
}

// A whole message costs no allocation, whatever its kind.
func TestNextAllocs(t *testing.T) {
	cfg := DefaultConfig()
	for _, tt := range []struct {
		name string
		wire string
	}{
		{name: "small text", wire: frame(OpText, true, `{"op":"publish","room":"lobby","data":"hé"}`)},
		{name: "binary of 60 KiB", wire: frame(OpBinary, true, strings.Repeat("x", 60<<10))},
		{name: "ping", wire: frame(OpPing, true, "12")},
		{name: "close", wire: frame(OpClose, true, "\x03\xe8bye")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := make([]byte, len(tt.wire))
			readers := make([]Reader, 102) // a Reader that read a close is spent
			i, bad := 0, 0
			got := testing.AllocsPerRun(100, func() {
				copy(p, tt.wire)
				n, m, err := readers[i].Next(&cfg, true, p)
				if n != len(p) || m.Op == OpNone || err != nil {
					bad++
				}
				i++
			})
			want := 0.0
			if tt.name == "close" {
				want = 1 // it remembers that it ended
			}
			if got != want || bad > 0 {
				t.Errorf("%v allocations, %d failures, want %v and none", got, bad, want)
			}
		})
	}
}

func TestAppendAllocs(t *testing.T) {
	payload := []byte(strings.Repeat("x", 300))
	dst := make([]byte, 0, 1024)
	for _, tt := range []struct {
		name string
		run  func()
	}{
		{name: "AppendFrame", run: func() { dst = AppendFrame(dst[:0], OpText, false, payload) }},
		{name: "AppendMaskedFrame", run: func() { dst = AppendMaskedFrame(dst[:0], OpText, true, testKey, payload) }},
		{name: "AppendClose", run: func() { dst = AppendClose(dst[:0], CloseNormal, "done") }},
	} {
		if got := testing.AllocsPerRun(100, tt.run); got != 0 {
			t.Errorf("%s allocates %v times, want never", tt.name, got)
		}
	}
}

// What a Reader allocates follows what was sent, not what was announced.
func TestClaimAllocatesNothing(t *testing.T) {
	cfg := config(256 << 20)
	claim := raw("82 ff 0000000010000000 00000000") + "only these"
	const readers = 64
	all := make([]Reader, readers)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range all {
		if _, m, err := all[i].Next(cfg, false, []byte(claim)); m.Op != OpNone || err != nil {
			t.Fatalf("Next(claim of 256 MiB) = %v, %v", m.Op, err)
		}
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / readers; got > 2048 {
		t.Errorf("a claim of 256 MiB with 10 bytes sent allocated %d bytes", got)
	}
	runtime.KeepAlive(all)
}

// The buffer of a message in pieces doubles and never passes its announced end.
func TestGrowth(t *testing.T) {
	const size = 1 << 20
	wire := []byte(frame(OpBinary, true, strings.Repeat("x", size)))
	cfg := config(size)
	var r Reader
	moves, held := 0, 0
	for len(wire) > 0 {
		piece := wire[:min(1000, len(wire))]
		wire = wire[len(piece):]
		_, m, err := r.Next(cfg, false, piece)
		if err != nil {
			t.Fatalf("with %d bytes to come: %v", len(wire), err)
		}
		if m.Op == OpBinary && (len(m.Payload) != size || cap(m.Payload) > size+size/4) {
			t.Errorf("got %d bytes in a buffer of %d, want %d", len(m.Payload), cap(m.Payload), size)
		}
		if r.part != nil && cap(r.part.data) != held {
			moves, held = moves+1, cap(r.part.data)
		}
	}
	if moves > 12 || r.part != nil {
		t.Errorf("the buffer moved %d times, want at most 12; held after the end: %v", moves, r.part)
	}
}

// A bomb is given up at the limit and not after it went off.
func TestBombMemory(t *testing.T) {
	bomb := []byte(packed(OpBinary, true, deflated(strings.Repeat("\x00", 50<<20))))
	cfg := config(1 << 20)
	var r Reader
	if _, _, err := r.Next(cfg, true, []byte(packed(OpText, true, deflated("warm up the pool")))); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, _, err := r.Next(cfg, true, bomb)
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 4<<20 || err == nil {
		t.Errorf("a bomb of 50 MiB allocated %d bytes, err = %v, want at most 4 MiB and an error", got, err)
	}
}
