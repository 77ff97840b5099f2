package transport

import (
	"strings"

	"grandstand/session"
)

// Grant is what a token allows its bearer.
type Grant struct {
	// Subject is who it is, for the rate of publishing.
	Subject string
	// Publish are rooms, by name or by beginning and *, to which it may
	// publish; nil is what rooms.client_publish allows anybody.
	Publish []string
}

// Tokens says what tokens are worth.
type Tokens interface {
	// Verify reads a token. The error is an *session.Error.
	Verify(token string) (Grant, error)
	// Anonymous makes a token for somebody unknown, who may publish what
	// anybody may; "" if there are none.
	Anonymous() string
}

// noTokens is the server's without any.
type noTokens struct{}

func (noTokens) Verify(string) (Grant, error) {
	return Grant{}, &session.Error{Code: session.CodeForbidden, Message: "tokens are not in use here"}
}

func (noTokens) Anonymous() string { return "" }

// allows reports whether the grant names a room; a grant that names none leaves
// it to the room's rules. The error is an *session.Error.
func (g *Grant) allows(name string) (granted bool, err error) {
	if g.Publish == nil {
		return false, nil
	}
	for _, pattern := range g.Publish {
		prefix, open := strings.CutSuffix(pattern, "*")
		if name == pattern || open && strings.HasPrefix(name, prefix) {
			return true, nil
		}
	}
	return false, &session.Error{Code: session.CodeForbidden, Message: "the token does not allow to publish to this room"}
}
