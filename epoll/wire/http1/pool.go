package http1

import "sync"

// keepBody is the largest body buffer a parser takes back to the pool. A rare
// large body must not stay behind in every pooled parser.
const keepBody = 16 << 10

// Pool lends parsers. The zero value is ready; it may be used from any
// goroutine, and must not be copied after first use.
//
// A connection needs a parser only while a request is on its way: take one
// when bytes come, release it when State is StateIdle again. 19,000 idle
// viewers then cost no parser at all.
type Pool struct {
	// MaxBody, if not nil, is asked with each complete head how large the body
	// may be, in place of Limits.MaxBody: some resources take more than
	// others. It is to be set before the first Acquire and must only read r.
	MaxBody func(r *Request) int

	parsers sync.Pool // *Parser
	checks  sync.Pool // *check
}

// Acquire lends a parser for requests bounded by lim, which must be valid and
// stay unchanged until Release.
func (pl *Pool) Acquire(lim *Limits) *Parser {
	ps, _ := pl.parsers.Get().(*Parser)
	if ps == nil {
		ps = &Parser{pool: pl}
	}
	ps.lim = lim
	return ps
}

// Release ends the use of ps and of the last request it returned. A parser
// from a Pool goes back there and must not be touched again; one made by
// NewParser is ready for another connection.
func (ps *Parser) Release() {
	ps.reset()
	ps.err = nil
	if cap(ps.body) > keepBody {
		ps.body = nil
	}
	if cap(ps.req.text) > keepBody { // a query asked for over and over
		ps.req.text = nil
	}
	if ps.pool != nil {
		ps.lim = nil
		ps.pool.parsers.Put(ps)
	}
}

// verify runs fasthttp over the head. Its reader and header are lent only for
// the call: 10,000 half-sent heads must not hold 10,000 of them.
func (ps *Parser) verify() bool {
	if ps.pool == nil {
		return ps.check.agrees(&ps.req, ps.lim.MaxHead)
	}
	ck, _ := ps.pool.checks.Get().(*check)
	if ck == nil {
		ck = new(check)
	}
	ok := ck.agrees(&ps.req, ps.lim.MaxHead)
	ps.pool.checks.Put(ck)
	return ok
}
