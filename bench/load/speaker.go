package load

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// speakWithin is how long the connection to publish by may take to open, and
	// a batch to leave.
	speakWithin = 10 * time.Second
	// mostUnsent is how much may wait for the socket before publishing waits.
	mostUnsent = 256 << 10
)

// speaker publishes by a connection of the driver that is no viewer: nothing it
// receives is counted.
type speaker struct {
	fleet *Fleet
	say   template
	out   []byte
	ends  []int
}

// openSpeaker opens the connection.
func openSpeaker(cfg Config, clock Clock, how Publishing) (*Publisher, error) {
	if cfg.Transport.SocketIO() {
		cfg.Transport = SocketIO
	}
	if !cfg.Transport.framed() {
		return nil, fmt.Errorf("publish by a client: driver %s by %s has no way up, publish by HTTP", cfg.Dialect.Driver, cfg.Transport)
	}
	text := how.Say
	if text == "" {
		switch cfg.Dialect.Driver {
		case DriverCentrifugo:
			text = `{"id":{number},"publish":{"channel":"{room}","data":{data}}}`
		case DriverGrandstand:
			text = `{"type":"publish","room":"{room}","event":"{event}","data":{data}}`
		default:
			return nil, fmt.Errorf("publish by a client: driver %s needs to be told what to say", cfg.Dialect.Driver)
		}
	}
	say, err := parseTemplate(text, styleJSON)
	if err != nil {
		return nil, err
	}
	if !say.has(holeData) {
		return nil, fmt.Errorf("publish by a client: {data} is missing in %.80q", text)
	}
	cfg.Conns, cfg.Loops, cfg.Join, cfg.RecvBuffer, cfg.Late = 1, 1, nil, nil, true
	s := &speaker{say: say}
	if s.fleet, err = NewFleet(cfg); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), speakWithin, fmt.Errorf("not done in %s", speakWithin))
	defer cancel()
	if err := s.fleet.Open(ctx, 0); err != nil {
		s.fleet.Close()
		return nil, fmt.Errorf("publish by a client: %w", err)
	}
	return newPublisher(cfg.Rooms, clock, s), nil
}

// encode writes a message for each draft.
func (s *speaker) encode(p *Publisher, drafts []Draft) {
	s.out, s.ends = s.out[:0], s.ends[:0]
	for i := range drafts {
		if s.fleet.cfg.Transport.SocketIO() {
			s.out = append(append(s.out, eioMessage, sioEvent), s.fleet.Loops[0].sio.space...)
		}
		s.out = s.say.append(s.out, p, &drafts[i], nil)
		s.ends = append(s.ends, len(s.out))
	}
}

// send hands the messages to the socket. Nobody confirms them.
func (s *speaker) send(*Publisher, []Draft) ([]string, error) {
	l := s.fleet.Loops[0]
	open, unsent := false, 0
	l.Do(func() {
		from := 0
		for _, end := range s.ends {
			l.send(0, opText, s.out[from:end])
			from = end
		}
		open, unsent = l.conns[0].state == stateOpen, len(l.late[0])
	})
	if open && unsent > mostUnsent {
		ctx, cancel := context.WithTimeoutCause(context.Background(), speakWithin, errors.New("the target doesn't read what is published"))
		defer cancel()
		err := s.fleet.Wait(ctx, func(Counters) (bool, error) {
			l.Do(func() { open, unsent = l.conns[0].state == stateOpen, len(l.late[0]) })
			return !open || unsent <= mostUnsent, nil
		})
		if err != nil {
			return nil, fmt.Errorf("publish by a client: %w", err)
		}
	}
	if !open {
		return nil, fmt.Errorf("publish by a client: %w", s.fleet.why())
	}
	return nil, nil
}

func (s *speaker) close() { s.fleet.Close() }
