package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// TestVerifyShape refuses what is no token, and what was changed after it was
// signed.
func TestVerifyShape(t *testing.T) {
	token := good("")
	parts := strings.Split(token, ".")
	flipped := []byte(parts[2])
	flipped[0] ^= 1
	const all = `{"sub":"feed","exp":1767229200,"publish":["*"]}`
	tests := []struct {
		name, token, want string
	}{
		{name: "empty", token: "", want: "compact form"},
		{name: "a word", token: "hunter2", want: "compact form"},
		{name: "two parts", token: parts[0] + "." + parts[1], want: "compact form"},
		{name: "four parts", token: token + "." + parts[2], want: "compact form"},
		{name: "five parts, as when encrypted", token: token + "..", want: "compact form"},
		{name: "only dots", token: "..", want: "compact form"},
		{name: "padding", token: parts[0] + "." + parts[1] + "." + parts[2] + "=", want: "compact form"},
		{name: "not base64", token: parts[0] + ".%7B%7D." + parts[2], want: "compact form"},
		{name: "line end inside", token: parts[0] + ".\n" + parts[1] + "." + parts[2], want: "compact form"},
		{name: "space before", token: " " + token, want: "compact form"},
		{name: "header is no JSON", token: sign(`{"alg":`, `{}`, secret), want: "compact form"},
		{name: "header is null", token: sign(`null`, all, secret), want: "not signed"},
		{name: "claims are no JSON", token: sign(header, `{`, secret), want: "compact form"},
		{name: "claims are a list", token: sign(header, `[]`, secret), want: "compact form"},
		{name: "claims are null", token: sign(header, `null`, secret), want: "(exp)"},
		{name: "other claims", token: parts[0] + "." + part(all) + "." + parts[2], want: "not signed"},
		{name: "other header", token: part(`{"typ":"JWT","alg":"HS256"}`) + "." + parts[1] + "." + parts[2], want: "not signed"},
		{name: "a bit of the signature", token: parts[0] + "." + parts[1] + "." + string(flipped), want: "not signed"},
		{name: "no signature", token: parts[0] + "." + parts[1] + ".", want: "not signed"},
		{name: "half a signature", token: token[:len(token)-23], want: "not signed"},
		{name: "another key", token: sign(header, all, "a key of somebody else, of 32 bytes"), want: "not signed"},
		{name: "no key", token: sign(header, all, ""), want: "not signed"},
		{name: "bits after the end", token: token[:len(token)-1] + string(token[len(token)-1]+1), want: "compact form"},
		{name: "critical", token: sign(`{"alg":"HS256","crit":["b64"],"b64":true}`, all, secret), want: "(crit)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tokens().Verify(tt.token)
			check(t, err, CodeBadToken, tt.want)
		})
	}
}

// TestVerifyAlgorithm refuses every algorithm but HS256, also with the right
// key or with a signature that is good (RFC 8725 2.1).
func TestVerifyAlgorithm(t *testing.T) {
	const all = `{"sub":"feed","exp":1767229200,"publish":["*"]}`
	tests := map[string]string{
		"none":            part(`{"alg":"none"}`) + "." + part(all) + ".",
		"None":            part(`{"alg":"None"}`) + "." + part(all) + ".",
		"none but signed": sign(`{"alg":"none"}`, all, secret),
		"no alg":          sign(`{}`, all, secret),
		"a list":          sign(`{"alg":["HS256"]}`, all, secret),
		"small letters":   sign(`{"alg":"hs256"}`, all, secret),
		"unknown":         sign(`{"alg":"HS1"}`, all, secret),
		"said twice":      sign(`{"alg":"HS256","alg":"none"}`, all, secret),
		"RS256 by HMAC":   sign(`{"alg":"RS256"}`, all, secret),
		"own key":         sign(`{"alg":"RS256","jwk":{"kty":"oct","k":"AAAA"}}`, all, ""),
		"RS256":           signed(t, jwt.SigningMethodRS256),
		"PS256":           signed(t, jwt.SigningMethodPS256),
		"ES256":           signed(t, jwt.SigningMethodES256),
	}
	for alg, sum := range sha512s() {
		tests[alg] = signWith(sum, `{"alg":"`+alg+`"}`, all, secret)
		tests[alg+" as HS256"] = signWith(sum, header, all, secret)
		tests["HS256 as "+alg] = sign(`{"alg":"`+alg+`"}`, all, secret)
	}
	for name, token := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := tokens().Verify(token)
			check(t, err, CodeBadToken, "not signed with HS256")
		})
	}
}

