package transport

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"grandstand/epoll/wire/ws"
)

// viewer is the client side of a WebSocket, which knows only RFC 6455 and is
// strict about it.
type viewer struct {
	t      testing.TB
	conn   *net.TCPConn
	r      *bufio.Reader
	header string // of the answer to the handshake
	packed int    // compressed messages received
	pings  int    // answered
	pongs  []string
}

// message is any message of the native protocol.
type message struct {
	Type      string          `json:"type"`
	Room      string          `json:"room"`
	ID        string          `json:"id"`
	Event     string          `json:"event"`
	Data      json.RawMessage `json:"data"`
	Events    []message       `json:"events"`
	From      string          `json:"from"`
	To        string          `json:"to"`
	Cursor    string          `json:"cursor"`
	Head      string          `json:"head"`
	Session   string          `json:"session"`
	Recovered bool            `json:"recovered"`
	Viewers   int             `json:"viewers"`
	Code      string          `json:"code"`
	Ack       int64           `json:"ack"`
}

// number is that of a cursor.
func number(t testing.TB, cursor string) uint64 {
	t.Helper()
	_, digits, _ := strings.Cut(cursor, "-")
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		t.Fatalf("cursor %q: %v", cursor, err)
	}
	return n
}

// dial connects, with a receive buffer of rcvbuf bytes (0: the kernel's choice).
func (h *house) dial(rcvbuf int) *net.TCPConn {
	h.t.Helper()
	d := net.Dialer{Timeout: patience, Control: func(_, _ string, rc syscall.RawConn) (err error) {
		if rcvbuf > 0 {
			rc.Control(func(fd uintptr) {
				err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, rcvbuf)
			})
		}
		return err
	}}
	c, err := d.Dial("tcp", h.addr)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		h.t.Fatal(err)
	}
	return c.(*net.TCPConn)
}

// opening is a handshake for a path with query, with further header lines.
func opening(target string, lines ...string) string {
	return "GET " + target + " HTTP/1.1\r\nHost: grandstand\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
		strings.Join(append(lines, "\r\n"), "\r\n")
}

// watch opens a WebSocket whose URL ends in query.
func (h *house) watch(query string, lines ...string) *viewer {
	return h.watchOn(h.dial(0), query, lines...)
}

func (h *house) watchOn(c *net.TCPConn, query string, lines ...string) *viewer {
	h.t.Helper()
	v := &viewer{t: h.t, conn: c, r: bufio.NewReader(c)}
	v.send(opening("/live/ws"+query, lines...))
	for {
		line, err := v.r.ReadString('\n')
		if err != nil {
			h.t.Fatalf("handshake: %v after %q", err, v.header)
		}
		if line == "\r\n" {
			break
		}
		v.header += line
	}
	// RFC 6455 1.3: the answer to the sample key.
	if !strings.HasPrefix(v.header, "HTTP/1.1 101 ") || !strings.Contains(v.header, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") {
		h.t.Fatalf("handshake: %s", v.header)
	}
	return v
}

// send writes bytes as they are.
func (v *viewer) send(raw string) {
	v.t.Helper()
	if _, err := io.WriteString(v.conn, raw); err != nil {
		v.t.Fatal(err)
	}
}

// say sends a text message.
func (v *viewer) say(format string, args ...any) {
	v.t.Helper()
	v.send(frame(ws.OpText, true, fmt.Sprintf(format, args...)))
}

// frame is a frame as a client sends it.
func frame(op ws.Opcode, fin bool, payload string) string {
	return string(ws.AppendMaskedFrame(nil, op, fin, [4]byte{1, 2, 3, 4}, []byte(payload)))
}

// errFrame says that a frame is not one a server may send.
var errFrame = errors.New("broken frame")

