package node

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"grandstand/epoll/wire/ws"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// client is a viewer on a real socket.
type client struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

// message is what tests look at of what the server sends.
type message struct {
	Type      string          `json:"type"`
	Room      string          `json:"room"`
	ID        string          `json:"id"`
	Cursor    string          `json:"cursor"`
	Event     string          `json:"event"`
	Data      json.RawMessage `json:"data"`
	Code      string          `json:"code"`
	Recovered bool            `json:"recovered"`
	AfterMS   *int64          `json:"after_ms"`
	Session   string          `json:"session"`
	Close     uint16          `json:"-"` // of a close frame, then Type is "close"
}

// dial opens a WebSocket to the node's viewers' port.
func dial(t *testing.T, addr, query string) *client {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(3 * patience))
	fmt.Fprintf(conn, "GET /live/ws?%s HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", query, addr)
	c := &client{t: t, conn: conn, r: bufio.NewReader(conn)}
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(res.Body)
		t.Fatalf("handshake: %s %s", res.Status, body)
	}
	return c
}

// next reads one message; pings are left out.
func (c *client) next() message {
	c.t.Helper()
	for {
		op, payload, err := c.frame()
		if err != nil {
			c.t.Fatalf("read: %v", err)
		}
		switch op {
		case ws.OpText:
			var m message
			if err := json.Unmarshal(payload, &m); err != nil {
				c.t.Fatalf("message %q: %v", payload, err)
			}
			return m
		case ws.OpClose:
			m := message{Type: "close"}
			if len(payload) >= 2 {
				m.Close = binary.BigEndian.Uint16(payload)
			}
			return m
		}
	}
}

// frame reads one frame of a server.
func (c *client) frame() (ws.Opcode, []byte, error) {
	var h [10]byte
	if _, err := io.ReadFull(c.r, h[:2]); err != nil {
		return 0, nil, err
	}
	n := int(h[1])
	switch n {
	case 126:
		if _, err := io.ReadFull(c.r, h[2:4]); err != nil {
			return 0, nil, err
		}
		n = int(binary.BigEndian.Uint16(h[2:4]))
	case 127:
		return 0, nil, fmt.Errorf("frame too long for this test")
	}
	payload := make([]byte, n)
	if _, err := io.ReadFull(c.r, payload); err != nil {
		return 0, nil, err
	}
	return ws.Opcode(h[0] & 15), payload, nil
}

// post publishes one event and returns its id.
func post(t *testing.T, control, room, data string) string {
	t.Helper()
	body := fmt.Sprintf(`{"room":%q,"event":"e","data":%s}`, room, data)
	res, err := http.Post("http://"+control+"/v1/publish", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var out struct{ ID string }
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("publish: %s, %v", res.Status, err)
	}
	return out.ID
}

// get returns a path of the control port.
func get(t *testing.T, control, path string) (status int, body string) {
	t.Helper()
	res, err := http.Get("http://" + control + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}
