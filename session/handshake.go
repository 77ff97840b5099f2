package session

import (
	"encoding/json"
	"net/url"
	"time"
)

// Handshake is the request with which a viewer's connection began, and what it
// said of itself when it connected to a namespace.
type Handshake struct {
	Time    time.Time
	Address string // of the client, host:port
	Path    string // it asked for
	Query   url.Values
	Headers map[string]string // by lower-case name; the credentials of the page are among them
	Version int               // of Engine.IO, 3 or 4
	Secure  bool              // a proxy says so
	// Auth is what the client gave when it connected to the namespace: a JSON
	// object, or nil.
	Auth json.RawMessage
}
