package agent

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"
)

const (
	// version changes with what is said after the greeting.
	version = 2
	// helloWithin is how long both ends have to show that they know the token.
	helloWithin = 10 * time.Second
	nonceBytes  = 32
	// minToken bounds what may be guessed.
	minToken = 8
)

var (
	errToken   = errors.New("agent: wrong token")
	errVersion = errors.New("agent: another version of bench")
	errNoToken = fmt.Errorf("agent: want a token of at least %d bytes: it opens connections to wherever it is told", minToken)
)

// hello is what both say first: the agent a nonce, the coordinator a nonce and
// its proof, the agent its proof and who it is.
type hello struct {
	Version int    `json:"version"`
	Nonce   []byte `json:"nonce,omitempty"`
	Proof   []byte `json:"proof,omitempty"`
	Machine string `json:"machine,omitempty"` // boot id and time namespace: whose clock it is
	PID     int    `json:"pid,omitempty"`
}

func newNonce() []byte {
	b := make([]byte, nonceBytes)
	_, _ = rand.Read(b) // crypto/rand doesn't fail: it ends the process instead
	return b
}

// prove makes the code that shows that a side knows the token. side keeps an
// answer from being sent back as one's own.
func prove(token, side string, asked, own []byte) []byte {
	m := hmac.New(sha256.New, []byte(token))
	for _, p := range [][]byte{[]byte(side), asked, own} {
		_, _ = m.Write(p) // a hash takes everything
	}
	return m.Sum(nil)
}

const (
	sideAgent = "bench agent\n"
	sideLead  = "bench coordinator\n"
)

// receive is the agent's side of the greeting.
func receive(c *talk, token string, who hello) error {
	nonce := newNonce()
	if err := c.send(frame{Verb: "hello"}, hello{Version: version, Nonce: nonce}); err != nil {
		return err
	}
	h, err := c.greeted()
	switch {
	case err != nil:
		return err
	case h.Version != version:
		return fmt.Errorf("%w: it speaks %d, we %d", errVersion, h.Version, version)
	case len(h.Nonce) != nonceBytes || !hmac.Equal(h.Proof, prove(token, sideLead, nonce, h.Nonce)):
		return errToken
	}
	who.Version, who.Proof = version, prove(token, sideAgent, h.Nonce, nonce)
	return c.send(frame{Verb: "hello"}, who)
}

// greet is the coordinator's side.
func greet(c *talk, token string) (hello, error) {
	h, err := c.greeted()
	switch {
	case err != nil:
		return h, err
	case h.Version != version:
		return h, fmt.Errorf("%w: it speaks %d, we %d", errVersion, h.Version, version)
	case len(h.Nonce) != nonceBytes:
		return h, fmt.Errorf("%w: a nonce of %d bytes", errFrame, len(h.Nonce))
	}
	theirs, own := h.Nonce, newNonce()
	if err := c.send(frame{Verb: "hello"}, hello{Version: version, Nonce: own, Proof: prove(token, sideLead, theirs, own)}); err != nil {
		return h, err
	}
	if h, err = c.greeted(); err != nil {
		return h, err
	}
	if !hmac.Equal(h.Proof, prove(token, sideAgent, own, theirs)) {
		return h, errToken
	}
	return h, nil
}

// greeted reads one part of the greeting.
func (c *talk) greeted() (hello, error) {
	var h hello
	f, err := readFrame(c.in, maxStranger)
	switch {
	case err != nil:
		return h, err
	case f.Error != "":
		return h, errors.New(f.Error)
	case f.Verb != "hello":
		return h, fmt.Errorf("%w: %q where a greeting belongs", errFrame, f.Verb)
	}
	if err := strict(f.Body, &h); err != nil {
		return h, fmt.Errorf("%w: greeting: %w", errFrame, err)
	}
	return h, nil
}
