package engineio

// AppendFrame appends a packet as the payload of a WebSocket message, and says
// whether that is a binary one. b64 is for clients that take text only.
func AppendFrame(dst []byte, version int, b64 bool, p Packet) (_ []byte, binary bool) {
	if !p.Binary || b64 {
		return appendText(dst, version, p), false
	}
	if version == 3 {
		dst = append(dst, byte(p.Type-'0'))
	}
	return append(dst, p.Data...), true
}

// ParseFrame reads the payload of a WebSocket message. Base64 in text is taken
// from anybody. That text is UTF-8 is for the WebSocket to see to.
func ParseFrame(version int, binary bool, p []byte) (Packet, error) {
	if !binary {
		return parseText(version, p)
	}
	if version == 3 {
		return parseBinary(p)
	}
	return Packet{Type: Message, Binary: true, Data: p}, nil
}
