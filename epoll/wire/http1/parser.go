package http1

// State tells what a parser holds, which is what deadlines depend on.
type State uint8

const (
	// StateIdle says that nothing of a request is held. The parser may be released.
	StateIdle State = iota
	// StateHead says that part of a head is held.
	StateHead
	// StateBody says that a head is complete, its body isn't.
	StateBody
)

// String gives the name a log or metric uses.
func (s State) String() string {
	switch s {
	case StateHead:
		return "head"
	case StateBody:
		return "body"
	}
	return "idle"
}

// Continue100 is what to write when Continue says so.
const Continue100 = "HTTP/1.1 100 Continue\r\n\r\n"

// stage is where in a request the next byte belongs.
type stage uint8

const (
	stageHead stage = iota
	stageBody
	stageDone // the request is with the caller until the next call
)

// Parser turns the bytes of one connection into requests.
//
// It belongs to one goroutine at a time. Between requests it holds nothing,
// so a connection can do without one while it is idle.
//
// It ends with Release, or with the first error: that is final, as what
// follows a malformed request has no known beginning.
type Parser struct {
	lim   *Limits
	pool  *Pool // nil: made by NewParser, check is its own
	check *check
	req   Request
	err   *Error

	buf   []byte // the head, once it comes in pieces
	body  []byte // the body, once it comes in pieces or chunks
	chunk chunker
	pos   int // where the current line of the head starts

	bodyLimit int // of this request
	stage     stage
	loan      bool // req.head lies in the p of the current call
	whole     bool // the head is complete
	asked     bool // a 100-continue is due, if the body is still to come
}

// NewParser gives a parser of its own, outside any Pool. lim must be valid and
// stay unchanged.
func NewParser(lim *Limits) *Parser { return &Parser{lim: lim, check: new(check)} }

// Parse consumes n bytes of p.
//
// With a request, that is complete, head and body. It and every slice got from
// it are valid until the next Parse or Release, and as long as p is unchanged.
// p[n:] belongs to the next pipelined request and is to be passed again.
//
// With neither request nor error, all of p was consumed and more is needed.
//
// An error is an *Error and final: answer it and close. The rest of p is
// discarded, and further calls give the same error.
func (ps *Parser) Parse(p []byte) (n int, req *Request, err error) {
	if ps.stage == stageDone {
		ps.reset()
	}
	if ps.err == nil {
		n, ps.err = ps.advance(p)
	}
	if ps.err != nil {
		return len(p), nil, ps.err
	}
	if ps.stage != stageDone {
		return n, nil, nil
	}
	return n, &ps.req, nil
}

// advance moves through the stages as far as p reaches. It stops behind the
// first complete request.
func (ps *Parser) advance(p []byte) (n int, err *Error) {
	if ps.stage == stageHead {
		if n, err = ps.readHead(p); err != nil || ps.stage == stageHead {
			return n, err
		}
	}
	m, err := ps.readBody(p[n:])
	if err == nil && ps.stage == stageBody {
		ps.keepHead()
	}
	return n + m, err
}

// State tells what is held between two calls of Parse.
func (ps *Parser) State() State {
	switch {
	case ps.stage == stageBody:
		return StateBody
	case ps.stage == stageHead && len(ps.buf) > 0:
		return StateHead
	}
	return StateIdle
}

// Begun is the request whose head is complete and whose body is not, or that
// was refused for its body; nil if there is none. Its body is not to be asked
// for, and it is valid as long as what Parse returns: after an error, while the
// p given to Parse is unchanged.
func (ps *Parser) Begun() *Request {
	if !ps.whole || ps.stage == stageDone {
		return nil
	}
	return &ps.req
}

// Continue is true once after a head that carried "Expect: 100-continue"
// (RFC 9110 §10.1.1) and of whose body nothing has come: write Continue100.
func (ps *Parser) Continue() bool {
	due := ps.asked && ps.stage == stageBody && ps.err == nil
	ps.asked = ps.asked && !due
	return due
}

// keepHead copies a head that lies in the caller's p, as its body is still to
// come and p is only borrowed.
func (ps *Parser) keepHead() {
	if !ps.loan {
		return
	}
	ps.buf = grow(ps.buf, len(ps.req.head), ps.lim.MaxHead)
	ps.buf = append(ps.buf, ps.req.head...)
	ps.req.head = ps.buf
	ps.loan = false
}

// reset forgets the request and keeps the buffers.
func (ps *Parser) reset() {
	ps.req.reset()
	ps.buf = ps.buf[:0]
	ps.body = ps.body[:0]
	ps.chunk = chunker{}
	ps.pos = 0
	ps.stage = stageHead
	ps.loan = false
	ps.whole = false
	ps.asked = false
}
