package transport

import (
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"
)

// tally counts who holds how many of something, against a limit.
type tally[K comparable] struct {
	mu sync.Mutex
	n  map[K]int
}

// take counts one more and reports true, or false if the limit is reached. A
// limit of 0 is none.
func (t *tally[K]) take(key K, limit int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if limit > 0 && t.n[key] >= limit {
		return false
	}
	if t.n == nil {
		t.n = make(map[K]int)
	}
	t.n[key]++
	return true
}

// drop counts one less.
func (t *tally[K]) drop(key K) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n[key]--; t.n[key] <= 0 {
		delete(t.n, key)
	}
}

// addresses is a tally of clients by address. It counts only if there is a
// limit: most servers have none, and viewers come by the ten thousand.
type addresses struct{ tally[netip.Addr] }

func (t *addresses) take(a netip.Addr, limit int) bool {
	return limit == 0 || t.tally.take(site(a), limit)
}

func (t *addresses) drop(a netip.Addr, limit int) {
	if limit > 0 {
		t.tally.drop(site(a))
	}
}

// site is what an address counts as: of IPv6 the /64, which one client has all
// of.
func site(a netip.Addr) netip.Addr {
	if a.Is4() {
		return a
	}
	p, err := a.Prefix(64)
	if err != nil {
		return a
	}
	return p.Addr()
}

// pace says how often pollers are to come: as often as they like while there
// are few, and so that no more than so many come in a second.
type pace struct {
	mu     sync.Mutex
	second uint32
	count  int           // polls in it
	every  time.Duration // what pollers are told now
}

// next counts a poll and returns when the next is wanted. now is Server.now.
func (p *pace) next(now uint32, cfg *PollConfig) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.every == 0 {
		p.every = cfg.Interval
	}
	if s := now / 1000; s != p.second {
		// So many came because they were told so: twice too many are to
		// come half as often.
		took := max(s-p.second, 1)
		perSecond := p.count / int(took)
		want := time.Duration(int64(p.every) * int64(perSecond) / int64(cfg.Rate))
		p.every = min(max(want, cfg.Interval), cfg.MaxInterval)
		p.second, p.count = s, 0
	}
	p.count++
	if p.every == cfg.Interval {
		return p.every
	}
	// Who was told the same comes together; so not quite the same.
	return p.every - p.every/4 + rand.N(p.every/2)
}
