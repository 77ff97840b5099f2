package goroutines

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"grandstand/epoll/wire/ws"
)

const (
	// readBuffer is what a connection reads with, as little as a request needs.
	readBuffer = 1 << 10
	// maxWait caps wait=, as the default of the server compared with does.
	maxWait = 55 * time.Second
	// stall is how long a request may take to come, or an answer to be taken.
	stall = 20 * time.Second
	// keepAlive is how long the next poll may take.
	keepAlive = 60 * time.Second
)

// viewer is a connection by WebSocket.
type viewer struct {
	conn  net.Conn
	send  chan []byte
	rooms []*room // guarded by the hub
}

// put queues bytes that are never written to; false when the viewer is too slow.
func (v *viewer) put(p []byte) bool {
	select {
	case v.send <- p:
		return true
	default:
		return false
	}
}

// cut ends the connection: its reader finds out.
func (v *viewer) cut() { _ = v.conn.Close() }

// serve is the goroutine of a connection.
func (s *Server) serve(c net.Conn) {
	r := bufio.NewReaderSize(c, readBuffer)
	for wait := stall; ; wait = keepAlive {
		if c.SetReadDeadline(time.Now().Add(wait)) != nil {
			return
		}
		req, err := http.ReadRequest(r) // the parser alone, without the server
		if err != nil {
			return
		}
		switch {
		case req.Method != http.MethodGet || req.ContentLength != 0:
			s.refuse(c, "want GET without a body")
			return
		case req.URL.Path == "/live/ws":
			s.watch(c, r, req)
			return
		case req.URL.Path != "/live/poll":
			s.refuse(c, "want /live/ws or /live/poll")
			return
		}
		if !s.poll(c, req) || req.Close {
			return
		}
	}
}

// refuse answers what isn't served.
func (s *Server) refuse(c net.Conn, why string) {
	s.refused.Add(1)
	_, _ = fmt.Fprintf(c, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(why), why)
}

// watch upgrades and reads until the viewer is gone.
func (s *Server) watch(c net.Conn, r *bufio.Reader, req *http.Request) {
	q := req.URL.Query()
	key := req.Header.Get("Sec-WebSocket-Key")
	if key == "" || len(q["room"]) == 0 {
		s.refuse(c, "want an upgrade and a room")
		return
	}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) // RFC 6455 §1.3
	out := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:])
	if name, _, _ := strings.Cut(req.Header.Get("Sec-WebSocket-Protocol"), ","); name != "" {
		out += "\r\nSec-WebSocket-Protocol: " + strings.TrimSpace(name)
	}
	v := &viewer{conn: c, send: make(chan []byte, s.cfg.Queue)}
	v.put([]byte(out + "\r\n\r\n"))
	s.hub.join(v, q["room"], q.Get("since"))
	if c.SetReadDeadline(time.Time{}) != nil {
		s.hub.leave(v)
		return
	}
	done, written := make(chan struct{}), make(chan struct{})
	go func() { // stops: done
		defer close(written)
		defer c.Close()
		v.write(done)
	}()
	v.read(r)
	s.hub.leave(v) // nobody puts anything into the channel from here on
	close(done)
	<-written
}

// write sends what is in the channel, all that waits at once.
func (v *viewer) write(done <-chan struct{}) {
	var batch net.Buffers
	for ended := false; !ended; {
		batch = batch[:0]
		select {
		case <-done: // what is in the channel still goes: the answer to a close frame
			ended = true
		case p := <-v.send:
			batch = append(batch, p)
		}
		for more := true; more; {
			select {
			case p := <-v.send:
				batch = append(batch, p)
			default:
				more = false
			}
		}
		if v.conn.SetWriteDeadline(time.Now().Add(stall)) != nil {
			return
		}
		b := batch // WriteTo moves it on; the array stays ours
		if _, err := b.WriteTo(v.conn); err != nil {
			return
		}
	}
}

// read answers pings of both kinds until the viewer is gone.
func (v *viewer) read(r *bufio.Reader) {
	pong := []byte(`{"type":"pong"`)
	for {
		op, p, err := readFrame(r)
		switch {
		case err != nil:
			return
		case op == ws.OpClose:
			v.put(ws.AppendFrame(nil, ws.OpClose, false, p))
			return
		case op == ws.OpPing:
			p = ws.AppendFrame(nil, ws.OpPong, false, p)
		case op == ws.OpText && bytes.HasPrefix(p, []byte(`{"type":"ping"`)):
			// {"type":"ping","ack":4}: everything behind the word is echoed.
			p = ws.AppendFrame(nil, ws.OpText, false, append(pong[:len(pong):len(pong)], p[len(pong):]...))
		default:
			continue
		}
		if !v.put(p) {
			return
		}
	}
}

// poll answers one request when there is something to tell; false ends the connection.
func (s *Server) poll(c net.Conn, req *http.Request) bool {
	q := req.URL.Query()
	wait, err := parseWait(q)
	if err != nil || len(q["room"]) != 1 {
		s.refuse(c, "want one room, and seconds or a duration to wait")
		return false
	}
	room, since := q.Get("room"), q.Get("since")
	p := s.hub.look(room, since)
	if len(p.events) == 0 && p.recovered && wait > 0 {
		t := time.NewTimer(wait)
		for over := false; len(p.events) == 0 && !over; {
			select {
			case <-p.news:
				p = s.hub.look(room, since)
			case <-t.C:
				over = true
			case <-s.stopping:
				over = true
			}
		}
		t.Stop()
	}
	body := p.appendTo(nil, room)
	head := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: no-store\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n"
	if c.SetWriteDeadline(time.Now().Add(stall)) != nil {
		return false
	}
	if _, err := c.Write(append([]byte(head), body...)); err != nil {
		return false
	}
	s.delivered.Add(int64(len(p.events)))
	return true
}

// parseWait reads seconds, or a duration with its unit.
func parseWait(q url.Values) (time.Duration, error) {
	text := q.Get("wait")
	if text == "" {
		return 0, nil
	}
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(n)*time.Second, maxWait), nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, errors.New("not a time to wait")
	}
	return min(d, maxWait), nil
}
