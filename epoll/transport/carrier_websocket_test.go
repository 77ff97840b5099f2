package transport

import (
	"encoding/json"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"

	"grandstand/epoll/wire/ws"
)

// socketLink is a viewer on a WebSocket as a link.
type socketLink struct{ v *viewer }

func openSocketLink(h *house, c carrier, q query) *socketLink {
	h.t.Helper()
	_, args, _ := strings.Cut(c.target(h, q), "?")
	return &socketLink{h.watchOn(h.dial(q.rcvbuf), "?"+args, q.lines...)}
}

func (s *socketLink) socket() *net.TCPConn { return s.v.conn }
func (s *socketLink) cursor() string       { return "" }

// next makes a message of the close frame, which says what an end says.
func (s *socketLink) next() (m said, err error) {
	for {
		op, payload, err := s.v.frame()
		switch {
		case errors.Is(err, io.EOF):
			return m, errOver
		case err != nil:
			return m, err
		case op == ws.OpText:
			return parseSaid(payload)
		case op == ws.OpPing:
			s.v.conn.Write([]byte(frame(ws.OpPong, true, string(payload))))
		case op == ws.OpClose && len(payload) >= 2:
			m.Type, m.Reason, m.Retry = "end", string(payload[2:]), true
			m.Code = json.RawMessage(strconv.Itoa(int(payload[0])<<8 | int(payload[1])))
			return m, nil
		default:
			return m, errFrame
		}
	}
}

var (
	_ link = (*socketLink)(nil)
	_ link = (*streamLink)(nil)
	_ link = (*pollLink)(nil)
)
