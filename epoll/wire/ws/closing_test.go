package ws

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestValidCloseCode(t *testing.T) {
	valid := []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999}
	for _, code := range valid {
		wantPlay(t, config(1), false, shut(code, "x"), transcript{Events: []event{{OpClose, code, "x"}}})
	}
	for _, code := range []uint16{0, 1, 999, 1004, 1005, 1006, 1012, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		wantPlay(t, config(1), false, shut(code, "x"), transcript{End: CloseProtocol})
	}
	n := 0
	for code := range 1 << 16 {
		if ValidCloseCode(uint16(code)) {
			n++
		}
	}
	if want := 4 + 5 + 2000; n != want {
		t.Errorf("%d codes are valid, want %d", n, want)
	}
}

func TestAppendClose(t *testing.T) {
	for _, tt := range []struct {
		name   string
		code   uint16
		reason string
		want   string
	}{
		{name: "code and reason", code: 1000, reason: "bye", want: raw("88 05 03e8") + "bye"},
		{name: "code alone", code: 4002, want: raw("88 02 0fa2")},
		{name: "no status", code: 0, reason: "unsaid", want: raw("88 00")},
		{name: "1005 stays here", code: CloseNoStatus, want: raw("88 00")},
		{name: "1006 stays here", code: CloseAbnormal, want: raw("88 00")},
		{name: "1015 stays here", code: CloseTLS, want: raw("88 00")},
		{name: "123 bytes", code: 1000, reason: strings.Repeat("x", 123), want: raw("88 7d 03e8") + strings.Repeat("x", 123)},
		{name: "124 bytes", code: 1000, reason: strings.Repeat("x", 124), want: raw("88 7d 03e8") + strings.Repeat("x", 123)},
		{name: "cut before a rune", code: 1000, reason: strings.Repeat("x", 121) + "日", want: raw("88 7b 03e8") + strings.Repeat("x", 121)},
		{name: "cut between runes", code: 1000, reason: strings.Repeat("日", 50), want: raw("88 7d 03e8") + strings.Repeat("日", 41)},
		{name: "cut where nothing starts", code: 1000, reason: strings.Repeat("\x80", 200), want: raw("88 02 03e8")},
	} {
		got := string(AppendClose([]byte("kept"), tt.code, tt.reason))
		if got != "kept"+tt.want {
			t.Errorf("%s: AppendClose = %x, want %x", tt.name, got[4:], tt.want)
		}
		if !utf8.ValidString(got[min(len(got), 8):]) {
			t.Errorf("%s: the reason is not UTF-8", tt.name)
		}
	}
}

// A close is answered with its own code. RFC 6455 §5.5.1
func TestCloseEcho(t *testing.T) {
	for code, want := range map[uint16]string{1001: raw("88 02 03e9"), CloseNoStatus: raw("88 00")} {
		wire := shut(code, "")
		if code == CloseNoStatus {
			wire = frame(OpClose, true, "")
		}
		var r Reader
		_, m, err := r.Next(config(1), false, []byte(wire))
		if got := string(AppendClose(nil, m.Code, "")); err != nil || got != want {
			t.Errorf("echo of %d = %x, %v, want %x", code, got, err, want)
		}
	}
}

func TestNames(t *testing.T) {
	for op, want := range map[Opcode]string{
		OpNone: "continuation", OpText: "text", OpBinary: "binary", OpClose: "close", OpPing: "ping", OpPong: "pong", 11: "opcode 11",
	} {
		if got := op.String(); got != want {
			t.Errorf("Opcode(%d) = %q, want %q", byte(op), got, want)
		}
	}
	if got, want := (&CloseError{Code: 1002, Reason: "why"}).Error(), "ws: close 1002: why"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	m := Message{Op: OpClose, Payload: []byte("why")}
	if got := m.Reason(); got != "why" {
		t.Errorf("Reason() = %q, want %q", got, "why")
	}
	m.Op = OpText
	if got := m.Reason(); got != "" {
		t.Errorf("Reason() of a text = %q, want none", got)
	}
}
