package socketio

import (
	"bytes"
	"unicode/utf8"
)

// parse takes a text apart. n is how many attachments follow.
func parse(rev Revision, lim *Limits, p []byte) (k Packet, n int, err error) {
	if len(p) == 0 || p[0]-'0' > byte(BinaryAck) {
		return k, 0, errType
	}
	if !utf8.Valid(p) {
		return k, 0, errUTF8
	}
	k.Type, p = Type(p[0]-'0'), p[1:]
	if k.Type >= BinaryEvent {
		k.Type -= BinaryEvent - Event
		if n, p, err = count(lim, p); err != nil {
			return k, 0, err
		}
	}
	if p, err = k.name(rev, lim, p); err != nil {
		return k, 0, err
	}
	if len(p) > 0 && p[0]-'0' <= 9 {
		if k.ID, p, k.HasID = number(p); !k.HasID {
			return k, 0, errID
		}
	}
	k.Data = bytes.TrimRight(p, space)
	if len(k.Data) == 0 {
		k.Data = nil
	}
	return k, n, k.check(rev)
}

// count takes the number of attachments and the dash.
func count(lim *Limits, p []byte) (int, []byte, error) {
	n, rest, ok := number(p)
	if !ok || n == 0 || len(rest) == 0 || rest[0] != '-' {
		return 0, nil, errAttachments
	}
	if n > uint64(max(lim.MaxAttachments, 0)) {
		return 0, nil, errTooMany
	}
	return int(n), rest[1:], nil
}

// name takes the namespace and the comma, which may be missing at the end.
func (k *Packet) name(rev Revision, lim *Limits, p []byte) ([]byte, error) {
	k.Namespace = Root
	if len(p) == 0 || p[0] != '/' {
		return p, nil
	}
	name, rest, _ := bytes.Cut(p, []byte{','})
	if rev == V4 && k.Type == Connect {
		// Only there: events name the namespace without its query. Revision 5
		// has no queries, a question mark is a character like any other.
		var query []byte
		name, query, _ = bytes.Cut(name, []byte{'?'})
		if len(query) > lim.MaxQuery {
			return nil, errNamespace
		}
		k.Query = string(query)
	}
	if len(name) > lim.MaxNamespace {
		return nil, errNamespace
	}
	if len(name) > 1 {
		k.Namespace = string(name)
	}
	return rest, nil
}

// number takes an unsigned decimal number that JavaScript can hold exactly.
func number(p []byte) (n uint64, rest []byte, ok bool) {
	i := 0
	for ; i < len(p) && p[i]-'0' <= 9; i++ {
		n = n*10 + uint64(p[i]-'0')
		if n > maxID {
			return 0, nil, false
		}
	}
	return n, p[i:], i > 0
}

// check looks at what can be told from the outside: id, and the kind of Data
// by its first byte.
func (k *Packet) check(rev Revision) error {
	if k.HasID && k.Type != Event && k.Type != Ack || k.Type == Ack && !k.HasID {
		return errID
	}
	var kind byte
	if len(k.Data) > 0 {
		kind = k.Data[0]
	}
	ok := false
	switch k.Type {
	case Connect:
		ok = kind == 0 || kind == '{'
	case Disconnect:
		ok = kind == 0
	case Event, Ack:
		ok = kind == '['
	case ConnectError:
		// Revision 4 sends what the application gave, whatever it is.
		ok = kind == '"' || kind == '{' || rev == V4
	}
	if !ok {
		return errPayload
	}
	return nil
}

// checkEvent wants the first argument of an event to be a name that packets
// may carry. Data is a valid array.
func (k *Packet) checkEvent() error {
	if k.Type != Event {
		return nil
	}
	name, _ := first(k.Data)
	switch {
	case len(name) == 0:
		return errPayload
	case name[0] == '"':
		if reserved(name) {
			return errReserved
		}
		return nil
	case name[0] == '-' || name[0]-'0' <= 9:
		return nil
	}
	return errPayload
}

// reserved reports whether a name, in quotes, is one of those by which the
// clients' and servers' own events are known.
func reserved(name []byte) bool {
	for _, r := range [...]string{"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"} {
		if isString(name, r) {
			return true
		}
	}
	return false
}
