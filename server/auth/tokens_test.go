package auth

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"grandstand/epoll/transport"
)

// TestVerify reads what other libraries write.
func TestVerify(t *testing.T) {
	long := strings.Repeat("s", 128)
	tests := []struct {
		name  string
		token string
		want  transport.Grant
	}{
		{name: "no rooms named", token: good(""), want: transport.Grant{Subject: "feed"}},
		{name: "rooms", token: good(`,"publish":["score:*","news"]`),
			want: transport.Grant{Subject: "feed", Publish: []string{"score:*", "news"}}},
		{name: "every room", token: good(`,"publish":["*"]`), want: transport.Grant{Subject: "feed", Publish: []string{"*"}}},
		{name: "no room", token: good(`,"publish":[]`), want: transport.Grant{Subject: "feed", Publish: []string{}}},
		{name: "the key before", token: sign(header, `{"sub":"feed","exp":1767229200}`, old), want: transport.Grant{Subject: "feed"}},
		{name: "no typ", token: sign(`{"alg":"HS256"}`, `{"sub":"feed","exp":1767229200}`, secret), want: transport.Grant{Subject: "feed"}},
		{name: "claims of others", token: good(`,"iss":"us","iat":1767225600,"jti":"1","name":"x","roles":{"a":[1]}`),
			want: transport.Grant{Subject: "feed"}},
		{name: "audience", token: good(`,"aud":"grandstand"`), want: transport.Grant{Subject: "feed"}},
		{name: "one of the audience", token: good(`,"aud":["shop","grandstand"]`), want: transport.Grant{Subject: "feed"}},
		{name: "began", token: good(`,"nbf":1767225600`), want: transport.Grant{Subject: "feed"}},
		{name: "fraction of a second", token: sign(header, `{"sub":"feed","exp":1767229200.5}`, secret), want: transport.Grant{Subject: "feed"}},
		{name: "longest subject", token: sign(header, `{"exp":1767229200,"sub":"`+long+`"}`, secret), want: transport.Grant{Subject: long}},
		{name: "beyond ASCII", token: sign(header, `{"exp":1767229200,"sub":"Zoë 7"}`, secret), want: transport.Grant{Subject: "Zoë 7"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tokens().Verify(tt.token)
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Verify = %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

// TestVerifyClock holds exp and nbf to the second, with leeway on both sides.
func TestVerifyClock(t *testing.T) {
	token := sign(header, fmt.Sprintf(`{"sub":"feed","nbf":%d,"exp":%d}`, noon, noon+60), secret)
	for at, want := range map[int64]string{
		noon - 31: "bad_token: the token does not count yet (nbf)",
		noon - 30: "", noon: "", noon + 60: "", noon + 89: "",
		noon + 90: "expired_token: the token has expired: get another",
	} {
		got := ""
		if _, err := New(Config{Secret: secret, TTL: time.Hour}, clock(at)).Verify(token); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%d s after nbf: %q, want %q", at-noon, got, want)
		}
	}
}

// TestAnonymous makes tokens that say no more than they should, each for
// somebody else.
func TestAnonymous(t *testing.T) {
	shape := regexp.MustCompile(`^anon-[0-9A-Za-z]{20}$`)
	now := int64(noon)
	ours := New(DefaultConfig(), func() time.Time { return time.Unix(now, 0) })
	seen := map[string]bool{}
	for range 200 {
		token := ours.Anonymous()
		g, err := ours.Verify(token)
		if err != nil || !shape.MatchString(g.Subject) || g.Publish != nil || seen[g.Subject] {
			t.Fatalf("Verify(Anonymous()) = %+v, %v, want a new anon-... and no rooms", g, err)
		}
		if len(token) > 256 {
			t.Errorf("%d bytes, want at most 256: it is part of URLs", len(token))
		}
		seen[g.Subject] = true
	}
	token := ours.Anonymous()
	now += int64(DefaultConfig().TTL/time.Second) + int64(leeway/time.Second)
	_, err := ours.Verify(token)
	check(t, err, CodeExpiredToken, "")
}

// TestAnonymousOff makes none.
func TestAnonymousOff(t *testing.T) {
	off := New(Config{Secret: secret, TTL: time.Hour}, clock(noon))
	if got := off.Anonymous(); got != "" {
		t.Errorf("Anonymous() = %q, want none", got)
	}
	if _, err := off.Verify(good("")); err != nil {
		t.Errorf("Verify: %v: tokens that others signed still count", err)
	}
}

// TestKeys holds tokens to the process or to the secret they come from.
func TestKeys(t *testing.T) {
	drawn := New(DefaultConfig(), clock(noon))
	_, err := New(DefaultConfig(), clock(noon)).Verify(drawn.Anonymous())
	check(t, err, CodeBadToken, "not signed")

	before := New(Config{Secret: old, Anonymous: true, TTL: time.Hour}, clock(noon))
	if _, err := tokens().Verify(before.Anonymous()); err != nil {
		t.Errorf("after a change of secrets: %v", err)
	}
	_, err = before.Verify(tokens().Anonymous())
	check(t, err, CodeBadToken, "not signed") // the new key signs, not the old
}

// TestName uses every letter and digit.
func TestName(t *testing.T) {
	seen := map[rune]int{}
	for range 1000 {
		for _, r := range name() {
			seen[r]++
		}
	}
	// 20,000 of 62: 323 each; a quarter off would be four and a half deviations.
	for r, n := range seen {
		if n < 200 || n > 450 {
			t.Errorf("%q came %d times of 20000, want about 323", r, n)
		}
	}
	if len(seen) != 62 {
		t.Errorf("%d characters, want 62", len(seen))
	}
}

// TestTogether makes and reads tokens from many goroutines, for -race.
func TestTogether(t *testing.T) {
	ours := tokens()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if _, err := ours.Verify(ours.Anonymous()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// BenchmarkVerify is what a publish pays on its loop.
func BenchmarkVerify(b *testing.B) {
	ours, token := tokens(), good(`,"publish":["score:*","news"]`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ours.Verify(token); err != nil {
			b.Fatal(err)
		}
	}
}
