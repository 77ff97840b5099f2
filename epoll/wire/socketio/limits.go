package socketio

import (
	"errors"
	"fmt"
)

// Bounds that Validate puts on Limits.
const (
	maxAttachments = 1024
	maxText        = 64 << 10 // of a namespace or query
	maxBytes       = 1 << 30
	// maxDepth keeps the recursion of the scanners within some 100 KB of stack.
	maxDepth = 512
)

// Limits bounds what one packet may make a receiver hold or do. Every field is
// checked before room for it is made.
type Limits struct {
	// MaxAttachments is the most binary values of a packet.
	MaxAttachments int `yaml:"max_attachments"`
	// MaxNamespace is the most bytes of a namespace's name.
	MaxNamespace int `yaml:"max_namespace"`
	// MaxQuery is the most bytes of the query that revision 4 clients send with
	// the name of a namespace.
	MaxQuery int `yaml:"max_query"`
	// MaxDepth is the most arrays and objects within each other, the array of
	// the arguments included.
	MaxDepth int `yaml:"max_depth"`
	// MaxBytes is the most bytes of a packet with its attachments. Each message
	// of the transport has a limit of its own; this one is for their sum.
	MaxBytes int `yaml:"max_bytes"`
}

// DefaultLimits has the reference's 10 attachments; a query that carries a
// token; nesting far beyond what applications write; and, at the default of a
// megabyte for a message, a handful of large attachments.
func DefaultLimits() Limits {
	return Limits{MaxAttachments: 10, MaxNamespace: 256, MaxQuery: 4 << 10, MaxDepth: 64, MaxBytes: 4 << 20}
}

// Validate reports every field that is out of its bounds, joined.
func (l Limits) Validate() error {
	return errors.Join(
		within("max_attachments", l.MaxAttachments, 0, maxAttachments),
		within("max_namespace", l.MaxNamespace, 1, maxText),
		within("max_query", l.MaxQuery, 0, maxText),
		within("max_depth", l.MaxDepth, 1, maxDepth),
		within("max_bytes", l.MaxBytes, 1, maxBytes),
	)
}

// within wants a value in its bounds, ends included.
func within(key string, v, low, high int) error {
	if v < low || v > high {
		return fmt.Errorf("socketio.%s: %d, want %d to %d", key, v, low, high)
	}
	return nil
}
