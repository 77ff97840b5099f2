package protocol

import (
	"testing"

	"grandstand/session"
)

// TestSocketConversations: what a client sends, and what it is told.
func TestSocketConversations(t *testing.T) {
	for _, tt := range conversations() {
		t.Run(tt.name, func(t *testing.T) {
			r := newSocketRig(t, tt.edit)
			for _, data := range tt.before {
				r.publish("old", "say", data)
			}
			e := r.client(tt.version, tt.query)
			e.want("begin", tt.begin...)
			for _, s := range tt.steps {
				if err := e.say(s.say); err != nil {
					t.Fatalf("%s: %v", s.say, err)
				}
				e.want(s.say, s.want...)
			}
		})
	}
}

// step is a message, and what is answered to it.
type step struct {
	say  string
	want []string
}

// conversation is how a client begins, and what follows.
type conversation struct {
	name    string
	version int
	query   string
	edit    func(*SocketIOConfig, *session.Config)
	before  []string // published to the room old
	begin   []string
	steps   []step
}

func conversations() []conversation {
	return []conversation{
		{name: "v5 asks for its namespace", version: 4, steps: []step{
			{`0`, []string{`T 0{"sid":"X"}`}},
			{`2["hello"]`, nil},
			{`21["hello"]`, nil},
			{`1`, nil},
			{`0`, []string{`T 0{"sid":"X"}`}},
		}},
		{name: "v4 is in the root without asking", version: 3, begin: []string{`T 0`}, steps: []step{
			{`20["join","a"]`, []string{`T 30[{"cursor":"E-0","head":"E-0","recovered":false,"room":"a","viewers":1}]`}},
			{`0/other?x=y,`, []string{`T 4/other,"Invalid namespace"`}},
		}},
		{name: "unknown namespace", version: 4, steps: []step{
			{`0/nope,`, []string{`T 4/nope,{"message":"Invalid namespace"}`}},
			{`0/nope?a=b,`, []string{`T 4/nope?a=b,{"message":"Invalid namespace"}`}},
		}},
		{name: "namespaces of a pattern", version: 4, edit: func(c *SocketIOConfig, _ *session.Config) { c.Namespaces = []string{"/m-*"} }, steps: []step{
			{`0/m-1,`, []string{`T 0/m-1,{"sid":"X"}`}},
			{`0/m-2`, []string{`T 0/m-2,{"sid":"X"}`}},
			{`0/n-1`, []string{`T 4/n-1,{"message":"Invalid namespace"}`}},
			{`2/m-1,7["leave","a"]`, []string{`T 3/m-1,7[{"code":"not_joined","message":"not in that room"}]`}},
		}},
		{name: "rooms of the handshake", version: 4, query: "room=a&room=b", steps: []step{
			{`0`, []string{`T 0{"sid":"X"}`}},
			{`20["leave","b"]`, []string{`T 30[{"room":"b"}]`}},
			{`21["publish","a","x",{"n":1}]`, []string{`T 2["x",{"n":1},{"room":"a","id":"E-1"}]`, `T 31[{"id":"E-1","room":"a"}]`}},
			{`22["publish",{"room":"a","event":"x","data":2,"broadcast":true}]`, []string{`T 32[{"id":"E-2","room":"a"}]`}},
			{`2["publish","a","x",3]`, []string{`T 2["x",3,{"room":"a","id":"E-3"}]`}},
		}},
		{name: "history of a query", version: 3, query: "room=old&history=2", before: []string{"1", "2", "3"}, begin: []string{
			`T 0`, `T 2["say",2,{"room":"old","id":"E-2"}]`, `T 2["say",3,{"room":"old","id":"E-3"}]`}},
		{name: "history that is none", version: 3, query: "room=old&history=two", begin: []string{`T 4"history is a number of events, at least 0"`}},
		{name: "history of a namespace's query", version: 3, begin: []string{`T 0`}, edit: func(c *SocketIOConfig, _ *session.Config) { c.Namespaces = []string{"/", "/a"} }, steps: []step{
			{`0/a?room=b&history=1,`, []string{`T 0/a,`}},
			{`2/a,1["leave","b"]`, []string{`T 3/a,1[{"room":"b"}]`}},
		}},
		{name: "rooms of auth", version: 4, edit: func(c *SocketIOConfig, _ *session.Config) { c.Meta = false }, steps: []step{
			{`0{"rooms":["a"]}`, []string{`T 0{"sid":"X"}`}},
			{`2["publish","a","x"]`, []string{`T 2["x",null]`}},
		}},
		{name: "rooms that are none", version: 4, steps: []step{
			{`0{"rooms":["a b"]}`, []string{`T 4{"message":"a room's name is made of A-Z a-z 0-9 and _ - . : / @ = , + ~","data":{"code":"bad_room","message":"a room's name is made of A-Z a-z 0-9 and _ - . : / @ = , + ~"}}`}},
			{`0`, []string{`T 0{"sid":"X"}`}},
			{`21["join","#/"]`, []string{`T 31[{"code":"bad_room","message":"a room's name is made of A-Z a-z 0-9 and _ - . : / @ = , + ~"}]`}},
			{`22["join"]`, []string{`T 32[{"code":"bad_message","message":"want a room, or an object with room"}]`}},
			{`23["publish","a",""]`, []string{`T 33[{"code":"bad_event","message":"the event's name is empty"}]`}},
		}},
	}
}

