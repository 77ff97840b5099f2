package session

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
)

// ID names a session: 96 random bits, and 24 for the node it is on (0 while
// there is one). As text it has 20 characters.
type ID [15]byte

// newID draws an id that nobody can guess.
func newID() ID {
	var id ID
	rand.Read(id[:12]) // never fails, see crypto/rand
	return id
}

// key is half of the random bits: enough to find a session by.
func (id ID) key() uint64 { return binary.LittleEndian.Uint64(id[:8]) }

// String returns the id in base64url.
func (id ID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// ParseID reads what String returned.
func ParseID(s string) (ID, bool) {
	var id ID
	if len(s) != 20 {
		return id, false
	}
	n, err := base64.RawURLEncoding.Decode(id[:], []byte(s))
	return id, err == nil && n == len(id)
}