// signed is a token with a good signature of somebody's private key.
func signed(t *testing.T, method jwt.SigningMethod) string {
	t.Helper()
	var key crypto.Signer
	var err error
	if method == jwt.SigningMethodES256 {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	} else {
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.NewWithClaims(method, jwt.MapClaims{"sub": "feed", "exp": noon + 3600}).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestVerifyClaims refuses what is signed and says too little or too much.
func TestVerifyClaims(t *testing.T) {
	rooms := func(n int) string { return `,"publish":[` + strings.Repeat(`"r",`, n-1) + `"r"]` }
	tests := []struct {
		name, claims, want string
		ok                 bool
	}{
		{name: "no exp", claims: `"sub":"a"`, want: "(exp)"},
		{name: "exp null", claims: `"sub":"a","exp":null`, want: "(exp)"},
		{name: "exp text", claims: `"sub":"a","exp":"tomorrow"`, want: "compact form"},
		{name: "nbf beyond every date", claims: `"sub":"a","exp":1767229200,"nbf":1e300`, want: "nbf"},
		{name: "exp in the year 10000", claims: `"sub":"a","exp":253402300800`, want: "impossible date"},
		{name: "exp in the year 9999", claims: `"sub":"a","exp":253402300799`, ok: true},
		{name: "no sub", claims: `"exp":1767229200`, want: "(sub)"},
		{name: "sub empty", claims: `"exp":1767229200,"sub":""`, want: "(sub)"},
		{name: "sub a number", claims: `"exp":1767229200,"sub":7`, want: "compact form"},
		{name: "sub of 129 bytes", claims: `"exp":1767229200,"sub":"` + strings.Repeat("s", 129) + `"`, want: "(sub)"},
		{name: "sub with a line end", claims: `"exp":1767229200,"sub":"a\nb"`, want: "(sub)"},
		{name: "sub written backwards", claims: `"exp":1767229200,"sub":"a\u202eb"`, want: "(sub)"},
		{name: "another audience", claims: `"exp":1767229200,"sub":"a","aud":"shop"`, want: "(aud)"},
		{name: "publish null", claims: `"exp":1767229200,"sub":"a","publish":null`, want: "list of texts"},
		{name: "publish text", claims: `"exp":1767229200,"sub":"a","publish":"*"`, want: "list of texts"},
		{name: "publish of numbers", claims: `"exp":1767229200,"sub":"a","publish":[1]`, want: "list of texts"},
		{name: "publish of null", claims: `"exp":1767229200,"sub":"a","publish":["a",null]`, want: "beginnings and *"},
		{name: "publish of nothing", claims: `"exp":1767229200,"sub":"a","publish":[""]`, want: "beginnings and *"},
		{name: "star inside", claims: `"exp":1767229200,"sub":"a","publish":["a*b"]`, want: "beginnings and *"},
		{name: "two stars", claims: `"exp":1767229200,"sub":"a","publish":["a**"]`, want: "beginnings and *"},
		{name: "64 rooms", claims: `"exp":1767229200,"sub":"a"` + rooms(64), ok: true},
		{name: "65 rooms", claims: `"exp":1767229200,"sub":"a"` + rooms(65), want: "more than 64"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tokens().Verify(sign(header, "{"+tt.claims+"}", secret))
			if tt.ok {
				check(t, err, "", "")
				return
			}
			check(t, err, CodeBadToken, tt.want)
		})
	}
}

// TestVerifyLength takes 2 KiB and not a byte more.
func TestVerifyLength(t *testing.T) {
	for _, tt := range []struct {
		filler int // bytes of a claim that nobody reads
		want   string
	}{{filler: 1400}, {filler: 1500, want: "longer"}, {filler: 1 << 20, want: "longer"}} {
		token := good(`,"x":"` + strings.Repeat("x", tt.filler) + `"`)
		_, err := tokens().Verify(token)
		if tt.want == "" {
			check(t, err, "", "")
			continue
		}
		check(t, err, CodeBadToken, tt.want)
	}
	_, err := tokens().Verify(strings.Repeat(".", maxToken))
	check(t, err, CodeBadToken, "compact form")
}

// TestExpiredIsOurs tells nobody of a token's time who could not sign it.
func TestExpiredIsOurs(t *testing.T) {
	const past = `{"sub":"feed","exp":1}`
	_, err := tokens().Verify(sign(header, past, secret))
	check(t, err, CodeExpiredToken, "expired")
	_, err = tokens().Verify(sign(header, past, "a key of somebody else, of 32 bytes"))
	check(t, err, CodeBadToken, "not signed")
	_, err = tokens().Verify(signWith(sha256.New, `{"alg":"none"}`, past, secret))
	check(t, err, CodeBadToken, "not signed")
}
