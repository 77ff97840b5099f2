package room

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// ErrBusy is what Post reports when a shard's mailbox is full.
var ErrBusy = errors.New("room: mailbox is full")

// Clock is the time as the shards see it.
type Clock interface {
	// Now is a monotonic time.
	Now() time.Duration
	// After calls f once, d from now, from any goroutine.
	After(d time.Duration, f func())
}

// ShardConfig is the working rhythm of a shard.
type ShardConfig struct {
	// Chunk is how many members a turn visits before commands and other
	// rooms get theirs.
	Chunk int `yaml:"chunk"`
	// Mailbox bounds the commands that wait for the shard.
	Mailbox int `yaml:"mailbox"`
}

// DefaultShardConfig returns the values of configs/reference.yaml.
func DefaultShardConfig() ShardConfig { return ShardConfig{Chunk: 256, Mailbox: 65536} }

// Validate reports every value that cannot be used.
func (c ShardConfig) Validate() error {
	var errs []error
	if c.Chunk < 1 || c.Chunk > 65536 {
		errs = append(errs, fmt.Errorf("chunk: %d, want 1 to 65536", c.Chunk))
	}
	if c.Mailbox < 64 {
		errs = append(errs, fmt.Errorf("mailbox: %d, want at least 64", c.Mailbox))
	}
	return errors.Join(errs...)
}

// Shard is an actor over a part of the members: the only one to touch them,
// so a walk takes no shared lock.
//
// Post, Ready and Stats may be called from any goroutine. Run is called by
// one at a time, after each wake-up, until it reports no more.
type Shard struct {
	index int
	cfg   ShardConfig
	clock Clock
	log   *slog.Logger
	wake  func()
	head  *atomic.Uint64 // the log's, over all rooms

	mu    sync.Mutex
	mail  []func()
	ready []*Member
	news  []*crowd

	// What follows belongs to Run.
	todo   []func() // taken from mail
	queue  []*crowd // with news, the first one's walk goes on next
	cur    *plan    // being written
	cut    func(n int) int
	merger merger
	tally  tally

	stats shardStats
}

// NewShard returns the index-th shard of a log whose newest id is in head.
// wake has Run called soon; it must not run it itself.
func NewShard(index int, cfg ShardConfig, head *atomic.Uint64, clock Clock, log *slog.Logger, wake func()) *Shard {
	s := &Shard{index: index, cfg: cfg, clock: clock, log: log, wake: wake, head: head}
	s.cut = func(n int) int { return s.cur.cut(n) }
	s.merger.cut = func(n int) int { return s.merger.cur.end(n) }
	return s
}

// Index is the shard's number.
func (s *Shard) Index() int { return s.index }

// Post has f run within a coming Run, in the order of posting. ErrBusy when
// the mailbox is full.
func (s *Shard) Post(f func()) error {
	s.mu.Lock()
	if len(s.mail) >= s.cfg.Mailbox {
		s.mu.Unlock()
		s.stats.refused.Add(1)
		return ErrBusy
	}
	s.mail = append(s.mail, f)
	s.mu.Unlock()
	s.wake()
	return nil
}

// Force is Post for what must not be lost, the end of a member: there are no
// more of these than members.
func (s *Shard) Force(f func()) {
	s.mu.Lock()
	s.mail = append(s.mail, f)
	s.mu.Unlock()
	s.wake()
}

// Ready says that the member's sink can take more again.
func (s *Shard) Ready(m *Member) {
	s.mu.Lock()
	s.ready = append(s.ready, m)
	s.mu.Unlock()
	s.wake()
}

// announce queues a crowd with news.
func (s *Shard) announce(c *crowd) {
	s.mu.Lock()
	s.news = append(s.news, c)
	s.mu.Unlock()
	s.wake()
}

// Run takes one turn and reports whether there is more to do.
func (s *Shard) Run() (more bool) {
	looked := len(s.todo) == 0
	if looked {
		s.mu.Lock()
		s.todo, s.mail = s.mail, s.todo[:0]
		s.mu.Unlock()
	}
	s.commands()
	s.mu.Lock()
	ready, news := s.ready, s.news
	s.ready, s.news = nil, nil
	s.mu.Unlock()
	for _, m := range ready {
		if !m.gone {
			s.open(m, true)
			s.guard(m)
		}
	}
	for _, c := range news {
		s.enqueue(c)
	}
	s.walk()
	s.flushTally()
	// A turn on commands of an earlier one has not looked at the mailbox, and
	// the wake-up for what is in there may have been this turn.
	if !looked || len(s.todo) > 0 || len(s.queue) > 0 {
		return true
	}
	s.merger.forget()
	return false
}

// commands runs a chunk of the mailbox.
func (s *Shard) commands() {
	n := min(len(s.todo), s.cfg.Chunk)
	for i := range n {
		f := s.todo[i]
		s.todo[i] = nil
		s.do(f)
	}
	s.todo = s.todo[n:]
	if len(s.todo) == 0 {
		s.todo = nil
	}
}

// do runs one command. A panic in it ends that command only.
func (s *Shard) do(f func()) {
	defer s.recovered("command")
	f()
}

// guard visits one member outside a walk. A panic ends that visit only.
func (s *Shard) guard(m *Member) {
	defer s.recovered("visit")
	s.Visit(m)
}

func (s *Shard) recovered(where string) {
	if v := recover(); v != nil {
		s.stats.panics.Add(1)
		s.log.Error("shard panicked", "in", where, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
	}
}
