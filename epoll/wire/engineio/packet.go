package engineio

import (
	"bytes"
	"encoding/base64"
	"errors"
)

// Type is what a packet is for.
type Type byte

// The types, as they are written in text.
const (
	Open    Type = '0' // the handshake, from the server
	Close   Type = '1' // ends the session
	Ping    Type = '2' // from the server in version 4, from the client in version 3
	Pong    Type = '3' // the answer
	Message Type = '4' // of the layer above
	Upgrade Type = '5' // from the client: the probed carrier is to be used
	Noop    Type = '6' // answers a poll that has to end
)

// known reports whether t is a type.
func (t Type) known() bool { return t >= Open && t <= Noop }

// Packet is one of either side.
type Packet struct {
	Type   Type
	Binary bool // Data is not text; of messages only
	Data   []byte
}

// ErrPacket says that something is no packet, or no payload of packets.
var ErrPacket = errors.New("engineio: malformed packet")

// base64Mark begins a binary packet in text.
const base64Mark = 'b'

// appendText appends a packet as text, without what separates it from others.
func appendText(dst []byte, version int, p Packet) []byte {
	if !p.Binary {
		return append(append(dst, byte(p.Type)), p.Data...)
	}
	dst = append(dst, base64Mark)
	if version == 3 {
		dst = append(dst, byte(p.Type))
	}
	return base64.StdEncoding.AppendEncode(dst, p.Data)
}

// parseText reads what appendText wrote, or another client.
func parseText(version int, p []byte) (Packet, error) {
	if len(p) == 0 {
		return Packet{}, ErrPacket
	}
	if p[0] != base64Mark {
		if !Type(p[0]).known() {
			return Packet{}, ErrPacket
		}
		return Packet{Type: Type(p[0]), Data: p[1:]}, nil
	}
	p = p[1:]
	if version == 3 { // the type comes before the base64; only messages are binary
		if len(p) == 0 || Type(p[0]) != Message {
			return Packet{}, ErrPacket
		}
		p = p[1:]
	}
	data, err := decode(p)
	return Packet{Type: Message, Binary: true, Data: data}, err
}

// decode undoes base64, padded or not. Line ends, which the library would pass
// over, are not expected here.
func decode(p []byte) ([]byte, error) {
	if bytes.ContainsAny(p, "\r\n") {
		return nil, ErrPacket
	}
	if len(p)%4 == 0 {
		p = bytes.TrimSuffix(bytes.TrimSuffix(p, []byte("=")), []byte("="))
	}
	data := make([]byte, base64.RawStdEncoding.DecodedLen(len(p)))
	n, err := base64.RawStdEncoding.Decode(data, p)
	if err != nil {
		return nil, ErrPacket
	}
	return data[:n], nil
}
