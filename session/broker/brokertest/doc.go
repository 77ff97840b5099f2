// Package brokertest is the suite every broker must pass.
//
// [Run] takes a factory, so that each test has a broker of its own, and checks
// what package broker promises: ids that only grow, over all rooms and
// publishers; a receiver that gets every committed event exactly once, in id
// order, one call at a time; batches that are committed whole or not at all;
// idempotency keys that commit once however many publish at the same time; an
// epoch of its own; and an end after which nothing is committed.
//
// A receiver may learn of an event later than its publisher: the suite waits
// for it, up to a deadline.
package brokertest