// TestSocketBroken: what ends the connection.
func TestSocketBroken(t *testing.T) {
	tests := []struct {
		name    string
		version int
		say     []string
	}{
		{"an event before connect", 4, []string{`2["x"]`}},
		{"an ack before connect", 4, []string{`31[]`}},
		{"connects twice", 4, []string{`0`, `0`}},
		{"v4 connects to the root", 3, []string{`0`}},
		{"an event after disconnect", 4, []string{`0`, `1`, `2["x"]`}},
		{"another namespace", 4, []string{`0`, `2/a,["x"]`}},
		{"an error from a client", 4, []string{`0`, `4{"message":"x"}`}},
		{"no type", 4, []string{`9`}},
		{"no JSON", 4, []string{`0`, `2["x"`}},
		{"binary nobody awaits", 4, []string{`0`, `B 00`}},
		{"text where binary is awaited", 4, []string{`0`, `51-["x",{"_placeholder":true,"num":0}]`, `2["x"]`}},
		{"a reserved name", 4, []string{`0`, `2["connect"]`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newSocketRig(t, nil)
			e := r.client(tt.version, "")
			if err := e.say(tt.say...); err == nil {
				t.Errorf("%q: no error, heard %q", tt.say, e.heard())
			}
		})
	}
}

// TestSocketAndNative: the same room, whatever one speaks, and each form is
// encoded for all who share it.
func TestSocketAndNative(t *testing.T) {
	r := newSocketRig(t, func(c *SocketIOConfig, _ *session.Config) { c.Namespaces = []string{"/", "/a"} })
	five, four, space := r.client(4, "room=lobby"), r.client(3, "room=lobby"), r.client(4, "")
	native := r.open()
	r.ask(native, `{"type":"join","room":"lobby"}`)
	if err := five.say(`0`); err != nil {
		t.Fatal(err)
	}
	if err := space.say(`0/a,{"rooms":["lobby"]}`); err != nil {
		t.Fatal(err)
	}
	for _, e := range []*fakeEngine{five, four, space} {
		e.heard()
	}
	r.publish("lobby", "goal", `{"minute":17}`)
	r.settle()
	five.want("v5", `T 2["goal",{"minute":17},{"room":"lobby","id":"E-1"}]`)
	four.want("v4", `T 2["goal",{"minute":17},{"room":"lobby","id":"E-1"}]`)
	space.want("namespace", `T 2/a,["goal",{"minute":17},{"room":"lobby","id":"E-1"}]`)
	if got, want := r.unnamed(native.take()), `{"type":"event","room":"lobby","id":"E-1","event":"goal","data":{"minute":17}}`; got != want {
		t.Errorf("native: %s, want %s", got, want)
	}
	// What an application emits by a namespace is that namespace's.
	if err := r.hub.Of("/a").To("lobby").Emit("x", 1, []byte{1, 2}); err != nil {
		t.Fatal(err)
	}
	if err := r.hub.Of("/").To("lobby").Compress(false).Emit("y", map[string]any{"b": []byte{3}}); err != nil {
		t.Fatal(err)
	}
	r.settle()
	five.want("v5", `t 51-["y",{"b":{"_placeholder":true,"num":0}}]`, `B 03`)
	space.want("namespace", `T 51-/a,["x",1,{"_placeholder":true,"num":0}]`, `B 0102`)
	if got, want := r.unnamed(native.take()), `{"type":"event","room":"lobby","id":"E-3","event":"y","data":{"b":{"base64":"Aw=="}}}`; got != want {
		t.Errorf("native: %s, want %s", got, want)
	}
}
