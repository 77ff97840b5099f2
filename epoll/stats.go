package epoll

import "sync/atomic"

// Stats is a snapshot of a Group's counters. All but Open only grow.
type Stats struct {
	// Accepted, Open and Closed count connections that were let in.
	Accepted, Open, Closed uint64
	// RejectedMaxConns and RejectedPerIP count connections over a limit.
	RejectedMaxConns, RejectedPerIP uint64
	// AcceptErrors counts failed accepts; Shed counts connections reset
	// because the process was out of descriptors.
	AcceptErrors, Shed uint64
	// BytesRead and BytesWritten count payload bytes to and from sockets.
	BytesRead, BytesWritten uint64
	// Writes counts write calls that moved bytes, ShortWrites those of them
	// (and those that moved none) that did not take everything.
	Writes, ShortWrites uint64
	// Wakeups counts calls of Writable, Timeouts those of Timeout.
	Wakeups, Timeouts uint64
	// PendingOverflow counts connections ended with ErrBacklog.
	PendingOverflow uint64
	// Pauses counts times that a connection was not read for a while.
	Pauses uint64
	// Panics counts recovered panics of handlers.
	Panics uint64
}

// counters are the Stats of one Loop. They are per Loop so that the cores do not
// pass one cache line around with every write.
type counters struct {
	accepted, closed        atomic.Uint64
	bytesRead, bytesWritten atomic.Uint64
	writes, shortWrites     atomic.Uint64
	wakeups, timeouts       atomic.Uint64
	pendingOverflow, panics atomic.Uint64
	pauses                  atomic.Uint64
	_                       [40]byte // keeps the next Loop off this cache line
}

// acceptCounters are those of all listeners: accepting is rare.
type acceptCounters struct {
	full, perIP  atomic.Uint64
	errors, shed atomic.Uint64
	panics       atomic.Uint64
}

// Stats returns a snapshot. The counters are read one after the other, so sums
// over them may be off by what happened meanwhile.
func (g *Group) Stats() Stats {
	s := Stats{
		RejectedMaxConns: g.accepts.full.Load(),
		RejectedPerIP:    g.accepts.perIP.Load(),
		AcceptErrors:     g.accepts.errors.Load(),
		Shed:             g.accepts.shed.Load(),
		Panics:           g.accepts.panics.Load(),
	}
	for _, l := range g.loops {
		n := &l.counts
		// Closed first: a Conn that comes and goes between the two reads
		// must not make Open negative.
		s.Closed += n.closed.Load()
		s.Accepted += n.accepted.Load()
		s.BytesRead += n.bytesRead.Load()
		s.BytesWritten += n.bytesWritten.Load()
		s.Writes += n.writes.Load()
		s.ShortWrites += n.shortWrites.Load()
		s.Wakeups += n.wakeups.Load()
		s.Timeouts += n.timeouts.Load()
		s.PendingOverflow += n.pendingOverflow.Load()
		s.Pauses += n.pauses.Load()
		s.Panics += n.panics.Load()
	}
	s.Open = s.Accepted - s.Closed
	return s
}
