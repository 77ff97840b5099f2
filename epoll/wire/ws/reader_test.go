package ws

import (
	"strings"
	"testing"
)

// conversation is a wire and what it means.
type conversation struct {
	name    string
	deflate bool
	wire    string
	want    []event
}

func conversations() []conversation {
	long := strings.Repeat("0123456789abcdef", 20)
	return []conversation{
		{name: "§5.7 masked text", wire: raw("818537fa213d7f9f4d5158"),
			want: []event{{OpText, 0, "Hello"}}},
		{name: "§5.2 length in two bytes", wire: frame(OpBinary, true, long),
			want: []event{{OpBinary, 0, long}}},
		{name: "§5.2 125, 126 and 127 bytes",
			wire: frame(OpText, true, long[:125]) + frame(OpText, true, long[:126]) + frame(OpText, true, long[:127]),
			want: []event{{OpText, 0, long[:125]}, {OpText, 0, long[:126]}, {OpText, 0, long[:127]}}},
		{name: "§5.3 a key of zeros", wire: string(AppendMaskedFrame(nil, OpText, true, [4]byte{}, []byte("plain"))),
			want: []event{{OpText, 0, "plain"}}},
		{name: "§5.4 fragments", wire: frame(OpText, false, "Hel") + frame(OpContinuation, false, "l") + frame(OpContinuation, true, "o"),
			want: []event{{OpText, 0, "Hello"}}},
		{name: "§5.4 empty fragments", wire: frame(OpText, false, "") + frame(OpContinuation, false, "") + frame(OpContinuation, true, "x"),
			want: []event{{OpText, 0, "x"}}},
		{name: "§5.4 nothing but empty fragments", wire: frame(OpBinary, false, "") + frame(OpContinuation, true, ""),
			want: []event{{OpBinary, 0, ""}}},
		{name: "§5.4 control frames between fragments",
			wire: frame(OpText, false, "a") + frame(OpPing, true, "1") + frame(OpContinuation, false, "b") +
				frame(OpPong, true, "") + frame(OpContinuation, true, "c") + frame(OpText, true, "d"),
			want: []event{{OpPing, 0, "1"}, {OpPong, 0, ""}, {OpText, 0, "abc"}, {OpText, 0, "d"}}},
		{name: "§5.5.1 close between fragments", wire: frame(OpText, false, "a") + shut(1001, "bye"),
			want: []event{{OpClose, 1001, "bye"}}},
		{name: "§5.5.1 nothing follows a close", wire: shut(1000, "") + frame(OpText, true, "late") + "\xff\xff\xff",
			want: []event{{OpClose, 1000, ""}}},
		{name: "§5.5.1 close without status", wire: frame(OpClose, true, ""),
			want: []event{{OpClose, CloseNoStatus, ""}}},
		{name: "§5.5.1 longest reason", wire: shut(4999, long[:123]),
			want: []event{{OpClose, 4999, long[:123]}}},
		{name: "§5.5.2 ping of 125 bytes", wire: frame(OpPing, true, long[:125]),
			want: []event{{OpPing, 0, long[:125]}}},
		{name: "§5.6 empty text and binary", wire: frame(OpText, true, "") + frame(OpBinary, true, ""),
			want: []event{{OpText, 0, ""}, {OpBinary, 0, ""}}},
		{name: "§5.6 binary is not checked", wire: frame(OpBinary, true, "\xff\xfe"),
			want: []event{{OpBinary, 0, "\xff\xfe"}}},
		{name: "§8.1 runes cut by fragments", wire: frame(OpText, false, "κ\xe1") + frame(OpContinuation, false, "\xbd") + frame(OpContinuation, true, "\xb9σμε\U0010ffff"),
			want: []event{{OpText, 0, "κ\u1f79σμε\U0010ffff"}}},
		{name: "7692 §7.2.3.1 one block", deflate: true, wire: packed(OpText, true, raw("f248cdc9c90700")),
			want: []event{{OpText, 0, "Hello"}}},
		{name: "7692 §7.2.3.1 one block in fragments", deflate: true,
			wire: packed(OpText, false, raw("f248cd")) + frame(OpPing, true, "p") + frame(OpContinuation, true, raw("c9c90700")),
			want: []event{{OpPing, 0, "p"}, {OpText, 0, "Hello"}}},
		{name: "7692 §7.2.3.3 stored", deflate: true, wire: packed(OpText, true, raw("00 0500faff 48656c6c6f 00")),
			want: []event{{OpText, 0, "Hello"}}},
		{name: "7692 §7.2.3.4 BFINAL", deflate: true, wire: packed(OpText, true, raw("f348cdc9c9070000")),
			want: []event{{OpText, 0, "Hello"}}},
		{name: "7692 §7.2.3.5 two blocks", deflate: true, wire: packed(OpText, true, raw("f248050000 00ffff cac9c90700")),
			want: []event{{OpText, 0, "Hello"}}},
		{name: "7692 §7.2.3.6 empty", deflate: true, wire: packed(OpText, true, "\x00") + packed(OpBinary, true, ""),
			want: []event{{OpText, 0, ""}, {OpBinary, 0, ""}}},
		{name: "7692 §6 plain beside compressed", deflate: true,
			wire: frame(OpText, true, "plain") + packed(OpText, true, deflated(long)) + frame(OpText, false, "a") + frame(OpContinuation, true, "b"),
			want: []event{{OpText, 0, "plain"}, {OpText, 0, long}, {OpText, 0, "ab"}}},
	}
}

