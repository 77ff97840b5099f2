package transport

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"grandstand/epoll"
	"grandstand/epoll/protocol"
	"grandstand/epoll/wire/http1"
	"grandstand/session"
	"grandstand/session/room"
)

// stream is a viewer on a response that does not end: SSE, NDJSON, iframe or
// multipart. It is session, transport and the connection's handler in one.
type stream struct {
	session.Session
	conn *epoll.Conn
	srv  *Server
	form *form
	// sent counts the bytes of shared slices: the shard's, read by the loop.
	sent  atomic.Uint64
	mark  uint64 // of sent, when the timer last looked; the loop's
	most  uint64 // sent ends the response
	ends  uint32 // when it ends by age, Server.now
	every uint32 // milliseconds between keep-alives
	parts bool   // the response is over, or about to be; the shard's
	why   atomic.Uint32
}

var (
	_ session.Transport = (*stream)(nil)
	_ epoll.Handler     = (*stream)(nil)
)

// begin opens the session. The head goes out with the first messages: one
// system call per viewer instead of two.
func (s *Server) begin(c *epoll.Conn, ask *streamAsk) {
	st := &stream{conn: c, srv: s, form: ask.form, every: uint32(ask.keepalive / time.Millisecond)}
	st.limit()
	c.SetHandler(st)
	s.counts.begin(st.form.way)
	err := s.hub.Open(&st.Session, c.Loop().Index(), st, func() {
		head := ask.form.prelude(ask.head, ask)
		st.Write(s.native.Open(&st.Session, &ask.opening, ask.form, head))
		st.Visit()
	})
	if err != nil {
		st.note(session.AllReasons().Overloaded)
		c.Write(s.turnedAway(ask.form.way, asked{last: true, cors: ask.cors}, asHTTP(err))) //nolint:errcheck // Closed tells
		c.CloseAfterFlush(errEnded)
		return
	}
	// As for WebSockets: an audience that came at once is not to be written to
	// at once for ever after.
	c.SetTimeout(ask.keepalive/2 + rand.N(ask.keepalive/2+1))
}

// limit draws where the response ends: up to a quarter early, or an audience
// that came at once would leave at once.
func (st *stream) limit() {
	cfg := &st.srv.cfg.Stream
	most := uint64(cfg.MaxBytes)
	st.most = most - rand.Uint64N(most/4+1)
	age := cfg.MaxAge - rand.N(cfg.MaxAge/4+1)
	st.ends = st.srv.now() + uint32(age/time.Millisecond)
}

// Data has nothing to say: what comes behind the request of a stream is not
// answered, as "Connection: close" has said.
func (st *stream) Data(*epoll.Conn, []byte) {}

// Timeout keeps the connection alive, and ends it when it is old.
func (st *stream) Timeout(c *epoll.Conn) {
	every := time.Duration(st.every) * time.Millisecond
	left := time.Duration(int32(st.ends-st.srv.now())) * time.Millisecond
	if left <= 0 {
		if st.Post(func() { st.renew() }) != nil {
			c.SetTimeout(time.Second)
		}
		return
	}
	if sent := st.sent.Load(); sent != st.mark {
		// When in that time is not known: silence lasts half as long again at most.
		st.mark = sent
		c.SetTimeout(min(every/2, left+time.Millisecond))
		return
	}
	c.SetTimeout(min(every, left+time.Millisecond))
	// By the shard, which writes all else: behind the last chunk nothing may come.
	st.Post(func() { st.Write(st.form.alive) }) //nolint:errcheck // busy enough to be seen alive
}

// Writable wakes the shard. It is called with the loop's locks held.
func (st *stream) Writable(*epoll.Conn) { st.Ready() }

// Closed ends the session.
func (st *stream) Closed(_ *epoll.Conn, err error) {
	st.srv.streaming.drop(st.conn.Peer().Addr(), st.srv.cfg.Stream.MaxPerIP)
	st.srv.counts.end(st.form.way, reasonOf(&st.why, err))
	st.Close()
}

// WriteShared sends a slice of a feed.
func (st *stream) WriteShared(p []byte, cut func(n int) int) (n int, open bool) {
	n, open = st.conn.WriteShared(p, cut)
	sent := st.sent.Load() + uint64(n)
	st.sent.Store(sent) // by the shard alone
	if sent >= st.most && !st.parts {
		st.parts = true
		if st.Post(st.renew) != nil {
			st.parts = false // the next write tries again
		}
	}
	return n, open
}

// renew ends a response that is long or old enough: the viewer comes again and
// goes on where this one ended.
func (st *stream) renew() {
	st.parts = true
	st.note(session.AllReasons().Renewed)
	at := st.srv.hub.Cursor(st.Cursor())
	st.finish(st.AppendMessage(nil, st.srv.native.AppendReconnect(nil, 0, at)))
}

// finish ends the response with p.
func (st *stream) finish(p []byte) {
	st.conn.Write(st.form.last(p)) //nolint:errcheck // Closed tells
	st.conn.CloseAfterFlush(errEnded)
}

// Gap tells the viewer what it missed.
func (st *stream) Gap(name string, from, to uint64) {
	st.Write(st.AppendMessage(nil, st.srv.native.AppendGap(nil, name, from, to)))
}

// Evict ends a viewer that fell off a room's log: as for WebSockets, it may
// still read on to the reason.
func (st *stream) Evict(string) {
	r := session.AllReasons().Slow
	st.note(r)
	st.conn.Write(st.form.last(st.form.end(nil, r))) //nolint:errcheck // Closed tells
	st.conn.CloseAfterFlushWithin(errEnded, st.srv.cfg.Silence)
}

// AppendMessage appends a message in the stream's form.
func (st *stream) AppendMessage(dst, message []byte) []byte {
	start := len(dst)
	dst = st.form.message(dst, message, func() string { return st.srv.hub.Cursor(st.Cursor()) })
	return st.form.wrap(dst, start)
}

// Write sends bytes for this viewer alone.
func (st *stream) Write(p []byte) {
	st.conn.Write(p) //nolint:errcheck // Closed tells
}

// Reconnect asks the viewer to come back later; an EventSource does so by
// itself.
func (st *stream) Reconnect(after time.Duration) {
	var p []byte
	if st.form.way == waySSE {
		p = st.form.retry(after)
	}
	st.Write(append(p, st.AppendMessage(nil, st.srv.native.AppendReconnect(nil, after.Milliseconds(), ""))...))
}

// End sends the reason and ends the response.
func (st *stream) End(r session.Reason) {
	st.note(r)
	st.finish(st.form.end(nil, r))
}

// Info names the carrier.
func (st *stream) Info() (name, peer string) { return st.form.way, st.conn.Peer().String() }

// encoding is the form of events this viewer shares with others.
func (st *stream) encoding() room.Encoding { return st.form }

func (st *stream) note(r session.Reason) { note(&st.why, r) }

// streamAsk is a request for a stream, understood.
type streamAsk struct {
	form      *form
	opening   protocol.Opening
	head      []byte // of the response
	cors      []http1.Field
	callback  string // of an iframe, or
	target    string // the origin it posts to
	padding   int
	retry     time.Duration
	keepalive time.Duration
}
