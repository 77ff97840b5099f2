package engineio

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// text and binary are packets for tables.
func text(t Type, data string) Packet { return Packet{Type: t, Data: []byte(data)} }

func binary(data string) Packet {
	return Packet{Type: Message, Binary: true, Data: []byte(data)}
}

func same(a, b Packet) bool {
	return a.Type == b.Type && a.Binary == b.Binary && bytes.Equal(a.Data, b.Data)
}

// all takes a payload apart.
func all(version int, inBinary bool, p []byte) (out []Packet, err error) {
	for first := true; first || p != nil; first = false {
		var packet Packet
		if inBinary {
			packet, p, err = NextBinary(p)
		} else {
			packet, p, err = Next(version, p)
		}
		if err != nil {
			return out, err
		}
		out = append(out, packet)
	}
	return out, nil
}

// TestPayloads writes and reads the payloads of both versions.
func TestPayloads(t *testing.T) {
	for _, tt := range []struct {
		name    string
		version int
		wire    string
		packets []Packet
	}{
		{"one of 4", 4, "4hello", []Packet{text(Message, "hello")}},
		{"several of 4", 4, "4a\x1e2\x1e4b", []Packet{text(Message, "a"), text(Ping, ""), text(Message, "b")}},
		{"binary of 4", 4, "4x\x1ebAQIDBA==", []Packet{text(Message, "x"), binary("\x01\x02\x03\x04")}},
		{"close of 4", 4, "6\x1e1", []Packet{text(Noop, ""), text(Close, "")}},
		{"empty binary of 4", 4, "b", []Packet{binary("")}},
		{"empty message of 4", 4, "4", []Packet{text(Message, "")}},
		{"one of 3", 3, "6:4hello", []Packet{text(Message, "hello")}},
		{"close of 3", 3, "1:1", []Packet{text(Close, "")}},
		{"several of 3", 3, "2:4a1:210:b4AQIDBA==", []Packet{text(Message, "a"), text(Ping, ""), binary("\x01\x02\x03\x04")}},
		{"units of 3", 3, "5:4\u20ac\U0001f60022:4\u00e9", []Packet{text(Message, "\u20ac\U0001f6002"), text(Message, "\u00e9")}},
		{"two bytes of 3", 3, "2:4\u00e9", []Packet{text(Message, "\u00e9")}},
		{"three bytes of 3", 3, "2:4\u20ac", []Packet{text(Message, "\u20ac")}},
		{"four bytes of 3", 3, "3:4\U0001f600", []Packet{text(Message, "\U0001f600")}},
		{"a separator of 3", 3, "4:4a\x1eb", []Packet{text(Message, "a\x1eb")}},
	} {
		var elements []byte
		for _, p := range tt.packets {
			elements = AppendElement(elements, tt.version, p)
		}
		if got := string(Trim(tt.version, elements)); got != tt.wire {
			t.Errorf("%s: wrote %q, want %q", tt.name, got, tt.wire)
		}
		got, err := all(tt.version, false, []byte(tt.wire))
		if err != nil || len(got) != len(tt.packets) {
			t.Errorf("%s: %d packets, %v, want %d", tt.name, len(got), err, len(tt.packets))
			continue
		}
		for i := range got {
			if !same(got[i], tt.packets[i]) {
				t.Errorf("%s: packet %d is %v, want %v", tt.name, i, got[i], tt.packets[i])
			}
		}
	}
}

// TestBinaryPayloads does the same for those of version 3 that are not text.
func TestBinaryPayloads(t *testing.T) {
	for _, tt := range []struct {
		name, wire string
		packets    []Packet
	}{
		{"both", "\x00\x02\xff4x\x01\x04\xff\x04\x01\x02\x03", []Packet{text(Message, "x"), binary("\x01\x02\x03")}},
		{"bytes, not units", "\x00\x05\xff4\U0001f600", []Packet{text(Message, "\U0001f600")}},
		{"ten", "\x01\x01\x01\xff\x04" + strings.Repeat("z", 10), []Packet{binary(strings.Repeat("z", 10))}},
		{"control", "\x00\x01\xff2", []Packet{text(Ping, "")}},
	} {
		var wire []byte
		for _, p := range tt.packets {
			wire = AppendBinaryElement(wire, p)
		}
		if string(wire) != tt.wire {
			t.Errorf("%s: wrote % x, want % x", tt.name, wire, tt.wire)
		}
		got, err := all(3, true, []byte(tt.wire))
		if err != nil || len(got) != len(tt.packets) {
			t.Errorf("%s: %d packets, %v, want %d", tt.name, len(got), err, len(tt.packets))
			continue
		}
		for i := range got {
			if !same(got[i], tt.packets[i]) {
				t.Errorf("%s: packet %d is %v, want %v", tt.name, i, got[i], tt.packets[i])
			}
		}
	}
}

