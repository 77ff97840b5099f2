package ws

import (
	"crypto/sha1" //nolint:gosec // RFC 6455 §4.2.2 prescribes it; it protects nothing
	"encoding/base64"
	"slices"
)

// keyGUID is joined to the client's key so that only a server that knows the
// protocol can compute the answer. RFC 6455 §1.3
const keyGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// Fields is what a handshake reads of a request.
type Fields interface {
	// Header is the value of the named field, without white space around it,
	// nil when it is absent. Names compare without case.
	Header(name string) []byte
	// HasToken reports whether the comma-separated values of the named field
	// include token, compared without case.
	HasToken(name, token string) bool
}

// counter is what a Fields that knows more can do: say how many lines have a
// name. With it, fields that may come only once are held to that.
type counter interface {
	HeaderCount(name string) int
}

// Handshake is an accepted opening.
type Handshake struct {
	// Accept is the value of Sec-WebSocket-Accept.
	Accept [28]byte
	// Protocol is the subprotocol chosen, "" for none.
	Protocol string
	// Extensions is the value of Sec-WebSocket-Extensions, "" for none.
	Extensions string
	// Deflate says that permessage-deflate is in force. Give it to Reader.Next,
	// and send AppendDeflated payloads only when it is true.
	Deflate bool
}

// Upgrade judges an opening request: RFC 6455 §4.2.1 and, when cfg.Deflate is
// on, RFC 7692 §5. That it is HTTP/1.1 with a Host is for the caller to know,
// and whether its Origin is welcome for the caller to decide. Subprotocols and
// extensions are read from the first line of their name, where clients put them.
//
// protocols are the subprotocols of the server, the preferred one first; the
// first that the client offers too is chosen. None in common is not an error:
// the connection then has no subprotocol, and it is the client that decides
// (§4.2.2 /subprotocol/).
func Upgrade(method string, f Fields, protocols []string, cfg *Config) (Handshake, *HandshakeError) {
	if err := admit(method, f); err != nil {
		return Handshake{}, err
	}
	var h Handshake
	if !single(f, "Sec-WebSocket-Key") || !acceptKey(&h.Accept, f.Header("Sec-WebSocket-Key")) {
		return Handshake{}, refuse(400, "bad_key", "Sec-WebSocket-Key is not one value of 16 bytes in base64")
	}
	var ok bool
	if h.Protocol, ok = choose(protocols, f.Header("Sec-WebSocket-Protocol")); !ok {
		return Handshake{}, refuse(400, "bad_protocol", "Sec-WebSocket-Protocol is not a list of tokens")
	}
	if h.Extensions, ok = negotiate(f.Header("Sec-WebSocket-Extensions")); !ok {
		return Handshake{}, refuse(400, "bad_extensions", "Sec-WebSocket-Extensions is malformed")
	}
	if !cfg.Deflate {
		h.Extensions = ""
	}
	h.Deflate = h.Extensions != ""
	return h, nil
}

// admit judges what makes a request a WebSocket request of our version.
// RFC 6455 §4.2.1 items 1, 3, 4 and 6.
func admit(method string, f Fields) *HandshakeError {
	if method != "GET" {
		return refuse(405, "bad_method", "a WebSocket opens with GET", "Allow", "GET")
	}
	if !f.HasToken("Upgrade", "websocket") {
		// RFC 9110 §15.5.22: 426 names the protocol to upgrade to.
		return refuse(426, "not_websocket", "this resource is a WebSocket",
			"Upgrade", "websocket", "Connection", "Upgrade")
	}
	if !f.HasToken("Connection", "Upgrade") {
		return refuse(400, "bad_connection", "Connection does not ask for Upgrade")
	}
	if !single(f, "Sec-WebSocket-Version") || string(f.Header("Sec-WebSocket-Version")) != "13" {
		return refuse(426, "bad_version", "only WebSocket version 13 is spoken",
			"Sec-WebSocket-Version", "13", "Upgrade", "websocket", "Connection", "Upgrade")
	}
	return nil
}

// single reports whether the named field has one line at most, as far as f can
// tell. RFC 6455 §11.3.1 and §11.3.5
func single(f Fields, name string) bool {
	c, ok := f.(counter)
	return !ok || c.HeaderCount(name) <= 1
}

// acceptKey computes Sec-WebSocket-Accept into dst; false for a key that is not
// 16 bytes in canonical base64. RFC 6455 §4.2.1 item 5, §4.2.2 item 5.4
func acceptKey(dst *[28]byte, key []byte) bool {
	var nonce [18]byte
	if len(key) != 24 {
		return false
	}
	// Strict: the bits that pad the last digit must be zero.
	if n, err := base64.StdEncoding.Strict().Decode(nonce[:], key); err != nil || n != 16 {
		return false
	}
	var joined [24 + len(keyGUID)]byte
	copy(joined[:], key)
	copy(joined[24:], keyGUID)
	sum := sha1.Sum(joined[:]) //nolint:gosec // prescribed
	base64.StdEncoding.Encode(dst[:], sum[:])
	return true
}

// choose picks the first of ours that offered lists; ok is false when offered
// is not a list of tokens. Subprotocols compare with case. RFC 6455 §4.1 item 10
func choose(ours []string, offered []byte) (protocol string, ok bool) {
	best := len(ours)
	s := scanner{rest: offered}
	for !s.end() {
		if s.accept(',') {
			continue
		}
		name := s.token()
		if len(name) == 0 || (!s.end() && !s.accept(',')) {
			return "", false
		}
		if i := slices.Index(ours, string(name)); i >= 0 && i < best {
			best = i
		}
	}
	if best == len(ours) {
		return "", true
	}
	return ours[best], true
}

// AppendResponse appends the whole head of the 101 reply, with extra fields
// (name and value each) at its end. Extra fields are the server's own words; an
// octet that would end the line becomes a space. RFC 6455 §4.2.2 item 5
func (h Handshake) AppendResponse(dst []byte, extra ...[2]string) []byte {
	dst = append(dst, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	dst = append(dst, h.Accept[:]...)
	dst = append(dst, "\r\n"...)
	if h.Protocol != "" {
		dst = appendField(dst, "Sec-WebSocket-Protocol", h.Protocol)
	}
	if h.Extensions != "" {
		dst = appendField(dst, "Sec-WebSocket-Extensions", h.Extensions)
	}
	for _, field := range extra {
		dst = appendField(dst, field[0], field[1])
	}
	return append(dst, "\r\n"...)
}

// appendField appends one header line and keeps it one line.
func appendField(dst []byte, name, value string) []byte {
	start := len(dst)
	dst = append(append(append(dst, name...), ": "...), value...)
	for i, c := range dst[start:] {
		if c == '\r' || c == '\n' || c == 0 {
			dst[start+i] = ' '
		}
	}
	return append(dst, "\r\n"...)
}
