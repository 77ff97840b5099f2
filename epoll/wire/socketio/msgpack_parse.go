package socketio

import "bytes"

// ParseMsgpack takes the one binary message of a packet in the form of
// socket.io-msgpack-parser. Any error is an *Error.
//
// Data becomes JSON as JavaScript would write it: undefined is null in arrays
// and left out of maps, a date is its ISO string, NaN and the infinities are
// null. Whole numbers keep all digits. Binary values become Attachments, which
// are parts of p.
func ParseMsgpack(lim *Limits, p []byte) (Packet, error) {
	if len(p) > lim.MaxBytes {
		return Packet{}, errTooLarge
	}
	e := envelope{r: unpacker{p: p, depth: min(lim.MaxDepth, maxDepth) + 1, attachments: lim.MaxAttachments}}
	if err := e.read(); err != nil {
		return Packet{}, err
	}
	k, err := e.packet(lim)
	if err != nil {
		return Packet{}, err
	}
	return k, nil
}

// envelope is the map that a packet is. The texts are JSON, nil if absent.
type envelope struct {
	r                  unpacker
	typ, nsp, data, id []byte
}

// read takes the whole message.
func (e *envelope) read() error {
	r := &e.r
	n, ok, err := r.mapHead()
	if err != nil || !ok {
		return orMsgpack(err)
	}
	r.depth--
	for range n {
		key, err := r.text()
		if err != nil {
			return err
		}
		if err := e.member(key); err != nil {
			return err
		}
	}
	if r.i != len(r.p) {
		return errMsgpack
	}
	return nil
}

// member takes a value of the map. Clients add members of their own, such as
// options; nobody writes one of ours twice.
func (e *envelope) member(key []byte) error {
	var to *[]byte
	switch string(key) {
	case "type":
		to = &e.typ
	case "nsp":
		to = &e.nsp
	case "data":
		to = &e.data
	case "id":
		to = &e.id
	}
	r := &e.r
	at, had := len(r.dst), len(r.found)
	kind, err := r.value()
	if err != nil {
		return err
	}
	if to == nil {
		r.dst, r.found = r.dst[:at], r.found[:had]
		return nil
	}
	if *to != nil || key[0] != 'd' && len(r.found) > had {
		return errMsgpack
	}
	if kind != undefined {
		*to = bytes.Clone(r.dst[at:])
		if key[0] == 'd' { // the large one; nothing is kept twice
			*to = r.dst[at:len(r.dst):len(r.dst)]
			r.dst = nil
		}
	}
	return nil
}

// packet checks what was read, as the parser of the reference does and, for
// events, the layer above it.
func (e *envelope) packet(lim *Limits) (Packet, error) {
	k := Packet{Namespace: Root, Data: e.data, Attachments: e.r.found}
	typ, rest, ok := number(e.typ)
	if !ok || len(rest) > 0 || typ > uint64(ConnectError) {
		return k, errType
	}
	k.Type = Type(typ)
	if len(e.nsp) < 2 || e.nsp[0] != '"' {
		return k, errNamespace
	}
	if nsp := unquote(e.nsp); nsp != Root {
		k.Namespace = nsp
	}
	if k.Namespace == "" || k.Namespace[0] != '/' || len(k.Namespace) > lim.MaxNamespace {
		return k, errNamespace
	}
	if e.id != nil {
		if k.ID, rest, k.HasID = number(e.id); !k.HasID || len(rest) > 0 {
			return k, errID
		}
	}
	if err := k.check(V5); err != nil {
		return k, err
	}
	if len(k.Attachments) > 0 {
		if k.Type != Event && k.Type != Ack {
			return k, errPayload
		}
		// An object that only looks like a placeholder would be taken for one.
		if _, _, err := settle(k.Data, len(k.Attachments), maxDepth); err != nil {
			return k, err
		}
	}
	return k, k.checkEvent()
}

// orMsgpack is err, or that the bytes are not what they have to be.
func orMsgpack(err error) error {
	if err == nil {
		return errMsgpack
	}
	return err
}
