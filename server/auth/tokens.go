package auth

import (
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"grandstand/epoll/transport"
	"grandstand/session"
)

// The codes of refused tokens.
const (
	CodeBadToken     session.Code = "bad_token"     // it is none, or none of ours
	CodeExpiredToken session.Code = "expired_token" // it was one
)

const (
	// maxToken bounds a token in bytes, before anything of it is looked at. It
	// holds 64 rooms of 20 characters, and half of a request's target.
	maxToken = 2 << 10
	// leeway is how far the clock of who signs may be from ours. Machines that
	// are set by NTP differ by less than a second; a laptop by some.
	leeway = 30 * time.Second
)

// Tokens makes and reads tokens.
//
// Its methods may be called from any goroutine; none of them waits.
type Tokens struct {
	keys   jwt.VerificationKeySet // the first signs
	parser *jwt.Parser
	now    func() time.Time
	ttl    time.Duration
	open   bool // anybody may have a token
}

var _ transport.Tokens = (*Tokens)(nil)

// New returns the tokens of a configuration that is valid.
func New(cfg Config, now func() time.Time) *Tokens {
	key := []byte(cfg.Secret)
	if len(key) == 0 {
		key = make([]byte, minSecret)
		rand.Read(key) // never fails, see crypto/rand
	}
	t := &Tokens{now: now, ttl: cfg.TTL, open: cfg.Anonymous}
	t.keys.Keys = append(t.keys.Keys, key)
	for _, old := range cfg.Previous {
		t.keys.Keys = append(t.keys.Keys, []byte(old))
	}
	t.parser = jwt.NewParser(
		// RFC 8725 §3.1: the algorithm is ours to choose, not the token's. This
		// keeps out "none", and keys of another kind taken for this one's.
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithExpirationRequired(),
		jwt.WithLeeway(leeway),
		jwt.WithTimeFunc(now),
		jwt.WithStrictDecoding(), // one spelling for one token
	)
	return t
}

// Verify reads a token. The error is an *session.Error.
func (t *Tokens) Verify(token string) (transport.Grant, error) {
	if len(token) > maxToken {
		return transport.Grant{}, bad("the token is longer than 2048 bytes")
	}
	// The decoder of base64 skips line ends, strict or not.
	if strings.ContainsAny(token, "\r\n") {
		return transport.Grant{}, malformed()
	}
	var c claims
	parsed, err := t.parser.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return t.keys, nil })
	if err != nil {
		return transport.Grant{}, refusal(err)
	}
	// RFC 7515 §4.1.11: what is critical has to be understood, and we know no
	// extension. The library does not look.
	if _, ok := parsed.Header["crit"]; ok {
		return transport.Grant{}, bad("the token has critical extensions (crit)")
	}
	return c.grant()
}

// Anonymous makes a token for somebody unknown, who may publish what anybody
// may; "" if there are none.
func (t *Tokens) Anonymous() string {
	if !t.open {
		return ""
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{
		Subject:   "anon-" + name(),
		ExpiresAt: jwt.NewNumericDate(t.now().Add(t.ttl)),
	}).SignedString(t.keys.Keys[0])
	if err != nil { // a key of the wrong type, or no SHA-256: neither can be
		return ""
	}
	return token
}

// nameLength is the random characters of an anonymous subject. 119 bits: no two
// get the same, and so none another's share of the limits.
const nameLength = 20

// name draws nameLength letters and digits.
func name() string {
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	out := make([]byte, 0, nameLength)
	var p [2 * nameLength]byte
	for {
		rand.Read(p[:]) // never fails, see crypto/rand
		for _, b := range p {
			// Six bits, and again for the two values over: a remainder would
			// make some characters likelier than others.
			if b &= 63; int(b) < len(digits) {
				out = append(out, digits[b])
			}
			if len(out) == nameLength {
				return string(out)
			}
		}
	}
}

// refusal says in our words what the library found. Its own could quote the
// token.
func refusal(err error) error {
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return &session.Error{Code: CodeExpiredToken, Message: "the token has expired: get another"}
	case errors.Is(err, jwt.ErrTokenNotValidYet):
		return bad("the token does not count yet (nbf)")
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return bad("the token does not say until when it counts (exp)")
	case errors.Is(err, jwt.ErrTokenMalformed):
		return malformed()
	}
	return bad("the token is not signed with HS256 and a key of this server")
}

func malformed() error { return bad("the token is not a JWT in compact form") }

func bad(message string) error { return &session.Error{Code: CodeBadToken, Message: message} }
