package transport

import (
	"strconv"
	"strings"
	"time"

	"grandstand/epoll/protocol"
	"grandstand/epoll/wire/http1"
	"grandstand/session"
	"grandstand/session/room"
)

// pollArgs is the query of a poll, as it came.
type pollArgs struct {
	rooms                                   []byte // each with a line end
	count                                   int    // of rooms
	since, history, wait, callback, session []byte
}

// read takes the query in one pass: a poller comes back with every event.
func (a *pollArgs) read(req *http1.Request, rooms []byte) {
	a.rooms = rooms
	req.EachArg(func(key, value []byte) bool {
		switch string(key) {
		case "room":
			a.count++
			a.rooms = append(append(a.rooms, value...), '\n')
		case "since":
			a.since = value
		case "history":
			a.history = value
		case "wait":
			a.wait = value
		case "callback":
			a.callback = value
		case "session":
			a.session = value
		}
		return true
	})
}

// pollAsk is a poll, understood.
type pollAsk struct {
	rooms *roomSet
	look  *look
	since string
	start room.Start
	wait  time.Duration
	name  string // the poller's for itself
}

// openPoll answers PREFIX/poll and PREFIX/jsonp.
func (s *Server) openPoll(h *httpConn, req *http1.Request, jsonp bool) after {
	var buf [256]byte
	var a pollArgs
	a.read(req, buf[:0])
	if h.poll != nil && h.poll.again(h, req, &a, jsonp) {
		return parked
	}
	ask, err := s.askPoll(req, &a, jsonp)
	if err != nil {
		return s.refuse(h, req, err)
	}
	if s.draining.Load() {
		return s.answerOnce(h, req, ask, &protocol.Answer{Rooms: ask.rooms.names, Cursor: s.orHead(ask),
			Recovered: ask.start.HasSince, Reconnect: s.comeBack()}, nil)
	}
	page, perr := s.page(h, ask)
	if perr != nil {
		return s.refuse(h, req, asHTTP(perr))
	}
	if ask.wait > 0 && page.empty && ask.start.HasSince && req.Method() != http1.MethodHead {
		if err := s.park(h, ask); err != nil {
			return s.refuse(h, req, err, http1.Field{Name: "Retry-After", Value: "1"})
		}
		return parked
	}
	return s.answerPage(h, req, ask, page)
}

// askPoll checks the query.
func (s *Server) askPoll(req *http1.Request, a *pollArgs, jsonp bool) (*pollAsk, *http1.Error) {
	if m := req.Method(); m != http1.MethodGet && m != http1.MethodHead {
		return nil, http1.MethodNotAllowed(readMethods)
	}
	if jsonp && !validCallback(a.callback) {
		return nil, errCallback
	}
	if !validName(a.session) {
		return nil, badQuery("session is up to 64 of A-Z a-z 0-9 _ -")
	}
	if a.count == 0 {
		return nil, &http1.Error{Status: 400, Code: string(session.CodeBadRoom), Message: "no room given: " + s.cfg.Prefix + "/poll?room=NAME"}
	}
	if a.count > s.cfg.MaxURLRooms {
		return nil, s.tooManyRooms()
	}
	history, err := count(a.history)
	if err != nil {
		return nil, asHTTP(errBadHistory)
	}
	ask := &pollAsk{since: string(a.since), name: string(a.session)}
	names := namesOf(string(a.rooms))
	o, operr := s.native.Opening(names, ask.since, history)
	if operr == nil && len(names) != a.count { // a line end in a name
		operr = s.hub.CheckRoom("\n")
	}
	if operr != nil {
		return nil, asHTTP(operr)
	}
	ask.rooms, ask.start = s.sets.get(a.rooms), o.Start
	if ask.wait, err = s.waitOf(a); err != nil {
		return nil, badQuery("wait is seconds, or a duration like 25s")
	}
	ask.look = s.looks.get(s, req, a, jsonp, ask.wait > 0)
	return ask, nil
}

// readMethods are those of everything that is only read.
const readMethods = "GET, HEAD, OPTIONS"

