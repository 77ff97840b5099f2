package session

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"grandstand/session/broker"
)

// TestEmitSize: what an application emits has a limit of its own, binary
// included, and what is below it is kept for who comes back.
func TestEmitSize(t *testing.T) {
	g := newRig(t, func(c *Config) { c.MaxData, c.MaxEmit = 10, 100000 })
	ns := g.Of("/")
	p := g.connect(ns, 0, Entry{Rooms: []string{"a"}, Recover: true})
	text := func(n int) json.RawMessage { return json.RawMessage(`"` + strings.Repeat("x", n-len(`[""]`)) + `"`) }
	emits := []struct {
		name string
		emit func() error
		want Code
	}{
		{"the most text", func() error { return ns.To("a").Emit("e", text(100000)) }, ""},
		{"too much text", func() error { return ns.To("a").Emit("e", text(100001)) }, CodeTooLarge},
		{"too much for all", func() error { return ns.Emit("e", text(100001)) }, CodeTooLarge},
		{"much binary", func() error { return ns.To("a").Emit("e", make([]byte, 50000), make([]byte, 49000)) }, ""},
		{"too much binary", func() error { return ns.To("a").Emit("e", make([]byte, 50000), make([]byte, 50000)) }, CodeTooLarge},
	}
	for _, e := range emits {
		if got := code(t, e.emit()); got != e.want {
			t.Errorf("%s: %q, want %q", e.name, got, e.want)
		}
	}
	p.do(func() {
		if _, err := p.socket.Session().Publish("a", "e", []byte(text(100))); code(t, err) != CodeTooLarge {
			t.Errorf("a viewer's: %v, want %s", err, CodeTooLarge)
		}
	})
	events, complete, err := g.History("a", "", 10)
	if err != nil || !complete || len(events) != 2 || len(events[0].Data) != 100000 {
		t.Errorf("%d events kept, complete %t, %v, want 2", len(events), complete, err)
	}
	pid := p.socket.PID()
	p.gone()
	g.connect(ns, 1, Entry{Recover: true, PID: pid, Offset: g.Cursor(1)})
	if st := g.Stats().Apps; st.Resumed != 1 || st.Lapsed != 0 {
		t.Errorf("%d resumed, %d not, want 1", st.Resumed, st.Lapsed)
	}
}

// TestChosenNames: an application names rooms and events of its sockets as it
// likes; viewers and publishers keep to names that are safe everywhere.
func TestChosenNames(t *testing.T) {
	g := newRig(t, nil)
	ns := g.Of("/")
	tests := []struct {
		name string
		ok   bool
	}{
		{"my room", true}, {"s\u00fc\u00df \u4f60\u597d \U0001f44b", true}, {"#general", true}, {"/#x", true}, {`"quoted" \ <b>&'`, true}, {" ", true},
		{strings.Repeat("x", 256), true}, {strings.Repeat("x", 257), false}, {"", false}, {"a\nb", false}, {"a\x00", false}, {"a\x7f", false},
		{"\u2028", false}, {"\xff", false}, {ownRoom("x"), false}, {ownMark + "/", false},
	}
	for _, tt := range tests {
		p := g.connect(ns, 0, Entry{})
		for what, err := range map[string]error{
			"join": p.socket.Join(tt.name), "move": ns.To(p.ID()).Join(tt.name), "emit": ns.To(tt.name).Emit("e"),
		} {
			if got := code(t, err); (got == "") != tt.ok || got != "" && got != CodeBadRoom {
				t.Errorf("%s of %q: %v, want fine %t", what, tt.name, err, tt.ok)
			}
		}
		if !tt.ok {
			continue
		}
		if i, err := g.Room(tt.name); err != nil || i.Viewers != 1 {
			t.Errorf("room %q: %+v, %v", tt.name, i, err)
		}
		want := fmt.Sprintf("%s#%d [7]", tt.name, g.head.Load()+1)
		if err := ns.To(tt.name).Except("nobody").Emit("Ereignis f\u00fcr alle: "+strings.Repeat("!", 200), 7); err != nil {
			t.Errorf("an event to %q: %v", tt.name, err)
		}
		until(t, want, func() bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return len(p.lines) > 0 && strings.HasSuffix(p.lines[len(p.lines)-1], want)
		})
		if roomByte(tt.name[0]) {
			continue
		}
		if _, err := g.view(1).join(tt.name, room0); code(t, err) != CodeBadRoom {
			t.Errorf("a viewer's join of %q, which is there: %v, want %s", tt.name, err, CodeBadRoom)
		}
		_, _, err := g.Publish(t.Context(), "", []broker.Message{{Rooms: []string{tt.name}, Name: "e"}})
		if code(t, err) != CodeBadRoom {
			t.Errorf("published to %q: %v, want %s", tt.name, err, CodeBadRoom)
		}
	}
}
