package session

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"grandstand/session/broker"
)

// TestPublishRefuses what cannot be an event, and then makes no room and
// commits nothing.
func TestPublishRefuses(t *testing.T) {
	ok := broker.Message{Rooms: []string{"a"}, Name: "say", Data: []byte(`1`)}
	with := func(change func(m *broker.Message)) []broker.Message {
		m := ok
		change(&m)
		return []broker.Message{{Rooms: []string{"fine"}, Name: "say"}, m}
	}
	named := func(name string) []broker.Message { return with(func(m *broker.Message) { m.Name = name }) }
	data := func(d string) []broker.Message { return with(func(m *broker.Message) { m.Data = []byte(d) }) }
	rooms := func(r ...string) []broker.Message { return with(func(m *broker.Message) { m.Rooms = r }) }
	tests := []struct {
		name  string
		key   string
		batch []broker.Message
		want  Code
	}{
		{name: "no event", want: CodeBadMessage},
		{name: "batch too long", batch: make([]broker.Message, 4), want: CodeTooMany},
		{name: "key too long", key: strings.Repeat("k", 129), batch: named("say"), want: CodeBadKey},
		{name: "no room", batch: rooms(), want: CodeBadRoom},
		{name: "too many rooms", batch: rooms("a", "b", "c", "d"), want: CodeTooMany},
		{name: "empty room", batch: rooms("a", ""), want: CodeBadRoom},
		{name: "long room", batch: rooms(strings.Repeat("r", 11)), want: CodeBadRoom},
		{name: "space in room", batch: rooms("a b"), want: CodeBadRoom},
		{name: "quote in room", batch: rooms(`a"`), want: CodeBadRoom},
		{name: "NUL in room", batch: rooms("a\x00"), want: CodeBadRoom},
		{name: "letter beyond ASCII in room", batch: rooms("ä"), want: CodeBadRoom},
		{name: "no event name", batch: named(""), want: CodeBadEvent},
		{name: "long event name", batch: named(strings.Repeat("e", 13)), want: CodeBadEvent},
		{name: "event name with line feed", batch: named("a\nb"), want: CodeBadEvent},
		{name: "event name with DEL", batch: named("a\x7f"), want: CodeBadEvent},
		{name: "event name with line separator", batch: named("a\u2028"), want: CodeBadEvent},
		{name: "event name not UTF-8", batch: named("a\xff"), want: CodeBadEvent},
		{name: "event name that ends Socket.IO clients", batch: named("disconnect"), want: CodeBadEvent},
		{name: "data too large", batch: data(`"` + strings.Repeat("x", 19) + `"`), want: CodeTooLarge},
		{name: "data not UTF-8", batch: data("\"\xff\""), want: CodeBadData},
		{name: "data with a surrogate in UTF-8", batch: data("\"\xed\xa0\x80\""), want: CodeBadData},
		{name: "data cut", batch: data(`{"a":`), want: CodeBadData},
		{name: "two values", batch: data(`1 2`), want: CodeBadData},
		{name: "only space", batch: data(` `), want: CodeBadData},
		{name: "byte order mark", batch: data("\ufeff1"), want: CodeBadData},
		{name: "leading zero", batch: data(`01`), want: CodeBadData},
		{name: "NaN", batch: data(`NaN`), want: CodeBadData},
		{name: "comment", batch: data(`1/**/`), want: CodeBadData},
		{name: "control character in string", batch: data("\"\x01\""), want: CodeBadData},
	}
	g := newRig(t, func(c *Config) { c.MaxBatch, c.MaxRoomName, c.MaxEventName, c.MaxData = 3, 10, 12, 20 })
	for _, tt := range tests {
		ids, again, err := g.Publish(context.Background(), tt.key, tt.batch)
		if got := code(t, err); got != tt.want || len(ids) > 0 || again {
			t.Errorf("%s: %v, %v, %v, want code %s", tt.name, ids, again, err, tt.want)
		}
	}
	if st := g.Stats(); st.Rooms != 0 || st.Events != 0 || st.Head != 0 {
		t.Errorf("after refusals only: %d rooms, %d events, head %d, want none", st.Rooms, st.Events, st.Head)
	}
	if _, _, err := g.Publish(context.Background(), strings.Repeat("k", 128), []broker.Message{
		{Rooms: []string{"A-z_0.9:/@", "=,+~"}, Name: "Tor für Ö!", Data: []byte(`"` + strings.Repeat("x", 18) + `"`)}}); err != nil {
		t.Errorf("at every limit: %v", err)
	}
}

