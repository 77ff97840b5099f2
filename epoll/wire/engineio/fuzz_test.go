package engineio

import (
	"bytes"
	"testing"
)

// FuzzPayload takes payloads apart, cut at every byte, and puts what came out
// together again.
func FuzzPayload(f *testing.F) {
	for _, s := range []string{
		"4hello", "4a\x1e2\x1ebAQIDBA==", "4\u20ac\x1e1", "6:4hello1:2", "10:b4AQIDBA==", "3:4\U0001f600",
		"\x00\x02\xff4x\x01\x04\xff\x04\x01\x02\x03", "", "\x1e", "99999999999:4", "\x01\x09\x09\xff\x04",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		for cut := range min(len(p), 64) + 1 {
			for _, version := range []int{4, 3} {
				check(t, version, false, p[:cut])
			}
			check(t, 3, true, p[:cut])
		}
		check(t, 4, false, p)
		check(t, 3, false, p)
		check(t, 3, true, p)
	})
}

func check(t *testing.T, version int, inBinary bool, p []byte) {
	t.Helper()
	given := bytes.Clone(p)
	packets, err := all(version, inBinary, p)
	if !bytes.Equal(p, given) {
		t.Fatalf("%q was changed", given)
	}
	if len(packets) > len(p) {
		t.Fatalf("%d packets of %d bytes", len(packets), len(p))
	}
	var wire []byte
	for _, packet := range packets {
		if inBinary {
			wire = AppendBinaryElement(wire, packet)
		} else {
			wire = AppendElement(wire, version, packet)
		}
	}
	if err != nil || len(packets) == 0 {
		return
	}
	if !inBinary {
		wire = Trim(version, wire)
	}
	again, err := all(version, inBinary, wire)
	if err != nil || len(again) != len(packets) {
		t.Fatalf("%q gave %v, written %q, read %v and %v", p, packets, wire, again, err)
	}
	for i := range again {
		if !same(again[i], packets[i]) {
			t.Fatalf("packet %d of %q is %v, then %v", i, p, packets[i], again[i])
		}
	}
}

// FuzzFrame reads WebSocket messages.
func FuzzFrame(f *testing.F) {
	for _, s := range []string{"4a", "bAQ==", "b4AQ==", "\x04abc", "2probe", "", "abc"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		for _, version := range []int{3, 4} {
			for _, inBinary := range []bool{false, true} {
				packet, err := ParseFrame(version, inBinary, p)
				if err != nil {
					continue
				}
				for _, b64 := range []bool{false, true} {
					wire, isBinary := AppendFrame(nil, version, b64, packet)
					again, err := ParseFrame(version, isBinary, wire)
					if err != nil || !same(again, packet) {
						t.Fatalf("version %d: %q gave %v, written %q, read %v, %v", version, p, packet, wire, again, err)
					}
				}
			}
		}
	})
}

// FuzzScript undoes what it does.
func FuzzScript(f *testing.F) {
	f.Add([]byte("4a\n\u2028\"\\n"))
	f.Fuzz(func(t *testing.T, p []byte) {
		if got := Unescape(Escape(nil, p)); !bytes.Equal(got, p) && !bytes.Contains(p, []byte(`\\n`)) && !bytes.Contains(p, []byte("\\\n")) {
			t.Fatalf("%q became %q", p, got)
		}
		p = bytes.ToValidUTF8(p, nil)
		wire := AppendScript(nil, "1", p)
		if bytes.ContainsAny(wire, "\n\r\u2028\u2029") {
			t.Fatalf("%q has a line end", wire)
		}
		if _, got, err := ParseScript(wire); err != nil || !bytes.Equal(got, p) {
			t.Fatalf("%q became %q, %v", p, got, err)
		}
		ParseScript(p) // must not panic
		ParseHandshake(p)
	})
}
