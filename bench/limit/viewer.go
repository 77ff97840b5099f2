package limit

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"strconv"

	"golang.org/x/sys/unix"

	"grandstand/epoll/wire/ws"
)

// maxPartial bounds what an incomplete request or frame may hold.
const maxPartial = 4 << 20

// receive reads once and hands on what is whole.
func (s *Server) receive(fd int32) {
	n, err := unix.Read(int(fd), s.buf)
	if err == unix.EAGAIN || err == unix.EINTR {
		return
	}
	if err != nil || n == 0 {
		s.drop(fd)
		return
	}
	p := s.buf[:n]
	if rest, ok := s.partial[fd]; ok {
		p = append(rest, p...)
	}
	var used int
	var ok bool
	switch s.kind[fd] {
	case kindRequest:
		used, ok = s.upgrade(fd, p)
	case kindViewer:
		used, ok = s.frames(fd, p)
	case kindCaller:
		used, ok = s.calls(fd, p)
	default:
		used, ok = s.polled(fd, p)
	}
	switch {
	case !ok || len(p)-used > maxPartial:
		s.drop(fd)
	case s.kind[fd] == kindNone: // dropped meanwhile
	case used == len(p):
		delete(s.partial, fd)
	default:
		s.partial[fd] = append([]byte(nil), p[used:]...)
	}
}

// upgrade answers the request of a viewer: 101, and that it has joined the
// rooms it asked for.
func (s *Server) upgrade(fd int32, p []byte) (int, bool) {
	end := bytes.Index(p, []byte("\r\n\r\n"))
	if end < 0 {
		return 0, true
	}
	if asksToPoll(p[:end]) {
		return s.polled(fd, p)
	}
	key, found := header(p[:end], "sec-websocket-key")
	if !found || !bytes.HasPrefix(p, []byte("GET ")) {
		_, _ = write(fd, []byte("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))
		return 0, false
	}
	sum := sha1.Sum([]byte(string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	out := append(s.out[:0], "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	out = base64.StdEncoding.AppendEncode(out, sum[:])
	if name, ok := header(p[:end], "sec-websocket-protocol"); ok {
		name, _, _ = bytes.Cut(name, []byte(","))
		out = append(append(out, "\r\nSec-WebSocket-Protocol: "...), bytes.TrimSpace(name)...)
	}
	out = append(out, "\r\n\r\n"...)
	s.place[fd] = int32(len(s.viewers))
	s.viewers = append(s.viewers, fd)
	s.kind[fd] = kindViewer
	line, _, _ := bytes.Cut(p, []byte("\r\n"))
	if parts := bytes.Fields(line); len(parts) == 3 {
		if u, err := url.ParseRequestURI(string(parts[1])); err == nil {
			for _, room := range u.Query()["room"] {
				out = s.appendJoined(out, room)
			}
		}
	}
	s.out = out
	if n, e := write(fd, out); e != 0 || n < len(out) {
		return 0, false
	}
	return end + 4, true
}

func (s *Server) appendJoined(out []byte, room string) []byte {
	m := append([]byte(`{"type":"joined","room":`), strconv.Quote(room)...)
	m = append(append(m, `,"cursor":"`...), s.epoch...)
	m = strconv.AppendUint(append(m, '-'), s.id, 10)
	m = append(m, `","recovered":false,"viewers":`...)
	m = strconv.AppendInt(m, int64(len(s.viewers)), 10)
	return ws.AppendFrame(out, ws.OpText, false, append(m, '}'))
}

// header finds a line of a request head by its lower-case name.
func header(head []byte, name string) ([]byte, bool) {
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		k, v, ok := bytes.Cut(line, []byte(":"))
		if ok && len(k) == len(name) && bytes.EqualFold(k, []byte(name)) {
			return bytes.TrimSpace(v), true
		}
	}
	return nil, false
}

// frames answers what a viewer may say: pings of both kinds and close. Lengths
// over 64 KiB and unmasked frames (RFC 6455 §5.1) end the connection.
func (s *Server) frames(fd int32, p []byte) (used int, ok bool) {
	for {
		q := p[used:]
		if len(q) < 6 {
			return used, true
		}
		n, at := int(q[1]&0x7F), 2
		if n == 126 {
			if len(q) < 8 {
				return used, true
			}
			n, at = int(binary.BigEndian.Uint16(q[2:])), 4
		}
		if q[1]&0x80 == 0 || n == 127 {
			return used, false
		}
		if len(q) < at+4+n {
			return used, true
		}
		key, payload := q[at:at+4], q[at+4:at+4+n]
		for i := range payload {
			payload[i] ^= key[i&3]
		}
		used += at + 4 + n
		if !s.answer(fd, ws.Opcode(q[0]&0x0F), payload) {
			return used, false
		}
	}
}

// answer replies to one frame; false ends the connection.
func (s *Server) answer(fd int32, op ws.Opcode, p []byte) bool {
	switch {
	case op == ws.OpClose:
		s.out = ws.AppendFrame(s.out[:0], ws.OpClose, false, p)
		_, _ = write(fd, s.out) // it is closed either way
		return false
	case op == ws.OpPing:
		s.out = ws.AppendFrame(s.out[:0], ws.OpPong, false, p)
	case op == ws.OpText && bytes.HasPrefix(p, []byte(`{"type":"ping"`)):
		// {"type":"ping","ack":4}: everything behind the word is echoed.
		m := append([]byte(nil), `{"type":"pong"`...)
		s.out = ws.AppendFrame(s.out[:0], ws.OpText, false, append(m, p[len(`{"type":"ping"`):]...))
	default:
		return true
	}
	n, e := write(fd, s.out)
	return e == 0 && n == len(s.out)
}