// frame reads a frame, which has to be whole, unfragmented, unmasked and in its
// shortest form.
func (v *viewer) frame() (op ws.Opcode, payload []byte, err error) {
	var h [10]byte
	if _, err := io.ReadFull(v.r, h[:2]); err != nil {
		return 0, nil, err
	}
	first := h[0]
	op = ws.Opcode(first & 15)
	n, least := uint64(h[1]), uint64(0)
	switch h[1] {
	case 126:
		_, err = io.ReadFull(v.r, h[:2])
		n, least = uint64(binary.BigEndian.Uint16(h[:])), 126
	case 127:
		_, err = io.ReadFull(v.r, h[2:])
		n, least = binary.BigEndian.Uint64(h[2:]), 1<<16
	}
	if err != nil {
		return 0, nil, err
	}
	packed := first&0xf0 == 0xc0
	if first&0xf0 != 0x80 && !packed || n < least || n > 1<<24 || packed && op != ws.OpText {
		return 0, nil, fmt.Errorf("%w: % x", errFrame, append(h[:0:0], first, h[1]))
	}
	payload = make([]byte, n)
	if _, err := io.ReadFull(v.r, payload); err != nil {
		return 0, nil, fmt.Errorf("inside a frame of %d bytes: %w", n, err)
	}
	if packed {
		v.packed++
		// RFC 7692 7.2.2, by another decompressor than the server's.
		end := strings.NewReader("\x00\x00\xff\xff\x01\x00\x00\xff\xff")
		payload, err = io.ReadAll(flate.NewReader(io.MultiReader(bytes.NewReader(payload), end)))
	}
	return op, payload, err
}

// next returns the next message. Pings are answered, pongs noted.
func (v *viewer) next() message {
	v.t.Helper()
	m, err := v.read()
	if err != nil {
		v.t.Fatal(err)
	}
	return m
}

// closure is the close frame of the server.
type closure struct {
	code   uint16
	reason string
}

func (c *closure) Error() string { return fmt.Sprintf("closed: %d %s", c.code, c.reason) }

// read is next with the end of the connection as an error: *closure if the
// server said goodbye.
func (v *viewer) read() (m message, err error) {
	for {
		op, payload, err := v.frame()
		switch {
		case err != nil:
			return m, err
		case op == ws.OpText:
			if err := json.Unmarshal(payload, &m); err != nil {
				return m, fmt.Errorf("message %q: %w", payload, err)
			}
			return m, nil
		case op == ws.OpPing:
			v.pings++
			v.conn.Write([]byte(frame(ws.OpPong, true, string(payload))))
		case op == ws.OpPong:
			v.pongs = append(v.pongs, string(payload))
		case op == ws.OpClose && len(payload) >= 2:
			return m, &closure{binary.BigEndian.Uint16(payload), string(payload[2:])}
		case op == ws.OpClose:
			return m, &closure{1005, ""}
		default:
			return m, fmt.Errorf("%w: %v", errFrame, op)
		}
	}
}

// want reads a message and checks its type.
func (v *viewer) want(kind string) message {
	v.t.Helper()
	m := v.next()
	if m.Type != kind {
		v.t.Fatalf("got %+v, want a message of type %s", m, kind)
	}
	return m
}

// wantEvents reads events of a room with consecutive numbers as data.
func (v *viewer) wantEvents(room string, from, to int) {
	v.t.Helper()
	for i := from; i <= to; i++ {
		m := v.want("event")
		if m.Room != room || string(m.Data) != strconv.Itoa(i) {
			v.t.Fatalf("got event %s of %s, want %d of %s", m.Data, m.Room, i, room)
		}
	}
}

// wantEnd reads up to the close frame, and then the end of the connection, with
// nothing between (RFC 6455 5.5.1).
func (v *viewer) wantEnd(code uint16, reason string) {
	v.t.Helper()
	var c *closure
	for c == nil {
		if _, err := v.read(); err != nil && !errors.As(err, &c) {
			v.t.Fatalf("got %v, want %d %s", err, code, reason)
		}
	}
	if c.code != code || reason != "" && c.reason != reason {
		v.t.Errorf("got %v, want %d %s", c, code, reason)
	}
	if rest, err := io.ReadAll(v.r); err != nil || len(rest) != 0 {
		v.t.Errorf("after the close frame %d bytes and %v, want the end", len(rest), err)
	}
	v.conn.Close()
}

// alive checks that the viewer still gets answers.
func (v *viewer) alive() {
	v.t.Helper()
	v.say(`{"type":"ping","ack":77}`)
	for {
		if m := v.next(); m.Type == "pong" && m.Ack == 77 {
			return
		}
	}
}
