package protocol

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"grandstand/session"
)

// FuzzParse: whatever a viewer sends, parse returns a message or a refusal, and
// a message it took is one that encoding/json takes, with data as it came.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"type":"join","room":"match:1","since":"e-17","history":50,"ack":1}`))
	f.Add([]byte(`{"type":"publish","room":"r","event":"chat","data":{"a":[1.0,"\u00e9"]},"ack":-1}`))
	f.Add([]byte(`{"ack":"1","type":7}`))
	f.Fuzz(func(t *testing.T, p []byte) {
		p = bytes.ToValidUTF8(p, nil) // as text frames are
		before := bytes.Clone(p)
		m, err := parse(p)
		if m == nil {
			t.Fatal("no message")
		}
		if !bytes.Equal(p, before) {
			t.Error("parse changed what it was lent")
		}
		if err != nil {
			return
		}
		if !json.Valid(p) {
			t.Errorf("took %q, which is no JSON", p)
		}
		data := bytes.Clone(m.Data)
		clear(p)
		if !bytes.Equal(m.Data, data) {
			t.Error("data lies in the bytes it came in")
		}
		if len(data) > 0 && !bytes.Contains(before, data) {
			t.Errorf("data %q is not as it came in %q", data, before)
		}
	})
}

// FuzzReceive: every message is answered with JSON of a known type on one line,
// and nothing panics.
func FuzzReceive(f *testing.F) {
	f.Add([]byte(`{"type":"join","room":"match:1","history":9,"ack":1}`))
	f.Add([]byte(`{"type":"publish","room":"match:1","event":"e\u2028","data":"\ud800","ack":1}`))
	f.Add([]byte(`{"type":"leave","room":"match:1"}`))
	cfg := session.DefaultConfig()
	cfg.PublishRate, cfg.PublishBurst = 1<<20, 1<<20
	all := openStage(f, cfg)
	types := "joined event history gap ack pong error"
	f.Fuzz(func(t *testing.T, p []byte) {
		p = bytes.ToValidUTF8(p, nil) // as text frames are
		s := *all
		s.t = t
		v := s.open()
		defer v.Close()
		for _, line := range s.ask(v, string(p), `{"type":"leave","room":"match:1","ack":3}`) {
			var a answer
			if err := json.Unmarshal([]byte(line), &a); err != nil || !strings.Contains(types, a.Type) {
				t.Errorf("to %q: %s, %v", p, line, err)
			}
		}
	})
}

// FuzzAppendString: what is written reads back, and is one line of UTF-8.
func FuzzAppendString(f *testing.F) {
	f.Add("a\"b\\c\n\u2028\x7f\xff")
	f.Fuzz(func(t *testing.T, in string) {
		out := appendString(nil, in)
		var back string
		if err := json.Unmarshal(out, &back); err != nil || back != string([]rune(in)) {
			t.Errorf("%q is %s, which reads back as %q, %v", in, out, back, err)
		}
		if !utf8.Valid(out) || bytes.ContainsAny(out, "\n\r") {
			t.Errorf("%q is %q", in, out)
		}
	})
}
