package session

import "testing"

// TestOwnRooms: the server's own rooms and those that viewers name have a limit
// each, and one of them that is forgotten makes place for another.
func TestOwnRooms(t *testing.T) {
	g := newRig(t, func(c *Config) { c.MaxRooms, c.MaxOwnRooms = 1, 2 })
	ns := g.Of("/")
	p, q, r := g.connect(ns, 0, Entry{}), g.connect(ns, 1, Entry{}), g.connect(ns, 0, Entry{})
	for _, step := range []struct {
		name string
		do   func() error
		want Code
	}{
		{"a room", func() error { return p.socket.Join("x") }, ""},
		{"a second", func() error { return p.socket.Join("y") }, CodeTooManyRooms},
		{"an own one", func() error { return ns.To(p.ID()).Emit("e") }, ""},
		{"another", func() error { return ns.To(q.ID()).Emit("e") }, ""},
		{"the same", func() error { return ns.To(p.ID(), q.ID()).Emit("e") }, ""},
		{"a third", func() error { return ns.To(r.ID()).Emit("e") }, CodeTooManyRooms},
	} {
		if got := code(t, step.do()); got != step.want {
			t.Errorf("%s: %q, want %q", step.name, got, step.want)
		}
	}
	p.gone()
	g.tick(DefaultConfig().Room.HistoryAge + 1)
	g.rooms.sweep(g.time())
	if err := ns.To(r.ID()).Emit("e"); err != nil {
		t.Errorf("in the place of one that was forgotten: %v", err)
	}
}
