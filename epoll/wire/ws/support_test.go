package ws

import (
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// event is a Message whose payload was copied, to compare.
type event struct {
	Op      Opcode
	Code    uint16
	Payload string
}

// transcript is what a Reader made of a wire: messages, then perhaps an end.
type transcript struct {
	Events []event
	End    uint16 // code of the CloseError, 0 for none
}

var testKey = [4]byte{0x37, 0xfa, 0x21, 0x3d}

// frame is a masked client frame.
func frame(op Opcode, fin bool, payload string) string {
	return string(AppendMaskedFrame(nil, op, fin, testKey, []byte(payload)))
}

// packed is a masked client frame with RSV1 set around payload as it is.
func packed(op Opcode, fin bool, payload string) string {
	b := []byte(frame(op, fin, payload))
	b[0] |= rsv1Bit
	return string(b)
}

// deflated is payload as a client compresses it.
func deflated(payload string) string { return string(AppendDeflated(nil, []byte(payload), 6)) }

// raw is bytes written in hexadecimal, blanks ignored.
func raw(s string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		return "bad test: " + err.Error()
	}
	return string(b)
}

// shut is a close frame of a client.
func shut(code uint16, reason string) string {
	return frame(OpClose, true, string([]byte{byte(code >> 8), byte(code)})+reason)
}

// feed gives piece to r as a loop would: in a buffer that is reused, and so
// overwritten, once its messages were handled.
func (tr *transcript) feed(t testing.TB, r *Reader, cfg *Config, deflate bool, piece string) {
	t.Helper()
	buf := []byte(piece)
	for p := buf; len(p) > 0 && tr.End == 0; {
		n, m, err := r.Next(cfg, deflate, p)
		if n < 0 || n > len(p) {
			t.Fatalf("Next took %d of %d bytes", n, len(p))
		}
		var broken *CloseError
		if errors.As(err, &broken) {
			tr.End = broken.Code
			break
		}
		if m.Op == OpNone {
			if n != len(p) {
				t.Fatalf("Next asked for more after %d of %d bytes", n, len(p))
			}
			break
		}
		tr.Events = append(tr.Events, event{m.Op, m.Code, string(m.Payload)})
		p = p[n:]
	}
	for i := range buf {
		buf[i] = 0xEE
	}
}

// play reads wire cut at the given places.
func play(t testing.TB, cfg *Config, deflate bool, wire string, cuts ...int) transcript {
	t.Helper()
	var tr transcript
	var r Reader
	from := 0
	for _, cut := range append(cuts, len(wire)) {
		tr.feed(t, &r, cfg, deflate, wire[from:cut])
		from = cut
	}
	return tr
}

// everywhere are the cuts that give a Reader one byte at a time.
func everywhere(wire string) []int {
	cuts := make([]int, 0, len(wire))
	for i := 1; i < len(wire); i++ {
		cuts = append(cuts, i)
	}
	return cuts
}

// wantPlay checks that wire means want, whole, cut at each byte and byte by byte.
func wantPlay(t *testing.T, cfg *Config, deflate bool, wire string, want transcript) {
	t.Helper()
	if got := play(t, cfg, deflate, wire); !reflect.DeepEqual(got, want) {
		t.Fatalf("whole: got %+v, want %+v", got, want)
	}
	for i := 1; i < len(wire); i++ {
		if got := play(t, cfg, deflate, wire, i); !reflect.DeepEqual(got, want) {
			t.Fatalf("cut at %d of %d: got %+v, want %+v", i, len(wire), got, want)
		}
	}
	if got := play(t, cfg, deflate, wire, everywhere(wire)...); !reflect.DeepEqual(got, want) {
		t.Fatalf("byte by byte: got %+v, want %+v", got, want)
	}
}

// config is the default with another limit.
func config(limit int) *Config {
	cfg := DefaultConfig()
	cfg.MaxMessage = limit
	return &cfg
}
