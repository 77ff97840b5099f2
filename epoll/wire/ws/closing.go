package ws

import (
	"encoding/binary"
	"fmt"
	"unicode/utf8"
)

// Status codes of RFC 6455 §7.4.1 and of the IANA registry it opens.
const (
	CloseNormal      uint16 = 1000
	CloseGoingAway   uint16 = 1001
	CloseProtocol    uint16 = 1002
	CloseUnsupported uint16 = 1003
	CloseNoStatus    uint16 = 1005 // never on the wire: the peer gave no code
	CloseAbnormal    uint16 = 1006 // never on the wire: no close frame came
	CloseInvalid     uint16 = 1007
	ClosePolicy      uint16 = 1008
	CloseTooBig      uint16 = 1009
	CloseExtension   uint16 = 1010
	CloseInternal    uint16 = 1011
	CloseRestart     uint16 = 1012
	CloseTryLater    uint16 = 1013
	CloseTLS         uint16 = 1015 // never on the wire: the TLS handshake failed
)

const (
	// maxControl is the longest payload of a control frame. RFC 6455 §5.5
	maxControl = 125
	// maxReason is what a close frame has left for text after the code.
	maxReason = maxControl - 2
)

// CloseError is why a Reader gave up on its connection. It is final: send
// AppendClose(dst, Code, Reason) and close. RFC 6455 §7.1.7
type CloseError struct {
	Code   uint16
	Reason string
}

// Error names the code and the reason.
func (e *CloseError) Error() string {
	return fmt.Sprintf("ws: close %d: %s", e.Code, e.Reason)
}

// violation is a CloseError for breaking the protocol.
func violation(reason string) error { return &CloseError{Code: CloseProtocol, Reason: reason} }

// invalid is a CloseError for content that is not what it claims to be.
func invalid(reason string) error { return &CloseError{Code: CloseInvalid, Reason: reason} }

// tooBig is a CloseError for a message above max bytes.
func tooBig(limit int) error {
	return &CloseError{Code: CloseTooBig, Reason: fmt.Sprintf("message above %d bytes", limit)}
}

// ValidCloseCode reports whether a peer may send code in a close frame: the
// codes RFC 6455 §7.4.1 defines for the wire, and the ranges of §7.4.2 left to
// libraries (3000-3999) and applications (4000-4999).
func ValidCloseCode(code uint16) bool {
	switch {
	case code >= 1000 && code <= 1003, code >= 1007 && code <= 1011:
		return true
	}
	return code >= 3000 && code <= 4999
}

// AppendClose appends a close frame. A reason above 123 bytes is cut at the
// start of a rune. Code 0 and the codes that never travel (1005, 1006, 1015)
// append a frame without status, so a received Message is answered with
// AppendClose(dst, m.Code, ""). RFC 6455 §5.5.1
func AppendClose(dst []byte, code uint16, reason string) []byte {
	switch code {
	case 0, CloseNoStatus, CloseAbnormal, CloseTLS:
		return AppendHeader(dst, OpClose, false, 0)
	}
	if len(reason) > maxReason {
		cut := maxReason
		for cut > 0 && !utf8.RuneStart(reason[cut]) {
			cut--
		}
		reason = reason[:cut]
	}
	dst = AppendHeader(dst, OpClose, false, 2+len(reason))
	dst = binary.BigEndian.AppendUint16(dst, code)
	return append(dst, reason...)
}

// parseClose takes the payload of a close frame apart. RFC 6455 §5.5.1
func parseClose(p []byte) (Message, error) {
	switch len(p) {
	case 0:
		return Message{Op: OpClose, Code: CloseNoStatus}, nil
	case 1:
		return Message{}, violation("close payload of one byte")
	}
	code := binary.BigEndian.Uint16(p)
	if !ValidCloseCode(code) {
		return Message{}, violation(fmt.Sprintf("close code %d", code))
	}
	if !utf8.Valid(p[2:]) {
		return Message{}, invalid("close reason is not UTF-8")
	}
	return Message{Op: OpClose, Code: code, Payload: p[2:]}, nil
}
