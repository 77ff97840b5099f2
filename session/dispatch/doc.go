// Package dispatch runs the server's jobs on a bounded pool of workers.
//
// A [Pool] is an ants pool that never blocks its caller: what finds no free
// worker waits in an overflow queue that finishing workers drain. A [Lane] is
// a job with an order of its own: however often it is woken, it runs on at
// most one worker at a time, and a wake-up during a run leads to one more run.
// Shards of rooms are lanes; their mailboxes give the order per session.
//
// A submission costs about half a microsecond, so a lane is woken once per
// burst of work and never once per delivery.
//
// This is the only package that imports ants.
package dispatch
