package transport

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"sync"
)

// engineID is a session's id: 120 random bits, 20 characters as text.
type engineID [15]byte

// newEngineID draws an id that nobody can guess.
func newEngineID() engineID {
	var id engineID
	rand.Read(id[:]) // never fails, see crypto/rand
	return id
}

// key is half of the id: enough to find a session by.
func (id engineID) key() uint64 { return binary.LittleEndian.Uint64(id[:8]) }

// String returns the id in base64url.
func (id engineID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// parseEngineID reads what String returned.
func parseEngineID(p []byte) (id engineID, ok bool) {
	if len(p) != 20 {
		return id, false
	}
	n, err := base64.RawURLEncoding.Decode(id[:], p)
	return id, err == nil && n == len(id)
}

// engineParts is how many parts a table has: the loops do not wait for each
// other.
const engineParts = 16

// engineTable is the sessions of a path by id.
type engineTable struct {
	parts [engineParts]struct {
		mu  sync.RWMutex
		all map[uint64]*engine
	}
}

// add gives e an id and enters it.
func (t *engineTable) add(e *engine) {
	for {
		e.id = newEngineID()
		key := e.id.key()
		part := &t.parts[key%engineParts]
		part.mu.Lock()
		if part.all == nil {
			part.all = make(map[uint64]*engine)
		}
		_, taken := part.all[key]
		if !taken {
			part.all[key] = e
		}
		part.mu.Unlock()
		if !taken {
			return
		}
	}
}

// remove takes e out, and reports whether it was in.
func (t *engineTable) remove(e *engine) bool {
	key := e.id.key()
	part := &t.parts[key%engineParts]
	part.mu.Lock()
	defer part.mu.Unlock()
	if part.all[key] != e {
		return false
	}
	delete(part.all, key)
	e.mode.Or(engineForgotten)
	if len(part.all) == 0 {
		part.all = nil // a map never shrinks: after a big audience, begin anew
	}
	return true
}

// find returns the session of an id, or nil.
func (t *engineTable) find(sid []byte) *engine {
	id, ok := parseEngineID(sid)
	if !ok {
		return nil
	}
	key := id.key()
	part := &t.parts[key%engineParts]
	part.mu.RLock()
	defer part.mu.RUnlock()
	if e := part.all[key]; e != nil && e.id == id {
		return e
	}
	return nil
}

// list returns all sessions, in no order.
func (t *engineTable) list() []*engine {
	var out []*engine
	for i := range t.parts {
		part := &t.parts[i]
		part.mu.RLock()
		for _, e := range part.all {
			out = append(out, e)
		}
		part.mu.RUnlock()
	}
	return out
}
