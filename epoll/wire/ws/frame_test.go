package ws

import (
	"encoding/binary"
	"strings"
	"testing"
)

func TestAppendHeader(t *testing.T) {
	for _, tt := range []struct {
		name string
		op   Opcode
		rsv1 bool
		n    int
		want string
	}{
		{name: "empty text", op: OpText, n: 0, want: "81 00"},
		{name: "125", op: OpText, n: 125, want: "81 7d"},
		{name: "126", op: OpBinary, n: 126, want: "82 7e 007e"},
		{name: "65535", op: OpBinary, n: 65535, want: "82 7e ffff"},
		{name: "65536", op: OpBinary, n: 65536, want: "82 7f 0000000000010000"},
		{name: "5 GiB", op: OpBinary, n: 5 << 30, want: "82 7f 0000000140000000"},
		{name: "compressed", op: OpText, rsv1: true, n: 7, want: "c1 07"},
		{name: "ping", op: OpPing, n: 0, want: "89 00"},
		{name: "pong", op: OpPong, n: 3, want: "8a 03"},
	} {
		if got := string(AppendHeader([]byte("kept"), tt.op, tt.rsv1, tt.n)); got != "kept"+raw(tt.want) {
			t.Errorf("%s: AppendHeader = %x, want kept + %s", tt.name, got, tt.want)
		}
	}
}

// The frames RFC 6455 §5.7 prints.
func TestAppendFrame(t *testing.T) {
	for _, tt := range []struct {
		name string
		got  []byte
		want string
	}{
		{name: "unmasked text", got: AppendFrame(nil, OpText, false, []byte("Hello")), want: raw("81 05 48 65 6c 6c 6f")},
		{name: "masked text", got: AppendMaskedFrame(nil, OpText, true, testKey, []byte("Hello")), want: raw("81 85 37 fa 21 3d 7f 9f 4d 51 58")},
		{name: "first fragment", got: AppendMaskedFrame(nil, OpText, false, [4]byte{}, []byte("Hel")), want: raw("01 83 00000000 48 65 6c")},
		{name: "ping", got: AppendFrame(nil, OpPing, false, []byte("Hello")), want: raw("89 05 48 65 6c 6c 6f")},
		{name: "256 bytes", got: AppendFrame(nil, OpBinary, false, make([]byte, 256)), want: raw("82 7e 0100") + strings.Repeat("\x00", 256)},
		{name: "64 KiB", got: AppendFrame(nil, OpBinary, false, make([]byte, 65536)),
			want: raw("82 7f 0000000000010000") + strings.Repeat("\x00", 65536)},
		{name: "compressed", got: AppendFrame(nil, OpText, true, []byte(raw("f248cdc9c90700"))), want: raw("c1 07 f2 48 cd c9 c9 07 00")},
	} {
		if string(tt.got) != tt.want {
			t.Errorf("%s: got %.40x, want %.40x", tt.name, tt.got, tt.want)
		}
	}
}

// A header cut at any byte is asked more of, and whole it says what was put in.
func TestHeaderRoundTrip(t *testing.T) {
	in := terms{deflate: true, limit: maxMessageCeiling}
	for _, size := range []int{0, 1, 125, 126, 127, 65535, 65536, maxMessageCeiling} {
		b := appendLength([]byte{finBit | rsv1Bit | byte(OpBinary)}, maskBit, size)
		b = append(b, testKey[:]...)
		for cut := range b {
			if h, n, err := in.parse(b[:cut]); err != errShort || n != 0 {
				t.Fatalf("size %d, %d of %d bytes: %+v, %d, %v, want errShort", size, cut, len(b), h, n, err)
			}
		}
		want := header{size: size, key: binary.LittleEndian.Uint32(testKey[:]), op: OpBinary, fin: true, rsv1: true}
		if h, n, err := in.parse(append(b, "payload"...)); h != want || n != len(b) || err != nil {
			t.Errorf("size %d: %+v, %d, %v, want %+v, %d", size, h, n, err, want, len(b))
		}
	}
}

func TestConfigValidate(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("the default is refused: %v", err)
	}
	bad := Config{MaxMessage: 0, DeflateThreshold: -1, DeflateLevel: 10}
	err := bad.Validate()
	if err == nil {
		t.Fatalf("%+v passed", bad)
	}
	for _, want := range []string{"max_message: 0", "deflate_threshold: -1", "deflate_level: 10"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Validate() = %q, want it to name %q", err, want)
		}
	}
	big := DefaultConfig()
	big.MaxMessage = maxMessageCeiling + 1
	if big.Validate() == nil {
		t.Errorf("max_message %d passed", big.MaxMessage)
	}
}
