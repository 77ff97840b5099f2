package http1

import (
	"errors"
	"fmt"
)

// Bounds that Validate puts on Limits: below them browsers fail, above them
// one connection may hold more than it should.
const (
	minHead, maxHead       = 256, 16 << 10
	minTarget              = 16
	minHeaders, maxHeaders = 4, 256
	maxBody                = 64 << 20
)

// Limits bounds what one request may hold in memory. Every field is checked
// before room for it is made.
type Limits struct {
	// MaxHead is the most bytes of a head: request line, fields and the empty
	// line that ends them. Above it the answer is 431. The trailers of a
	// chunked body have the same bound.
	MaxHead int `yaml:"max_head"`
	// MaxHeaders is the most field lines of a head, and of the trailers of a
	// chunked body. Above it the answer is 431.
	MaxHeaders int `yaml:"max_headers"`
	// MaxTarget is the most bytes of a request target. Above it the answer is
	// 414.
	MaxTarget int `yaml:"max_target"`
	// MaxBody is the most bytes of a body, after the chunks are joined. Above
	// it the answer is 413; 0 allows no body.
	MaxBody int `yaml:"max_body"`
}

// DefaultLimits is enough for a browser with a full cookie jar (8 KiB of
// head), a target that carries a token, and a body of one publish.
func DefaultLimits() Limits {
	return Limits{MaxHead: 8 << 10, MaxHeaders: 64, MaxTarget: 4 << 10, MaxBody: 64 << 10}
}

// Validate reports every field that is out of its bounds, joined.
func (l Limits) Validate() error {
	return errors.Join(
		within("max_head", l.MaxHead, minHead, maxHead),
		within("max_headers", l.MaxHeaders, minHeaders, maxHeaders),
		within("max_target", l.MaxTarget, minTarget, maxHead),
		within("max_body", l.MaxBody, 0, maxBody),
		l.fits(),
	)
}

// fits wants a target at its limit to leave room for the rest of its line, or
// max_target would never be what refuses a target.
func (l Limits) fits() error {
	if line := l.MaxTarget + lineRest; line > l.MaxHead {
		return fmt.Errorf("http1.max_target: %d, want at most %d (max_head less %d)",
			l.MaxTarget, l.MaxHead-lineRest, lineRest)
	}
	return nil
}

// within wants a value in its bounds, ends included.
func within(key string, v, low, high int) error {
	if v < low || v > high {
		return fmt.Errorf("http1.%s: %d, want %d to %d", key, v, low, high)
	}
	return nil
}
