package limit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"grandstand/epoll/wire/ws"
)

// publication is an event as the control port takes it.
type publication struct {
	Room  string          `json:"room"`
	Event string          `json:"event"`
	Data  json.RawMessage `json:"data"`
}

// calls answers the whole requests in p, in order: they may be pipelined. It
// says how many bytes they were, and whether the connection goes on.
func (s *Server) calls(fd int32, p []byte) (used int, ok bool) {
	for {
		q := p[used:]
		end := bytes.Index(q, []byte("\r\n\r\n"))
		if end < 0 {
			return used, true
		}
		size := 0
		if v, found := header(q[:end], "content-length"); found {
			var err error
			if size, err = strconv.Atoi(string(v)); err != nil || size < 0 || size > maxPartial {
				return used, false
			}
		}
		if len(q) < end+4+size {
			return used, true
		}
		used += end + 4 + size
		if !s.call(fd, q[:end], q[end+4:end+4+size]) {
			return used, false
		}
	}
}

// call answers one request. The answer leaves before the fan-out: the publisher
// waits for the id, not for the viewers.
func (s *Server) call(fd int32, head, body []byte) bool {
	if !bytes.HasPrefix(head, []byte("POST /v1/publish ")) {
		return s.reply(fd, "200 OK", []byte("{}"))
	}
	events, answer, ok := s.number(body)
	if !ok {
		return s.reply(fd, "400 Bad Request", answer)
	}
	if !s.reply(fd, "200 OK", answer) {
		return false
	}
	for i := range events {
		s.fanout(&events[i], s.id-uint64(len(events)-1-i))
	}
	return true
}

// number parses a publish request, gives each event its id and builds the answer.
func (s *Server) number(p []byte) ([]publication, []byte, bool) {
	var req struct {
		publication
		Events []publication `json:"events"`
	}
	if err := json.Unmarshal(p, &req); err != nil {
		return nil, fmt.Appendf(nil, `{"code":"bad_json","message":%q}`, err.Error()), false
	}
	if len(req.Events) == 0 {
		s.id++
		return []publication{req.publication}, fmt.Appendf(nil, `{"id":"%s-%d"}`, s.epoch, s.id), true
	}
	body := []byte(`{"ids":[`)
	for i := range req.Events {
		if i > 0 {
			body = append(body, ',')
		}
		s.id++
		body = fmt.Appendf(body, `"%s-%d"`, s.epoch, s.id)
	}
	return req.Events, append(body, `]}`...), true
}

func (s *Server) reply(fd int32, status string, body []byte) bool {
	s.out = fmt.Appendf(s.out[:0], "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
	n, e := write(fd, s.out)
	return e == 0 && n == len(s.out)
}

// fanout builds the frame once and writes it to every viewer, alone or, with
// Batch above 1, when the batch is full.
func (s *Server) fanout(e *publication, id uint64) {
	m := append([]byte(nil), `{"type":"event","room":`...)
	m = strconv.AppendQuote(m, e.Room)
	m = fmt.Appendf(m, `,"id":"%s-%d","event":`, s.epoch, id)
	m = strconv.AppendQuote(m, e.Event)
	m = append(append(m, `,"data":`...), e.Data...)
	s.counts.Events++
	s.waiting++
	s.batch = ws.AppendFrame(s.batch, ws.OpText, false, append(m, '}'))
	s.appendRecord(e)
	if s.waiting >= s.cfg.Batch && s.gathered() {
		s.flush()
	}
}

// flush is the loop everything else is compared with.
func (s *Server) flush() {
	p := s.batch
	for i := 0; i < len(s.viewers); i++ {
		fd := s.viewers[i]
		if n, _ := write(fd, p); n != len(p) {
			s.counts.Dropped++
			s.drop(fd)
			i-- // the last viewer has moved here
			continue
		}
	}
	s.answerPolls()
	s.counts.Delivered += int64(s.waiting) * int64(len(s.viewers)+len(s.polls.fds))
	s.batch, s.waiting = s.batch[:0], 0
}
