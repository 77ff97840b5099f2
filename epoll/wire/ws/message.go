package ws

import "strconv"

// Opcode says what a frame carries. RFC 6455 §5.2
type Opcode byte

// The opcodes of RFC 6455 §11.8; all others are reserved.
const (
	OpContinuation Opcode = 0x0
	OpText         Opcode = 0x1
	OpBinary       Opcode = 0x2
	OpClose        Opcode = 0x8
	OpPing         Opcode = 0x9
	OpPong         Opcode = 0xA

	// OpNone is the opcode of the zero Message: nothing is complete yet. It
	// shares its value with OpContinuation, which no complete message has.
	OpNone = OpContinuation
)

// control reports whether op belongs to the half of the space that is never
// fragmented and never longer than 125 bytes. RFC 6455 §5.5
func (op Opcode) control() bool { return op&0x8 != 0 }

// known reports whether op is one of the six defined opcodes.
func (op Opcode) known() bool { return op <= OpBinary || (op >= OpClose && op <= OpPong) }

// String is the name of the opcode, or its number when it is reserved.
func (op Opcode) String() string {
	switch op {
	case OpContinuation:
		return "continuation"
	case OpText:
		return "text"
	case OpBinary:
		return "binary"
	case OpClose:
		return "close"
	case OpPing:
		return "ping"
	case OpPong:
		return "pong"
	}
	return "opcode " + strconv.Itoa(int(op))
}

// Message is a complete message or control frame.
//
// A Message is valid until the next call of the Reader it came from, or until
// the bytes given to Next are reused, whichever is first.
type Message struct {
	// Op is OpText, OpBinary, OpClose, OpPing or OpPong; OpNone while nothing
	// is complete.
	Op Opcode
	// Code is the status of an OpClose, CloseNoStatus when the peer gave none.
	Code uint16
	// Payload is unmasked, defragmented and inflated; valid UTF-8 for OpText.
	// For OpClose it is the reason alone, valid UTF-8, without the code.
	Payload []byte
}

// Reason is the text a peer gave with its OpClose, as a copy.
func (m Message) Reason() string {
	if m.Op != OpClose {
		return ""
	}
	return string(m.Payload)
}
