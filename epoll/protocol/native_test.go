package protocol

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"grandstand/session"
)

func TestParse(t *testing.T) {
	m, err := parse([]byte(` {"type":"publish","room":"r","since":"e-1","history":5,"event":"é",` +
		`"data": {"a" : 1.0} ,"ack":3,"unknown":[{}]} `))
	if err != nil {
		t.Fatal(err)
	}
	if m.Type != "publish" || m.Room != "r" || m.Since != "e-1" || m.History != 5 || m.Event != "é" ||
		string(m.Data) != `{"a" : 1.0}` || m.Ack == nil || *m.Ack != 3 {
		t.Errorf("parsed %+v", m)
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct {
		name, in, text string
		ack            int64 // 0: none
	}{
		{name: "nothing", in: ``, text: "not JSON, at byte 0"},
		{name: "cut short", in: `{"type":"join","ack":4`, text: "not JSON, at byte 22"},
		{name: "more behind it", in: `{"ack":4}{}`, text: "not JSON, at byte 10"},
		{name: "an array", in: `["join"]`, text: "not a JSON object"},
		{name: "a string", in: `"join"`, text: "not a JSON object"},
		{name: "a number", in: `7`, text: "not a JSON object"},
		{name: "type of another kind", in: `{"ack":4,"type":{}}`, text: "type cannot be object", ack: 4},
		{name: "ack behind the mistake", in: `{"room":true,"ack":4}`, text: "room cannot be bool", ack: 4},
		{name: "history with a fraction", in: `{"history":0.5,"ack":4}`, text: "history is not a whole number in range", ack: 4},
		{name: "history beyond an int", in: `{"history":9223372036854775808}`, text: "history is not a whole number in range"},
		{name: "ack of another kind", in: `{"ack":"4"}`, text: "ack cannot be string"},
		{name: "ack beyond an int", in: `{"ack":1e99}`, text: "ack is not a whole number in range"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := parse([]byte(tt.in))
			var e *session.Error
			if !errors.As(err, &e) || e.Code != session.CodeBadMessage || e.Message != tt.text {
				t.Errorf("parse(%s) = %v, want %s", tt.in, err, tt.text)
			}
			if (m.Ack != nil) != (tt.ack != 0) || m.Ack != nil && *m.Ack != tt.ack {
				t.Errorf("ack of %s, want %d", tt.in, tt.ack)
			}
		})
	}
}

func TestOpening(t *testing.T) {
	s := openStage(t, session.DefaultConfig())
	for _, tt := range []struct {
		name    string
		rooms   []string
		since   string
		history int
		code    session.Code // "" if it is fine
	}{
		{name: "nothing"},
		{name: "all", rooms: []string{"a", "b"}, since: s.hub.Cursor(1), history: 5},
		{name: "since of another epoch", since: "zz-1"},
		{name: "bad room", rooms: []string{"a", "b c"}, code: session.CodeBadRoom},
		{name: "empty room", rooms: []string{""}, code: session.CodeBadRoom},
		{name: "long room", rooms: []string{strings.Repeat("r", 257)}, code: session.CodeBadRoom},
		{name: "bad since", since: "1", code: session.CodeBadCursor},
		{name: "negative history", history: -1, code: session.CodeBadMessage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o, err := s.native.Opening(tt.rooms, tt.since, tt.history)
			var e *session.Error
			errors.As(err, &e)
			switch {
			case tt.code == "" && (err != nil || len(o.Rooms) != len(tt.rooms) || o.Start.HasSince != (tt.since != "") || o.Start.History != tt.history):
				t.Errorf("Opening = %+v, %v", o, err)
			case tt.code != "" && (e == nil || e.Code != tt.code):
				t.Errorf("Opening: %v, want %s", err, tt.code)
			}
		})
	}
}

// TestAsError: whatever went wrong, a viewer is told a code.
func TestAsError(t *testing.T) {
	known := &session.Error{Code: session.CodeRate, Message: "slower"}
	if got := asError(fmt.Errorf("room: %w", known)); got != known {
		t.Errorf("asError of a wrapped error = %v, want the one inside", got)
	}
	if got := asError(errors.New("disk full")); got.Code != session.CodeUnavailable || got.Message != "disk full" {
		t.Errorf("asError of another = %v", got)
	}
}

// TestStopping: a hub that is closed answers, and says why it does nothing.
func TestStopping(t *testing.T) {
	s := openStage(t, session.DefaultConfig())
	f := s.open()
	if err := s.broker.Close(); err != nil {
		t.Fatal(err)
	}
	out := s.ask(f, `{"type":"publish","room":"a","event":"b","ack":1}`)
	if len(out) != 1 || read(t, []byte(out[0])).Code != string(session.CodeStopping) {
		t.Errorf("answers %q, want %s", out, session.CodeStopping)
	}
}

// TestBusy: with the mailbox full a message is refused at once, with its ack.
func TestBusy(t *testing.T) {
	cfg := session.DefaultConfig()
	cfg.Shard.Mailbox = 64
	s := openStage(t, cfg)
	f := s.open()
	entered, leave := make(chan struct{}), make(chan struct{})
	if err := f.Post(func() { close(entered); <-leave }); err != nil {
		t.Fatal(err)
	}
	<-entered
	for range cfg.Shard.Mailbox {
		if err := f.Post(func() {}); err != nil {
			t.Fatal(err)
		}
	}
	s.native.Receive(&f.Session, s.enc, []byte(`{"type":"ping","ack":9}`))
	out := f.take()
	close(leave)
	if len(out) != 1 {
		t.Fatalf("answers %q, want one before the shard goes on", out)
	}
	if got := read(t, []byte(out[0])); got.Code != string(session.CodeBusy) || got.Ack == nil || *got.Ack != 9 {
		t.Errorf("answer %s, want %s with ack 9", out[0], session.CodeBusy)
	}
}

// TestLimits: what is too long is refused with the limit in the text, what is
// just not too long passes.
func TestLimits(t *testing.T) {
	cfg := session.DefaultConfig()
	cfg.MaxData, cfg.MaxEventName, cfg.MaxRoomName = 100, 10, 20
	s := openStage(t, cfg)
	f := s.open()
	say := func(room, event, data string) string {
		return fmt.Sprintf(`{"type":"publish","room":%q,"event":%q,"data":%s,"ack":1}`, room, event, data)
	}
	name := strings.Repeat
	for _, tt := range []struct{ name, message, code, text string }{
		{name: "at the limits", message: say(name("r", 20), name("e", 10), `"`+name("d", 98)+`"`)},
		{name: "room", message: say(name("r", 21), "e", "1"), code: "bad_room", text: "20"},
		{name: "event", message: say("r", name("e", 11), "1"), code: "bad_event", text: "10"},
		{name: "data", message: say("r", "e", `"`+name("d", 99)+`"`), code: "too_large", text: "100"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := s.ask(f, tt.message)
			if len(out) != 1 {
				t.Fatalf("answers %q, want one", out)
			}
			got := read(t, []byte(out[0]))
			if got.Code != tt.code || !strings.Contains(got.Message, tt.text) {
				t.Errorf("answer %s, want code %q with %q", out[0], tt.code, tt.text)
			}
		})
	}
}
