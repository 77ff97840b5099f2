package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"strings"
	"testing"
	"time"

	"grandstand/session"
)

// The keys of the tests, and their time.
const (
	secret = "the key of these tests, 32 bytes and more"
	old    = "the key of these tests before that one"
	noon   = 1767225600 // 2026-01-01 00:00:00 UTC
)

// header is that of a good token.
const header = `{"alg":"HS256","typ":"JWT"}`

// clock stands at seconds after 1970.
func clock(seconds int64) func() time.Time { return func() time.Time { return time.Unix(seconds, 0) } }

// tokens are those of both keys, at noon.
func tokens() *Tokens {
	return New(Config{Secret: secret, Previous: []string{old}, Anonymous: true, TTL: time.Hour}, clock(noon))
}

// sign makes a token by the standard library alone (RFC 7515 3.3): what the
// package reads must not depend on what it writes.
func sign(header, payload, key string) string { return signWith(sha256.New, header, payload, key) }

func signWith(sum func() hash.Hash, header, payload, key string) string {
	text := part(header) + "." + part(payload)
	mac := hmac.New(sum, []byte(key))
	mac.Write([]byte(text))
	return text + "." + part(string(mac.Sum(nil)))
}

func part(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// good is a token of the present key with those claims beside sub and exp.
func good(more string) string {
	return sign(header, `{"sub":"feed","exp":1767229200`+more+`}`, secret)
}

// check compares a refusal with its code and a part of its message.
func check(t *testing.T, err error, code session.Code, message string) {
	t.Helper()
	e, ok := err.(*session.Error)
	switch {
	case code == "" && err != nil:
		t.Errorf("Verify: %v, want no error", err)
	case code != "" && (!ok || e.Code != code || !strings.Contains(e.Message, message)):
		t.Errorf("Verify: %v, want %s with %q", err, code, message)
	}
}

// sha512s are the other hashes that HMAC is used with (RFC 7518 3.2).
func sha512s() map[string]func() hash.Hash {
	return map[string]func() hash.Hash{"HS384": sha512.New384, "HS512": sha512.New}
}
