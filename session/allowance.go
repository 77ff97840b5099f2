package session

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"grandstand/session/broker"
)

// tenth is the grain of the publish rate.
const tenth = 100 * time.Millisecond

// full is the most tokens an allowance has, in tenths.
func (c *Config) full() uint16 { return uint16(min(c.PublishBurst*10, 65535)) }

// spend takes one publish from an allowance: tokens left, in tenths, and when
// they were counted, in tenths of a second.
func (c *Config) spend(tokens *uint16, refilled *uint32, at time.Duration) error {
	now := uint32(at / tenth)
	// A tenth of a second earns a tenth of the rate.
	earned := uint64(now-*refilled) * uint64(c.PublishRate)
	*refilled = now
	*tokens = uint16(min(uint64(*tokens)+earned, uint64(c.full())))
	if *tokens < 10 {
		return &Error{CodeRate, fmt.Sprintf("more than %d events a second", c.PublishRate)}
	}
	*tokens -= 10
	return nil
}

// maxSubjects is how many subjects without a session are counted at once: some
// 8 MB. Beyond it new ones are told to wait, so that names nobody has heard of
// cost the server no more, and cannot push out those that are at their limit.
const maxSubjects = 65536

// allowance is what one subject may publish.
type allowance struct {
	tokens   uint16
	refilled uint32
}

// allowances are those of subjects that have no session, in two halves: who
// does not publish for as long as an allowance takes to fill stays behind in
// the older one, is full, and may be forgotten with it.
type allowances struct {
	limit int

	mu         sync.Mutex
	young, old map[string]allowance
	turned     time.Duration // when young became old last
}

// spend takes one publish from a subject's allowance.
func (a *allowances) spend(cfg *Config, subject string, now time.Duration) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.turn(cfg, now)
	one, known := a.young[subject]
	if !known {
		if one, known = a.old[subject]; known {
			delete(a.old, subject)
		} else if len(a.young)+len(a.old) >= a.limit {
			return &Error{CodeBusy, "too many others publish right now, try again"}
		} else {
			one = allowance{tokens: cfg.full(), refilled: uint32(now / tenth)}
		}
		subject = strings.Clone(subject)
	}
	err := cfg.spend(&one.tokens, &one.refilled, now)
	a.young[subject] = one
	return err
}

// turn lets go of the older half when all in it are full. Without a rate none
// ever is.
func (a *allowances) turn(cfg *Config, now time.Duration) {
	if a.young == nil {
		a.young, a.turned = make(map[string]allowance), now
	}
	if cfg.PublishRate == 0 {
		return
	}
	// One tenth more: that is how late the count of one may have begun.
	fill := time.Duration(int(cfg.full())/cfg.PublishRate+2) * tenth
	if now-a.turned < fill {
		return
	}
	a.old = a.young
	if now-a.turned >= 2*fill {
		a.old = nil
	}
	a.young, a.turned = make(map[string]allowance), now
}

// PublishAs is Session.Publish for a subject without a session, which is
// counted by its name. granted: it has the right to publish to that room,
// whatever viewers have. data need not be JSON; the error is an *Error then.
func (h *Hub) PublishAs(subject string, granted bool, name, event string, data []byte) (id uint64, err error) {
	m := broker.Message{Rooms: []string{name}, Name: event, Data: data}
	return h.publish(granted, m, func() error { return h.allowances.spend(&h.cfg, subject, h.clock.Now()) })
}

// MayPublish reports whether viewers may publish to a room.
func (h *Hub) MayPublish(name string) bool { return h.rooms.mayPublish(name) }

// publish commits a viewer's message to one room: rights and rate count.
func (h *Hub) publish(granted bool, m broker.Message, spend func() error) (id uint64, err error) {
	if !granted && !h.MayPublish(m.Rooms[0]) {
		return 0, &Error{CodeForbidden, "viewers may not publish to this room"}
	}
	if err := spend(); err != nil {
		return 0, err
	}
	ids, _, err := h.Publish(context.Background(), "", []broker.Message{m})
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}
