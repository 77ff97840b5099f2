package auth

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"grandstand/session"
)

// FuzzVerify reads anything, as a token and as the claims of one that is
// signed: it never panics, takes nothing that is not signed, and grants nothing
// beyond the limits.
func FuzzVerify(f *testing.F) {
	f.Add(good(`,"publish":["a*"]`), header, `{"sub":"feed","exp":1767229200,"publish":["score:*"]}`)
	f.Add("..", `{"alg":"none"}`, `{"sub":"","exp":1e300,"nbf":-1e300,"aud":[[]]}`)
	ours := tokens()
	f.Fuzz(func(t *testing.T, token, head, payload string) {
		if g, err := ours.Verify(token); err != nil {
			known(t, err)
		} else if !strings.HasPrefix(g.Subject, "feed") { // that of the seeds
			t.Errorf("Verify(%q) = %+v", token, g)
		}
		if _, err := ours.Verify(sign(head, payload, "a key of somebody else, of 32 bytes")); err == nil {
			t.Errorf("%q . %q counts with another's key", head, payload)
		}
		g, err := ours.Verify(sign(head, payload, secret))
		if err != nil {
			known(t, err)
			return
		}
		var h map[string]any
		if json.Unmarshal([]byte(head), &h) != nil || h["alg"] != "HS256" || h["crit"] != nil {
			t.Errorf("the header %q counts", head)
		}
		if len(g.Subject) < 1 || len(g.Subject) > 128 || !utf8.ValidString(g.Subject) || len(g.Publish) > 64 {
			t.Errorf("%q grants %+v", payload, g)
		}
		for _, p := range g.Publish {
			if i := strings.IndexByte(p, '*'); p == "" || i >= 0 && i < len(p)-1 {
				t.Errorf("%q grants %q", payload, p)
			}
		}
	})
}

// known fails for an error that transports do not know how to answer.
func known(t *testing.T, err error) {
	t.Helper()
	e, ok := err.(*session.Error)
	if !ok || e.Code != CodeBadToken && e.Code != CodeExpiredToken || e.Message == "" {
		t.Errorf("the error is %v (%T)", err, err)
	}
}