// TestBroken refuses what is no payload, after what comes before it.
func TestBroken(t *testing.T) {
	for _, tt := range []struct {
		name    string
		version int // 0: the binary one of 3
		wire    string
		before  int // packets
	}{
		{"nothing", 4, "", 0},
		{"no type", 4, "abc", 0},
		{"type 7", 4, "7", 0},
		{"separator alone", 4, "\x1e", 0},
		{"separator at the end", 4, "4a\x1e", 1},
		{"two separators", 4, "4a\x1e\x1e4b", 1},
		{"bad base64", 4, "bA", 0},
		{"base64 of another alphabet", 4, "b-_8=", 0},
		{"base64 in lines", 4, "bAAAA\nAAAA", 0},
		{"padding inside", 4, "bAA==AAAA", 0},
		{"too much padding", 4, "bAAA==", 0},
		{"no UTF-8", 4, "4\xff", 0},
		{"half a rune", 4, "4\xe2\x82", 0},
		{"nothing", 3, "", 0},
		{"no length", 3, ":4a", 0},
		{"no colon", 3, "2", 0},
		{"length 0", 3, "0:", 0},
		{"too long", 3, "3:4a", 0},
		{"too short", 3, "1:4a", 1},
		{"far too long", 3, "99999999999999999999999:4a", 0},
		{"half a pair", 3, "2:4\U0001f600", 0},
		{"no UTF-8", 3, "2:4\xff", 0},
		{"surrogate in UTF-8", 3, "2:4\xed\xa0\x80", 0},
		{"binary of another type", 3, "3:b2A", 0},
		{"binary without type", 3, "1:b", 0},
		{"sign", 3, "+2:4a", 0},
		{"nothing", 0, "", 0},
		{"other kind", 0, "\x02\x01\xff4", 0},
		{"no length", 0, "\x00\xff4", 0},
		{"length 0", 0, "\x00\x00\xff", 0},
		{"no end of length", 0, "\x00\x01", 0},
		{"too long", 0, "\x00\x03\xff4a", 0},
		{"far too long", 0, "\x00\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\xff4a", 0},
		{"digit in text", 0, "\x001\xff4", 0},
		{"binary of another type", 0, "\x01\x01\xff\x02", 0},
		{"no UTF-8", 0, "\x00\x02\xff4\xff", 0},
	} {
		got, err := all(max(tt.version, 3), tt.version == 0, []byte(tt.wire))
		if !errors.Is(err, ErrPacket) || len(got) != tt.before {
			t.Errorf("version %d, %s: %d packets, %v, want %d and an error", tt.version, tt.name, len(got), err, tt.before)
		}
	}
}

// TestFrames is the same on a WebSocket.
func TestFrames(t *testing.T) {
	for _, tt := range []struct {
		name    string
		version int
		b64     bool
		packet  Packet
		wire    string
		binary  bool
	}{
		{"text of 4", 4, false, text(Message, "a"), "4a", false},
		{"binary of 4", 4, false, binary("\x04a"), "\x04a", true},
		{"binary of 4 as text", 4, true, binary("a"), "bYQ==", false},
		{"text of 3", 3, false, text(Pong, "probe"), "3probe", false},
		{"binary of 3", 3, false, binary("a"), "\x04a", true},
		{"binary of 3 as text", 3, true, binary("a"), "b4YQ==", false},
	} {
		wire, inBinary := AppendFrame([]byte("x"), tt.version, tt.b64, tt.packet)
		if string(wire) != "x"+tt.wire || inBinary != tt.binary {
			t.Errorf("%s: wrote %q, binary %t, want %q, %t", tt.name, wire[1:], inBinary, tt.wire, tt.binary)
		}
		got, err := ParseFrame(tt.version, tt.binary, []byte(tt.wire))
		if err != nil || !same(got, tt.packet) {
			t.Errorf("%s: read %v, %v", tt.name, got, err)
		}
	}
	for _, tt := range []struct {
		version int
		binary  bool
		wire    string
	}{{4, false, ""}, {4, false, "abc"}, {3, true, ""}, {3, true, "\x02"}, {3, false, "b"}, {4, false, "b?"}} {
		if got, err := ParseFrame(tt.version, tt.binary, []byte(tt.wire)); !errors.Is(err, ErrPacket) {
			t.Errorf("version %d, %q: %v, %v", tt.version, tt.wire, got, err)
		}
	}
}
