package agent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// patience is how long an agent may take for an answer that isn't about opening
// viewers. One that takes longer is stuck, and with it the run.
const patience = 60 * time.Second

// caller is the coordinator's end of a connection. Any goroutine may ask.
type caller struct {
	talk *talk
	who  hello
	news func(frame) // called by the reader, must not block
	gone chan struct{}

	mu      sync.Mutex // leaf; guards what follows
	last    uint64
	waiting map[uint64]chan frame
	err     error // why nothing can be asked any more
}

// connect greets an agent.
func connect(ctx context.Context, addr, token string, news func(frame)) (*caller, error) {
	if len(token) < minToken {
		return nil, errNoToken
	}
	d := net.Dialer{Timeout: helloWithin}
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("agent %s: %w", addr, err)
	}
	c := &caller{talk: newTalk(conn), news: news, gone: make(chan struct{}), waiting: make(map[uint64]chan frame)}
	if err = conn.SetDeadline(time.Now().Add(helloWithin)); err == nil {
		c.who, err = greet(c.talk, token)
	}
	if err == nil {
		err = conn.SetDeadline(time.Time{})
	}
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("agent %s: %w", addr, err)
	}
	go c.read() // stops: the connection is closed
	return c, nil
}

// read hands out answers until the connection ends.
func (c *caller) read() {
	defer close(c.gone)
	for {
		f, err := readFrame(c.talk.in, maxFrame)
		switch {
		case err != nil:
			c.fail(err)
			return
		case f.ID == 0 && f.Error != "":
			c.fail(errors.New(f.Error))
			return
		case f.ID == 0:
			if c.news != nil {
				c.news(f)
			}
			continue
		}
		c.mu.Lock()
		answer := c.waiting[f.ID]
		delete(c.waiting, f.ID)
		c.mu.Unlock()
		if answer != nil { // else nobody waits for it any more
			answer <- f
		}
	}
}

// fail ends everything that is waited for. The first reason stays.
func (c *caller) fail(err error) {
	_ = c.talk.conn.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = fmt.Errorf("agent %s: connection lost: %w", c.talk.conn.RemoteAddr(), err)
	}
	for id, answer := range c.waiting {
		close(answer)
		delete(c.waiting, id)
	}
}

// lost is why nothing can be asked any more.
func (c *caller) lost() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// ask sends a verb and decodes the answer into v, if that isn't nil.
func (c *caller) ask(ctx context.Context, verb string, what, v any) error {
	answer := make(chan frame, 1)
	c.mu.Lock()
	if c.err != nil {
		defer c.mu.Unlock()
		return c.err
	}
	c.last++
	id := c.last
	c.waiting[id] = answer
	c.mu.Unlock()
	if err := c.talk.send(frame{ID: id, Verb: verb}, what); err != nil {
		c.fail(err)
		return c.lost()
	}
	select {
	case <-ctx.Done():
		c.mu.Lock()
		delete(c.waiting, id)
		c.mu.Unlock()
		return context.Cause(ctx)
	case f, ok := <-answer:
		switch {
		case !ok:
			return c.lost()
		case f.Error != "":
			return fmt.Errorf("agent %s: %s", c.talk.conn.RemoteAddr(), f.Error)
		case v == nil:
			return nil
		}
		if err := strict(f.Body, v); err != nil {
			c.fail(fmt.Errorf("%w: answer to %s: %w", errFrame, verb, err))
			return c.lost()
		}
		return nil
	}
}

// askSoon is ask for what an agent answers at once, or is lost.
func (c *caller) askSoon(verb string, what, v any) error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), patience, fmt.Errorf("no answer to %s for %s", verb, patience))
	defer cancel()
	err := c.ask(ctx, verb, what, v)
	if err != nil && ctx.Err() != nil {
		c.fail(err)
	}
	return err
}

// close ends the connection and waits for the reader.
func (c *caller) close() {
	_ = c.talk.conn.Close()
	<-c.gone
}