func TestConversations(t *testing.T) {
	for _, tt := range conversations() {
		t.Run(tt.name, func(t *testing.T) {
			cfg := DefaultConfig()
			wantPlay(t, &cfg, tt.deflate, tt.wire, transcript{Events: tt.want})
		})
	}
}

// A Reader says at every byte whether the client owes it more.
func TestBuffered(t *testing.T) {
	cfg := DefaultConfig()
	wire := frame(OpText, false, "ab") + frame(OpPing, true, "c") + frame(OpContinuation, true, "")
	var r Reader
	if r.Buffered() {
		t.Fatal("a new Reader is in the middle of something")
	}
	for i := range len(wire) {
		if _, _, err := r.Next(&cfg, false, []byte(wire[i:i+1])); err != nil {
			t.Fatalf("byte %d: %v", i, err)
		}
		if got, want := r.Buffered(), i < len(wire)-1; got != want {
			t.Errorf("after byte %d of %d Buffered() = %t, want %t", i+1, len(wire), got, want)
		}
	}
	if r.part != nil {
		t.Errorf("between messages the Reader holds %+v", r.part)
	}
	if _, m, _ := r.Next(&cfg, false, []byte(shut(1000, ""))); m.Op != OpClose || r.Buffered() {
		t.Errorf("after %v Buffered() = %t", m.Op, r.Buffered())
	}
}

// Messages stay what they are until the next call, also those put together.
func TestMessageOutlivesInput(t *testing.T) {
	cfg := DefaultConfig()
	wire := []byte(frame(OpText, true, "together"))
	var r Reader
	if _, m, err := r.Next(&cfg, false, wire[:8]); m.Op != OpNone || err != nil {
		t.Fatalf("Next(half) = %v, %v", m, err)
	}
	rest := wire[8:]
	_, m, err := r.Next(&cfg, false, rest)
	clear(rest)
	if err != nil || string(m.Payload) != "together" {
		t.Errorf("Next = %q, %v, want %q", m.Payload, err, "together")
	}
}

// The error that ended a connection is the answer to all that follows.
func TestErrorIsFinal(t *testing.T) {
	cfg := DefaultConfig()
	var r Reader
	_, _, first := r.Next(&cfg, false, []byte(raw("83 80 00000000")))
	if first == nil {
		t.Fatal("a reserved opcode passed")
	}
	n, m, err := r.Next(&cfg, false, []byte(frame(OpText, true, "x")))
	if n != 7 || m.Op != OpNone || err != first {
		t.Errorf("Next after the end = %d, %v, %v, want 7, none, %v", n, m.Op, err, first)
	}
	if r.Buffered() {
		t.Error("an ended Reader waits for more")
	}
}

// 4 MiB in 65,536 fragments is one legal message, and takes linear time.
func TestManyFragments(t *testing.T) {
	const fragments, size = 65536, 64
	cfg := config(fragments * size)
	piece := strings.Repeat("x", size)
	wire := []byte(frame(OpText, false, piece))
	for range fragments - 2 {
		wire = AppendMaskedFrame(wire, OpContinuation, false, testKey, []byte(piece))
	}
	wire = AppendMaskedFrame(wire, OpContinuation, true, testKey, []byte(piece))
	cuts := []int{}
	for i := 1 << 16; i < len(wire); i += 1 << 16 {
		cuts = append(cuts, i)
	}
	got := play(t, cfg, false, string(wire), cuts...)
	if got.End != 0 || len(got.Events) != 1 || got.Events[0].Payload != strings.Repeat("x", fragments*size) {
		t.Errorf("end %d, %d messages, want one of %d bytes", got.End, len(got.Events), fragments*size)
	}
}
