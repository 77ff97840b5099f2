package auth

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"github.com/golang-jwt/jwt/v5"

	"grandstand/epoll/transport"
)

const (
	// audience is the name we go by in aud.
	audience = "grandstand"
	// maxSubject bounds sub in bytes: limits are counted, and kept, by it.
	maxSubject = 128
	// maxPublish bounds the list of publish. It is walked for every event.
	maxPublish = 64
	// maxDate is the end of the year 9999 in seconds. The library turns what is
	// far beyond into a date that has passed: a token could begin before it
	// does.
	maxDate = 253402300799
)

// claims is what a token says.
type claims struct {
	jwt.RegisteredClaims
	// Publish is looked at only after the signature, and tells an absent list
	// from an empty one.
	Publish json.RawMessage `json:"publish"`
}

// grant is what claims that are signed and in time are worth. The error is an
// *session.Error.
func (c *claims) grant() (transport.Grant, error) {
	var none transport.Grant
	for _, d := range []*jwt.NumericDate{c.ExpiresAt, c.NotBefore} {
		if d != nil && (d.Unix() < 0 || d.Unix() > maxDate) {
			return none, bad("the token has an impossible date (exp or nbf)")
		}
	}
	// RFC 7519 §4.1.3: who is not in an audience that is named must refuse.
	if len(c.Audience) > 0 && !slices.Contains(c.Audience, audience) {
		return none, bad("the token is for another audience (aud)")
	}
	if n := len(c.Subject); n == 0 || n > maxSubject || strings.ContainsFunc(c.Subject, unprintable) {
		return none, bad("the token's subject (sub) is not 1 to 128 printable bytes")
	}
	g := transport.Grant{Subject: c.Subject}
	if c.Publish == nil {
		return g, nil
	}
	// null is refused with the rest: it comes from an empty list in some
	// languages, and an absent claim would allow more than that.
	if err := json.Unmarshal(c.Publish, &g.Publish); err != nil || g.Publish == nil {
		return none, bad("the token's rooms (publish) are not a list of texts")
	}
	if len(g.Publish) > maxPublish {
		return none, bad("the token names more than 64 rooms (publish)")
	}
	if slices.ContainsFunc(g.Publish, noPattern) {
		return none, bad("the token's rooms (publish) are not names, or their beginnings and *")
	}
	return g, nil
}

// noPattern reports whether a text names no rooms: empty, or with a * that is not its
// last character.
func noPattern(pattern string) bool {
	return pattern == "" || strings.Contains(strings.TrimSuffix(pattern, "*"), "*")
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }
