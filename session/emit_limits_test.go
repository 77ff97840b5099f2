package session

import (
	"encoding/json"
	"strings"
	"testing"
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
