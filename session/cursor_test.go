package session

import (
	"strings"
	"testing"
)

func TestParseCursor(t *testing.T) {
	g := newRig(t, nil)
	own := g.epoch
	tests := []struct {
		in      string
		id      uint64
		foreign bool
		bad     bool
	}{
		{in: own + "-0"},
		{in: own + "-7", id: 7},
		{in: own + "-18446744073709551615", id: 1<<64 - 1},
		{in: own + "-007", id: 7},
		{in: "other-7", id: 7, foreign: true},
		{in: "A9z-1", id: 1, foreign: true},
		{in: strings.Repeat("e", 16) + "-1", id: 1, foreign: true},
		{in: strings.Repeat("e", 17) + "-1", bad: true},
		{in: "", bad: true},
		{in: own, bad: true},
		{in: own + "-", bad: true},
		{in: "-7", bad: true},
		{in: "7", bad: true},
		{in: own + "-18446744073709551616", bad: true},
		{in: own + "-000000000000000000001", bad: true},
		{in: own + "-+7", bad: true},
		{in: own + "--7", bad: true},
		{in: own + "-7 ", bad: true},
		{in: " " + own + "-7", bad: true},
		{in: own + "-7-7", bad: true},
		{in: own + "-0x7", bad: true},
		{in: own + "-1_0", bad: true},
		{in: own + "-7\n", bad: true},
		{in: "ä-7", bad: true},
		{in: own + "-٧", bad: true},
	}
	for _, tt := range tests {
		id, foreign, err := g.ParseCursor(tt.in)
		if tt.bad {
			if got := code(t, err); got != CodeBadCursor {
				t.Errorf("ParseCursor(%q): %v, want %s", tt.in, err, CodeBadCursor)
			}
			continue
		}
		if id != tt.id || foreign != tt.foreign || err != nil {
			t.Errorf("ParseCursor(%q) = %d, %v, %v, want %d, %v", tt.in, id, foreign, err, tt.id, tt.foreign)
		}
	}
}

func FuzzParseCursor(f *testing.F) {
	for _, s := range []string{"own-7", "other-18446744073709551615", "own-", "-", "own-007"} {
		f.Add(s)
	}
	h := &Hub{epoch: "own"}
	f.Fuzz(func(t *testing.T, s string) {
		id, foreign, err := h.ParseCursor(s)
		if err != nil {
			if id != 0 || foreign {
				t.Errorf("ParseCursor(%q) = %d, %v with the error %v", s, id, foreign, err)
			}
			return
		}
		if foreign == strings.HasPrefix(s, "own-") {
			t.Errorf("ParseCursor(%q): foreign %v", s, foreign)
		}
		back, again, err := h.ParseCursor(h.Cursor(id))
		if back != id || again || err != nil {
			t.Errorf("ParseCursor(%q) = %d, and back %d, %v, %v", s, id, back, again, err)
		}
	})
}

func TestID(t *testing.T) {
	seen := map[string]bool{}
	for range 10000 {
		id := newID()
		s := id.String()
		if len(s) != 20 || seen[s] {
			t.Fatalf("id %q: want 20 characters nobody else has", s)
		}
		seen[s] = true
		if back, ok := ParseID(s); !ok || back != id {
			t.Fatalf("ParseID(%q) = %v, %v, want %v", s, back, ok, id)
		}
		if !strings.HasSuffix(s, "AAAA") {
			t.Fatalf("id %q: the node's part is not 0", s)
		}
	}
	for _, bad := range []string{"", "A", strings.Repeat("A", 19), strings.Repeat("A", 21), strings.Repeat("A", 19) + "=", strings.Repeat("A", 19) + "/", strings.Repeat("A", 19) + "\n"} {
		if id, ok := ParseID(bad); ok {
			t.Errorf("ParseID(%q) = %v, want none", bad, id)
		}
	}
}
