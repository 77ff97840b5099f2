package transport

import (
	"sync"
	"sync/atomic"

	"grandstand/session"
)

// counts are the server's counters. Labels come from closed tables, so the
// maps stay small.
type counts struct {
	requests  atomic.Int64
	polls     atomic.Int64 // answered
	unchanged atomic.Int64 // polls answered 304

	mu       sync.Mutex
	rejected map[string]int64 // requests, by error code
	ended    map[string]int64 // sessions, by reason
	viewers  map[string]int64 // sessions now, by way in
	begun    int64            // sessions ever
}

func (c *counts) reject(code string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rejected == nil {
		c.rejected = make(map[string]int64)
	}
	c.rejected[code]++
}

// begin counts a session.
func (c *counts) begin(way string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.viewers == nil {
		c.viewers = make(map[string]int64)
	}
	c.viewers[way]++
	c.begun++
}

// opened is how many sessions ever began.
func (c *counts) opened() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.begun
}

// end counts the end of a session that began.
func (c *counts) end(way string, r session.Reason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended == nil {
		c.ended = make(map[string]int64)
	}
	c.ended[r.Text]++
	c.viewers[way]--
}

// move counts a session that goes on by another way.
func (c *counts) move(from, to string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.viewers[from]--
	c.viewers[to]++
}

// Requests is how many HTTP requests were understood.
func (s *Server) Requests() int64 { return s.counts.requests.Load() }

// Polls is how many polls were answered, with 200 and with 304.
func (s *Server) Polls() map[string]int64 {
	return map[string]int64{"200": s.counts.polls.Load(), "304": s.counts.unchanged.Load()}
}

// Viewers is how many sessions there are, by way in.
func (s *Server) Viewers() map[string]int64 { return s.counts.copyOf(&s.counts.viewers) }

// Rejected is how many requests were refused, by error code.
func (s *Server) Rejected() map[string]int64 { return s.counts.copyOf(&s.counts.rejected) }

// Ended is how many sessions have ended, by reason.
func (s *Server) Ended() map[string]int64 { return s.counts.copyOf(&s.counts.ended) }

func (c *counts) copyOf(m *map[string]int64) map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make(map[string]int64, len(*m))
	for k, v := range *m {
		out[k] = v
	}
	return out
}
