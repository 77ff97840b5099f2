// Package node puts a server together and takes it apart: the order in which
// the parts start, how long they are given to stop, and what the process
// itself is set to (processors, memory).
//
// Start: pool, broker, hub, viewers' port, control port; ready. Drain: not
// ready, no new viewers, every viewer asked to come back (elsewhere) at a time
// of its own, those that stay closed in paced steps, then the parts in
// reverse.
package node
