package protocol

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"grandstand/session"
	"grandstand/session/room"
)

// TestAppendString reads back what was written, and looks at the bytes where
// one form is better than another.
func TestAppendString(t *testing.T) {
	for _, tt := range []struct{ name, in, out string }{
		{"empty", "", `""`},
		{"plain", "goal", `"goal"`},
		{"quote and backslash", `a"b\c`, `"a\"b\\c"`},
		{"control characters", "\x00\n\x1f\x7f", `"\u0000\u000a\u001f\u007f"`},
		{"line ends of JavaScript", "\u2028\u2029", `"\u2028\u2029"`},
		{"not escaped for HTML", "<&>'/", `"<&>'/"`},
		{"two, three and four bytes", "é€😀", `"é€😀"`},
		{"not UTF-8", "a\xffb", `"a�b"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := string(appendString([]byte("x"), tt.in))
			if got != "x"+tt.out {
				t.Errorf("appendString(%q) = %s, want x%s", tt.in, got, tt.out)
			}
			var back string
			if err := json.Unmarshal([]byte(got[1:]), &back); err != nil || back != strings.ToValidUTF8(tt.in, "\ufffd") {
				t.Errorf("%s reads back as %q, %v, want %q", got[1:], back, err, tt.in)
			}
		})
	}
}

// TestAppendStringAllRunes reads back one string with every character there is.
func TestAppendStringAllRunes(t *testing.T) {
	var all strings.Builder
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if utf8.ValidRune(r) {
			all.WriteRune(r)
		}
	}
	var back string
	if err := json.Unmarshal(appendString(nil, all.String()), &back); err != nil || back != all.String() {
		t.Errorf("%d bytes read back as %d, %v", all.Len(), len(back), err)
	}
}

// answer is any message of the server.
type answer struct {
	Type      string          `json:"type"`
	Room      string          `json:"room"`
	ID        string          `json:"id"`
	Event     string          `json:"event"`
	Data      json.RawMessage `json:"data"`
	Events    []answer        `json:"events"`
	From      string          `json:"from"`
	To        string          `json:"to"`
	Cursor    string          `json:"cursor"`
	Head      string          `json:"head"`
	Session   string          `json:"session"`
	Recovered *bool           `json:"recovered"`
	Viewers   int             `json:"viewers"`
	Code      string          `json:"code"`
	Message   string          `json:"message"`
	AfterMS   int64           `json:"after_ms"`
	Ack       *int64          `json:"ack"`
}

// read decodes a message, which may hold no field that is not in answer.
func read(t *testing.T, p []byte) (a answer) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(p)))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		t.Fatalf("%s: %v", p, err)
	}
	return a
}

func TestAppendEvent(t *testing.T) {
	s := openStage(t, session.DefaultConfig())
	const data = `{"b":1.0,"a":-0e10,"\u0062":"\u00e9\ud800","b":null}`
	p := s.native.AppendEvent([]byte("x"), "match:1", &room.Event{ID: 1<<64 - 1, Name: `say "it"`, Data: []byte(data)})
	got := read(t, p[1:])
	if got.Type != "event" || got.Room != "match:1" || got.ID != s.hub.Cursor(1<<64-1) || got.Event != `say "it"` {
		t.Errorf("event %s", p)
	}
	// Nothing of data is decoded: numbers, escapes, order and doubles stay.
	if string(got.Data) != data {
		t.Errorf("data %s, want %s", got.Data, data)
	}
}

func TestAppendEventDoesNotAllocate(t *testing.T) {
	s := openStage(t, session.DefaultConfig())
	e := &room.Event{ID: 1 << 40, Name: "goal", Data: []byte(`{"minute":12}`)}
	buf := make([]byte, 0, 256)
	if n := testing.AllocsPerRun(100, func() { s.native.AppendEvent(buf, "match:1", e) }); n != 0 {
		t.Errorf("%v allocations an event, want none", n)
	}
}

func TestAppendGap(t *testing.T) {
	s := openStage(t, session.DefaultConfig())
	p := s.native.AppendGap([]byte("x"), "match:1", 3, 9)
	if got := read(t, p[1:]); got.Type != "gap" || got.Room != "match:1" || got.From != s.hub.Cursor(3) || got.To != s.hub.Cursor(9) {
		t.Errorf("gap %s", p)
	}
}

func TestAppendReconnect(t *testing.T) {
	s := openStage(t, session.DefaultConfig())
	for _, ms := range []int64{0, 2150} {
		p := s.native.AppendReconnect([]byte("x"), ms, "")
		if got := read(t, p[1:]); got.Type != "reconnect" || got.AfterMS != ms {
			t.Errorf("after %d ms: %s", ms, p)
		}
	}
}

func TestAppendHistory(t *testing.T) {
	s := openStage(t, session.DefaultConfig())
	for n := range 3 {
		var events []room.Event
		for i := range n {
			events = append(events, room.Event{ID: uint64(i + 1), Name: "\n", Data: []byte(`[1e2]`)})
		}
		got := read(t, s.native.appendHistory(nil, "match:1", events))
		if got.Type != "history" || got.Room != "match:1" || got.Events == nil || len(got.Events) != n {
			t.Fatalf("%d events: %+v", n, got)
		}
		for i, e := range got.Events {
			if e.ID != s.hub.Cursor(uint64(i+1)) || e.Event != "\n" || string(e.Data) != `[1e2]` {
				t.Errorf("event %d of %d: %+v", i, n, e)
			}
		}
	}
}

func TestAppendErrorAndAck(t *testing.T) {
	none, minus, large := (*int64)(nil), int64(-1), int64(1<<63-1)
	for _, ack := range []*int64{none, &minus, &large} {
		p := appendError(nil, &session.Error{Code: session.CodeBadRoom, Message: "not \"here\"\n"}, ack)
		got := read(t, p)
		if got.Type != "error" || got.Code != "bad_room" || got.Message != "not \"here\"\n" {
			t.Errorf("error %s", p)
		}
		if (got.Ack == nil) != (ack == nil) || ack != nil && *got.Ack != *ack {
			t.Errorf("ack of %s, want %v", p, ack)
		}
	}
}

// TestJoinedFields: a program may rely on every field of joined being there.
func TestJoinedFields(t *testing.T) {
	s := openStage(t, session.DefaultConfig())
	id := s.publish("match:1", "goal", "1")
	f := s.open()
	out := s.ask(f, `{"type":"join","room":"match:1","ack":7}`)
	if len(out) != 1 {
		t.Fatalf("answers %q, want one", out)
	}
	got := read(t, []byte(out[0]))
	if got.Type != "joined" || got.Room != "match:1" || got.Cursor != s.hub.Cursor(id) || got.Head != s.hub.Cursor(id) ||
		got.Recovered == nil || *got.Recovered || got.Viewers != 1 || got.Session != f.ID() || got.Ack == nil || *got.Ack != 7 {
		t.Errorf("joined %s", out[0])
	}
}
