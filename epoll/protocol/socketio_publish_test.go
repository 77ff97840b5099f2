package protocol

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"grandstand/session"
)

// TestPublishedByHandlers: what a handler of OnPublish makes of an event's data is
// published if it is JSON; otherwise nobody gets anything, and who published is
// told why.
func TestPublishedByHandlers(t *testing.T) {
	r := newSocketRig(t, func(c *SocketIOConfig, _ *session.Config) {
		c.Meta, c.HandshakeRooms, c.Publish = false, "always", "publish"
	})
	var made []byte
	r.hub.Of("/").OnPublish(func(_ *session.Socket, m *session.Publication) error {
		if made == nil {
			copy(m.Data, "}}}}}}") // in its place
			return nil
		}
		m.Data = made
		return nil
	})
	a, b := r.connect("/", `{"rooms":["x"]}`), r.connect("/", `{"rooms":["x"]}`)
	a.connected()
	b.connected()
	tests := []struct {
		name, made string
		want       string // is published; "": refused
	}{
		{"other JSON", `{"a": 1}`, `{"a":1}`},
		{"nothing", ``, `null`},
		{"a text", `hello`, ""},
		{"cut off", `{"a":`, ""},
		{"more than one", `1],{"b":2`, ""},
		{"a line", "1\n\ndata: 2", ""},
		{"not UTF-8", "\"\xff\"", ""},
		{"changed in its place", "nil", ""},
	}
	id := 0
	for i, tt := range tests {
		if made = []byte(tt.made); tt.made == "nil" {
			made = nil
		}
		if err := a.say(fmt.Sprintf(`2%d["publish","x","e",{"n":1}]`, i)); err != nil {
			t.Fatal(err)
		}
		if tt.want != "" {
			id++
			event := fmt.Sprintf(`T 2["e",%s]`, tt.want)
			a.await(tt.name, event, fmt.Sprintf(`T 3%d[{"id":"E-%d","room":"x"}]`, i, id))
			b.await(tt.name, event)
			continue
		}
		var got string
		for end := time.Now().Add(patience); got == "" && time.Now().Before(end); {
			r.settle()
			got = strings.Join(a.heard(), "\n")
		}
		if begin := fmt.Sprintf(`T 3%d[{"code":"bad_data","message":"data is not `, i); !strings.HasPrefix(got, begin) {
			t.Errorf("%s: answered %s, want %s", tt.name, got, begin)
		}
		b.want(tt.name)
	}
}

// TestRefusedByHandlers: data of a refusal that cannot be sent is left out.
func TestRefusedByHandlers(t *testing.T) {
	r := newSocketRig(t, func(c *SocketIOConfig, _ *session.Config) { c.HandshakeRooms, c.Join = "always", "join" })
	bad := &session.Refusal{Message: "no", Data: json.RawMessage("\"\xff\"")}
	r.hub.Of("/").OnJoin(func(*session.Socket, string) error { return bad })
	a := r.connect("/", "")
	a.connected()
	if err := a.say(`21["join","x"]`); err != nil {
		t.Fatal(err)
	}
	a.await("join", `T 31[{"code":"forbidden","message":"no"}]`)
	r.connect("/", `{"rooms":["x"]}`).await("connect", `T 4{"message":"no"}`)
}

// TestRawText: a text that is none is not sent.
func TestRawText(t *testing.T) {
	r := newSocketRig(t, nil)
	opened := make(chan *session.Raw, 1)
	r.hub.RawPath("/raw/").OnOpen(func(v *session.Raw) { opened <- v })
	e := &fakeEngine{rig: r, form: &fakeForm{4}, sid: "engine-sid-raw-text-0", hs: Handshake{Version: 4}}
	r.within(func() { e.talk = NewRawEngine(r.hub, "/raw/").Begin(e) })
	v := <-opened
	var refused *session.Error
	if err := v.Send([]byte("\xff"), false); !errors.As(err, &refused) || refused.Code != session.CodeBadData {
		t.Errorf("text that is not UTF-8: %v, want bad_data", err)
	}
	if err := errors.Join(v.Send([]byte("\xff"), true), v.Send([]byte("é"), false)); err != nil {
		t.Error(err)
	}
	r.settle()
	e.want("sent", "B ff", "T é")
	e.close(session.AllReasons().Left)
}
