package limit

import (
	"bytes"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// recordEnd separates the packets of a payload of Engine.IO 4.
	recordEnd = 0x1e
	// pollPatience is how long an event waits for viewers to poll again.
	pollPatience = time.Second
	// pollHello is the OPEN packet. Everyone has the same sid: a viewer is told
	// by its connection.
	pollHello = `0{"sid":"AAAAAAAAAAAAAAAAAAAA","upgrades":[],"pingInterval":300000,"pingTimeout":300000,"maxPayload":1000000}`
)

// polls are the viewers by polls of Socket.IO, in one namespace. Each asks by one
// connection, its requests one after another, as the harness does.
type polls struct {
	fds    []int32
	parked int    // how many of them wait for an answer
	space  string // namespace as it stands in packets: empty, or "/chat,"
	batch  []byte // records of the events that wait
	since  time.Time
}

// asksToPoll tells whether a request begins a session by polls.
func asksToPoll(head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\r\n"))
	return bytes.Contains(line, []byte("transport=polling")) && bytes.Contains(line, []byte("EIO=4")) && !bytes.Contains(line, []byte("sid="))
}

// polled handles the requests of a viewer by polls.
func (s *Server) polled(fd int32, p []byte) (used int, ok bool) {
	for used < len(p) {
		n, ok := s.pollRequest(fd, p[used:])
		if used += n; n == 0 || !ok {
			return used, ok
		}
	}
	return used, true
}

// pollRequest handles one request; 0 is an incomplete one.
func (s *Server) pollRequest(fd int32, p []byte) (used int, ok bool) {
	end := bytes.Index(p, []byte("\r\n\r\n"))
	if end < 0 {
		return 0, true
	}
	switch {
	case s.kind[fd] == kindRequest:
		s.place[fd] = int32(len(s.polls.fds))
		s.polls.fds = append(s.polls.fds, fd)
		s.kind[fd] = kindGreeted
		return end + 4, s.answerPoll(fd, []byte(pollHello))
	case bytes.HasPrefix(p, []byte("POST ")):
		return s.posted(fd, p, end)
	case s.kind[fd] == kindConnected:
		s.kind[fd] = kindPolls
		return end + 4, s.answerPoll(fd, []byte("40"+s.polls.space+`{"sid":"BBBBBBBBBBBBBBBBBBBB"}`))
	case s.kind[fd] == kindPolls:
		s.kind[fd] = kindParked
		s.polls.parked++
		return end + 4, true
	default: // a second poll, or one before the namespace is connected
		return end + 4, false
	}
}

// posted handles a POST: a CONNECT packet, and what else there may be.
func (s *Server) posted(fd int32, p []byte, end int) (used int, ok bool) {
	v, _ := header(p[:end], "content-length")
	n, err := strconv.Atoi(string(v))
	if err != nil || n < 0 || n > maxPartial {
		return 0, false
	}
	if len(p) < end+4+n {
		return 0, true
	}
	body := p[end+4 : end+4+n]
	if packet, found := bytes.CutPrefix(body, []byte("40")); found && s.kind[fd] == kindGreeted {
		s.kind[fd] = kindConnected
		s.polls.space = ""
		if i := bytes.IndexByte(packet, ','); i > 0 && packet[0] == '/' {
			s.polls.space = string(packet[:i+1])
		}
	}
	return end + 4 + n, s.answerPoll(fd, []byte("ok"))
}

// answerPoll answers one request; false ends the connection.
func (s *Server) answerPoll(fd int32, body []byte) bool {
	s.out = appendPollAnswer(s.out[:0], body)
	n, e := write(fd, s.out)
	return e == 0 && n == len(s.out)
}

func appendPollAnswer(dst, body []byte) []byte {
	dst = append(dst, "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Length: "...)
	dst = strconv.AppendInt(dst, int64(len(body)), 10)
	return append(append(dst, "\r\n\r\n"...), body...)
}

// appendRecord appends an event to what the next answers carry.
func (s *Server) appendRecord(e *publication) {
	q := &s.polls
	if len(q.fds) == 0 {
		return
	}
	if len(q.batch) > 0 {
		q.batch = append(q.batch, recordEnd)
	} else {
		q.since = time.Now()
	}
	q.batch = append(append(append(q.batch, "42"...), q.space...), '[')
	q.batch = strconv.AppendQuote(q.batch, e.Event)
	q.batch = append(append(append(q.batch, ','), e.Data...), ']')
}

// gathered tells whether the events that wait can go to all who poll: they are
// all there. Whoever stays away is dropped, as a viewer whose socket is full.
func (s *Server) gathered() bool {
	q := &s.polls
	if len(q.batch) == 0 || q.parked == len(q.fds) {
		return true
	}
	if time.Since(q.since) < pollPatience {
		return false
	}
	for i := 0; i < len(q.fds); i++ {
		if fd := q.fds[i]; s.kind[fd] != kindParked {
			s.counts.Dropped++
			s.drop(fd)
			i-- // the last one has moved here
		}
	}
	return true
}

// answerPolls is the loop that polls are compared with: one write(2) for each.
func (s *Server) answerPolls() {
	q := &s.polls
	if len(q.batch) == 0 {
		return
	}
	s.out = appendPollAnswer(s.out[:0], q.batch)
	q.batch, q.parked = q.batch[:0], 0
	for i := 0; i < len(q.fds); i++ {
		fd := q.fds[i]
		s.kind[fd] = kindPolls
		if n, _ := write(fd, s.out); n != len(s.out) {
			s.counts.Dropped++
			s.drop(fd)
			i-- // the last one has moved here
		}
	}
}

// leave takes a connection out of a list of viewers; the last one takes its place.
func (s *Server) leave(list []int32, fd int32) []int32 {
	at, last := s.place[fd], list[len(list)-1]
	list[at], s.place[last] = last, at
	return list[:len(list)-1]
}

// drop closes a connection.
func (s *Server) drop(fd int32) {
	switch s.kind[fd] {
	case kindViewer:
		s.viewers = s.leave(s.viewers, fd)
	case kindParked:
		s.polls.parked--
		fallthrough
	case kindGreeted, kindConnected, kindPolls:
		s.polls.fds = s.leave(s.polls.fds, fd)
	}
	s.kind[fd], s.place[fd] = kindNone, -1
	delete(s.partial, fd)
	_ = unix.Close(int(fd))
}
