package hooks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Kind is what the application is asked about.
type Kind uint8

// The hooks.
const (
	Connect    Kind = iota // a socket wants to connect to a namespace
	Join                   // a socket wants to join a room
	Publish                // a socket wants to publish to a room
	Event                  // a socket sent an event that is the application's
	Disconnect             // a socket is gone

	// Kinds is how many there are.
	Kinds = int(Disconnect) + 1
)

// KindNames lists the names of the hooks, in their order.
func KindNames() []string { return []string{"connect", "join", "publish", "event", "disconnect"} }

// String returns the hook's name, as in the configuration and on the wire.
func (k Kind) String() string {
	if int(k) >= Kinds {
		return fmt.Sprintf("hook %d", uint8(k))
	}
	return KindNames()[k]
}

// MarshalText writes the hook's name.
func (k Kind) MarshalText() ([]byte, error) {
	if int(k) >= Kinds {
		return nil, fmt.Errorf("hooks: there is no %v", k)
	}
	return []byte(k.String()), nil
}

// Call is one question to the application; doc.go says which fields come with
// which hook. What a Call refers to must not change until it is answered.
type Call struct {
	Hook Kind `json:"hook"`
	// ID is the same in each attempt, and in no other call. "": one is drawn.
	ID string `json:"id"`
	// Time is when it happened. Zero: now.
	Time time.Time `json:"time"`

	Socket    string `json:"socket,omitempty"`
	Namespace string `json:"namespace,omitempty"`
	Transport string `json:"transport,omitempty"`
	Address   string `json:"address,omitempty"`

	Room  string `json:"room,omitempty"`
	Event string `json:"event,omitempty"`
	// Args is a JSON array.
	Args json.RawMessage `json:"args,omitempty"`
	// Binary is what the placeholders in Args stand for, in their order.
	Binary [][]byte `json:"attachments,omitempty"`

	// Auth is what the client said when it connected.
	Auth    json.RawMessage     `json:"auth,omitempty"`
	Query   map[string][]string `json:"query,omitempty"`
	Headers map[string]string   `json:"headers,omitempty"`

	// Reason says why the socket is gone.
	Reason string `json:"reason,omitempty"`
	// Rooms are those the socket is in, or was in.
	Rooms []string `json:"rooms,omitempty"`
	// Data is what an earlier answer stored with the socket.
	Data json.RawMessage `json:"data,omitempty"`
}

// encode returns the request's body.
func (c Call) encode() ([]byte, error) {
	c.Time = c.Time.UTC().Truncate(time.Millisecond)
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // nobody puts it into a page as it is
	if err := enc.Encode(c); err != nil {
		return nil, fmt.Errorf("hooks: encode %v %s: %w", c.Hook, c.ID, err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// matches reports whether an event's name is one of names, each of which may
// be a beginning followed by *.
func matches(names []string, event string) bool {
	for _, name := range names {
		if prefix, ok := strings.CutSuffix(name, "*"); ok && strings.HasPrefix(event, prefix) || name == event {
			return true
		}
	}
	return false
}