func badQuery(text string) *http1.Error {
	return &http1.Error{Status: 400, Code: string(session.CodeBadMessage), Message: text}
}

func (s *Server) tooManyRooms() *http1.Error {
	return &http1.Error{Status: 400, Code: string(session.CodeTooMany),
		Message: "more than " + strconv.Itoa(s.cfg.MaxURLRooms) + " rooms in one URL"}
}

// count reads a number that is at least 0; nothing is 0.
func count(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := strconv.ParseUint(string(p), 10, 31)
	return int(n), err
}

// waitOf reads wait=: seconds, or a duration. More than allowed is as much as
// allowed; without long-polls it is 0.
func (s *Server) waitOf(a *pollArgs) (time.Duration, error) {
	if len(a.wait) == 0 || !s.open(wayLongPoll) {
		return 0, nil
	}
	d, err := time.ParseDuration(string(a.wait))
	if err != nil {
		var n int
		if n, err = count(a.wait); err != nil {
			return 0, err
		}
		d = time.Duration(n) * time.Second
	}
	return min(max(d, 0), s.cfg.Poll.MaxWait), nil
}

// page is an answer that is there at once.
type page struct {
	protocol.Answer
	records []byte
	empty   bool // nothing new, and nothing to be told
}

// page reads the log for a poll.
func (s *Server) page(h *httpConn, ask *pollAsk) (*page, error) {
	key := pageKey{rooms: ask.rooms, start: ask.start, head: s.hub.Newest(ask.rooms.names)}
	cache := s.pages[h.conn.Loop().Index()]
	if p := cache.get(key); p != nil {
		return p, nil
	}
	got, err := s.hub.Read(ask.rooms.names, ask.start, s.cfg.Poll.MaxEvents, s.cfg.Poll.MaxBytes)
	if err != nil {
		return nil, err
	}
	p := &page{Answer: protocol.Answer{
		Rooms: ask.rooms.names, Cursor: s.hub.Cursor(got.Cursor), Recovered: got.Recovered,
		Code: got.Code, Gaps: got.Gaps, Since: ask.since,
	}}
	for i := range got.Events {
		p.records = s.polled.AppendRecord(p.records, got.Events[i].Room, &got.Events[i].Event)
	}
	p.empty = len(got.Events) == 0 && got.Recovered
	if !got.More {
		p.Next = -1 // as the load says
	}
	if !ask.start.Foreign { // those quote the since
		cache.put(key, p)
	}
	return p, nil
}

// answerPage answers a poll from the log, or says that nothing has changed.
func (s *Server) answerPage(h *httpConn, req *http1.Request, ask *pollAsk, p *page) after {
	a := p.Answer
	if ask.wait == 0 {
		next := s.pace.next(s.now(), &s.cfg.Poll)
		if a.Next < 0 {
			a.Next = next
		}
	} else {
		a.Next = 0
	}
	if matches(string(req.Header("If-None-Match")), `"`+a.Cursor+`"`) {
		// The tag is the cursor: the same URL with the same
		// cursor has the same events.
		s.counts.unchanged.Add(1)
		return s.respond(h, req, http1.Response{Status: 304, Header: s.pollFields(ask.look, &a, true)})
	}
	return s.answerOnce(h, req, ask, &a, p.records)
}

// matches reports whether an If-None-Match names a tag: RFC 9110 13.1.2, by the
// weak comparison of 8.8.3.2.
func matches(header, tag string) bool {
	for header != "" {
		var one string
		one, header, _ = strings.Cut(header, ",")
		if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == tag || one == "*" {
			return true
		}
	}
	return false
}

// answerOnce answers one poll.
func (s *Server) answerOnce(h *httpConn, req *http1.Request, ask *pollAsk, a *protocol.Answer, records []byte) after {
	s.counts.polls.Add(1)
	r := s.pollResponse(ask.look, a, records)
	return s.respond(h, req, r)
}

// orHead is where a poll that is sent away stands.
func (s *Server) orHead(ask *pollAsk) string {
	if ask.start.HasSince {
		return ask.since
	}
	return s.hub.Cursor(s.hub.Newest(ask.rooms.names))
}