// TestDataPassesThrough: only white space between tokens is dropped.
func TestDataPassesThrough(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", `null`},
		{"null", `null`},
		{"1e400", `1e400`},
		{"-0", `-0`},
		{"0.10", `0.10`},
		{"1E+05", `1E+05`},
		{"123456789012345678901234567890", `123456789012345678901234567890`},
		{`"\u00e9\/\ud83d\ude00\ud800"`, `"\u00e9\/\ud83d\ude00\ud800"`},
		{"\"\u2028\u2029<&>\U0001F600\"", "\"\u2028\u2029<&>\U0001F600\""},
		{`{"b":1,"a":2,"b":3}`, `{"b":1,"a":2,"b":3}`},
		{" { \"b\" :\t1 ,\r\n\"a b\": [ 1 , 2 ] } ", `{"b":1,"a b":[1,2]}`},
		{`" a  b "`, `" a  b "`},
		{`"\" \\" `, `"\" \\"`},
		{`["\\\" ", ""]`, `["\\\" ",""]`},
		{`""`, `""`},
	}
	g := newRig(t, nil)
	v := g.view(0)
	if _, err := v.join("a", room0); err != nil {
		t.Fatal(err)
	}
	for i, tt := range tests {
		for _, parsed := range []bool{false, true} {
			in := []byte(tt.in)
			got, err := g.cleanData(in, parsed)
			if err != nil || string(got) != tt.want {
				t.Errorf("cleanData(%q, %v) = %q, %v, want %q", tt.in, parsed, got, err, tt.want)
			}
			if len(in) > 0 && len(got) > 0 && &in[0] == &got[0] {
				t.Errorf("cleanData(%q, %v) keeps the caller's bytes", tt.in, parsed)
			}
		}
		g.publish(tt.in, "a")
		if out := v.got(i + 1); !strings.HasSuffix(out, " "+tt.want+",") {
			t.Errorf("published %q, a viewer got %q", tt.in, out)
		}
	}
}

// FuzzCleanData: what passes is the same JSON without the space, whoever has
// parsed it before.
func FuzzCleanData(f *testing.F) {
	for _, s := range []string{` {"a" : [1e400, "\\\" "]} `, `""`, `"\\"`, "\"\u2028\"", `[`, "\xff", `0.10`} {
		f.Add([]byte(s))
	}
	cfg := DefaultConfig()
	h := &Hub{cfg: cfg}
	f.Fuzz(func(t *testing.T, p []byte) {
		got, err := h.cleanData(p, false)
		valid := json.Valid(p) && utf8.Valid(p)
		if len(p) > 0 && (err == nil) != valid {
			t.Fatalf("cleanData(%q): %v, valid %v", p, err, valid)
		}
		if err != nil || len(p) == 0 {
			return
		}
		if !json.Valid(got) || spaced(got) || !bytes.Equal(stripped(p), got) {
			t.Fatalf("cleanData(%q) = %q", p, got)
		}
		if parsed, err := h.cleanData(p, true); err != nil || !bytes.Equal(parsed, got) {
			t.Fatalf("cleanData(%q) of parsed data = %q, %v, want %q", p, parsed, err, got)
		}
		if len(got) < len(p) != spaced(p) {
			t.Fatalf("spaced(%q) = %v, compact is %q", p, spaced(p), got)
		}
	})
}

// stripped drops white space outside strings, the slow way.
func stripped(p []byte) (out []byte) {
	in, escaped := false, false
	for _, c := range p {
		if !in && bytes.IndexByte([]byte(" \t\r\n"), c) >= 0 {
			continue
		}
		out = append(out, c)
		switch {
		case escaped:
			escaped = false
		case in && c == '\\':
			escaped = true
		case c == '"':
			in = !in
		}
	}
	return out
}
