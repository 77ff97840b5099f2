package protocol

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"grandstand/session"
)

// TestOwnEvents: what clients may do by themselves, without an application and
// beside one, by what the configuration says of it.
func TestOwnEvents(t *testing.T) {
	type config = func(c *SocketIOConfig, _ *session.Config)
	named := func(c *SocketIOConfig, _ *session.Config) { c.Join, c.Leave, c.Publish = "join", "leave", "publish" }
	tests := []struct {
		name             string
		edit             config
		app              bool
		handshake, event bool // joins by it
	}{
		{"nobody's", nil, false, true, true},
		{"an application's", nil, true, false, false},
		{"an application's, events named", named, true, false, true},
		{"an application's, handshakes always", func(c *SocketIOConfig, _ *session.Config) { c.HandshakeRooms = "always" }, true, true, false},
		{"no event to join by", func(c *SocketIOConfig, _ *session.Config) { c.Join = "" }, false, false, false},
		{"handshakes never", func(c *SocketIOConfig, _ *session.Config) { c.HandshakeRooms = "never" }, false, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newSocketRig(t, tt.edit)
			if tt.app {
				r.hub.Of("/").OnAny(func(_ *session.Socket, event string, _ session.Args, ack session.Ack) {
					if err := ack.Reply("any"); err != nil {
						t.Error(err)
					}
				})
			}
			entered := func(e *fakeEngine) bool {
				if err := r.hub.Of("/").To("secret").Emit("e"); err != nil {
					t.Fatal(err)
				}
				r.settle()
				return len(e.heard()) > 0
			}
			five, four := r.connect("/", `{"rooms":["secret"]}`), r.client(3, "room=secret")
			five.connected()
			four.await("connected", "T 0")
			for _, e := range []*fakeEngine{five, four} {
				if got := entered(e); got != tt.handshake {
					t.Errorf("joined by the handshake: %t, want %t", got, tt.handshake)
				}
				e.close(session.AllReasons().Left)
			}
			late := r.connect("/", "")
			late.connected()
			for _, event := range []string{`["join","later"]`, `["publish","later","e"]`, `["leave","later"]`} {
				if err := late.say("27" + event); err != nil {
					t.Fatal(err)
				}
				if tt.app && !tt.event {
					late.await(event, `T 37["any"]`)
				}
			}
			r.settle()
			said := strings.Join(late.heard(), "\n")
			if got := strings.Contains(said, `"cursor"`); got != tt.event {
				t.Errorf("joined by the event: %t, want %t: %s", got, tt.event, said)
			}
		})
	}
}

// TestHandshakeIsApplications: where an application is, what a client says of
// rooms is for it alone, whatever it looks like; and recovery goes on.
func TestHandshakeIsApplications(t *testing.T) {
	r := newSocketRig(t, func(c *SocketIOConfig, _ *session.Config) { c.Recovery, c.Meta = true, false })
	auths := make(chan string, 8)
	r.hub.Of("/").OnConnect(func(s *session.Socket) { auths <- string(s.Handshake().Auth) })
	for _, auth := range []string{`{"rooms":["my room"]}`, `{"rooms":"x"}`, `{"rooms":["x"],"since":"nonsense","history":-1}`} {
		a := r.connect("/", auth)
		id, pid := a.connected()
		if got := <-auths; got != auth {
			t.Errorf("the application gets %s, want %s", got, auth)
		}
		a.close(session.AllReasons().Gone)
		b := r.connect("/", strings.TrimSuffix(auth, "}")+`,"pid":"`+pid+`","offset":"`+r.hub.Cursor(0)+`"}`)
		if again, _ := b.connected(); again != id {
			t.Errorf("%s: not recovered", auth)
		}
		<-auths
	}
	for _, query := range []string{"room=my+room", "room=x&history=z"} {
		r.client(3, query).await("connected", "T 0")
		<-auths
		five := r.client(4, query)
		if err := five.say("0"); err != nil {
			t.Fatal(err)
		}
		five.connected()
		<-auths
	}
}

// TestNamespaceQuery: the query that a 2.x client gives a namespace stands
// beside that of its connection, and before it.
func TestNamespaceQuery(t *testing.T) {
	r := newSocketRig(t, func(c *SocketIOConfig, _ *session.Config) { c.Namespaces = []string{"/", "/chat"} })
	queries := make(chan url.Values, 2)
	for _, name := range []string{"/", "/chat"} {
		r.hub.Of(name).OnConnect(func(s *session.Socket) { queries <- s.Handshake().Query })
	}
	e := r.client(3, "token=t&w=1")
	root := <-queries
	if err := e.say("0/chat?w=2&w=3&x=4"); err != nil {
		t.Fatal(err)
	}
	chat := <-queries
	for _, tt := range []struct {
		query url.Values
		key   string
		want  []string
	}{
		{chat, "token", []string{"t"}}, {chat, "w", []string{"2", "3"}}, {chat, "x", []string{"4"}},
		{root, "w", []string{"1"}}, {root, "x", nil},
	} {
		if got := tt.query[tt.key]; !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q, of %v", tt.key, got, tt.want, tt.query)
		}
	}
}
