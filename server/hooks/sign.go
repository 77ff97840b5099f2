package hooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"
)

// The headers of a request.
const (
	HeaderHook      = "X-Grandstand-Hook"      // the hook's name
	HeaderID        = "X-Grandstand-Id"        // the call's, the same in each attempt
	HeaderAttempt   = "X-Grandstand-Attempt"   // 1, 2, ...
	HeaderTimestamp = "X-Grandstand-Timestamp" // when it was sent, seconds of Unix time
	HeaderSignature = "X-Grandstand-Signature" // see Sign; only with a secret
)

// MaxAge is how far a timestamp may be from now: room for clocks that differ
// and a request that waited, and little for whoever recorded one.
const MaxAge = 5 * time.Minute

// signatureVersion says how it was made, so that there can be another way.
const signatureVersion = "v1="

// The errors of Verify.
var (
	ErrSignature = errors.New("hooks: the signature is wrong")
	ErrTimestamp = errors.New("hooks: the timestamp is missing, too old or ahead")
)

// Sign returns the signature of a body sent at timestamp, seconds of Unix
// time: v1= and in hexadecimal the HMAC-SHA256 (RFC 2104) of the timestamp's
// digits, a dot and the body.
func Sign(secret string, timestamp int64, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(strconv.AppendInt(nil, timestamp, 10))
	mac.Write([]byte{'.'})
	mac.Write(body)
	return signatureVersion + hex.EncodeToString(mac.Sum(nil))
}

// Verify checks a request as an application written in Go should: timestamp
// and signature are the headers' values, body is as it came.
func Verify(secret, timestamp, signature string, body []byte, now time.Time) error {
	at, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || strconv.FormatInt(at, 10) != timestamp {
		return ErrTimestamp
	}
	if age := now.Unix() - at; age > int64(MaxAge/time.Second) || age < -int64(MaxAge/time.Second) {
		return ErrTimestamp
	}
	want := Sign(secret, at, body)
	if !strings.HasPrefix(signature, signatureVersion) || !hmac.Equal([]byte(signature), []byte(want)) {
		return ErrSignature
	}
	return nil
}
