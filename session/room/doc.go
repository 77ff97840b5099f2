// Package room is the shared log and the walk over its readers.
//
// A [Room] is a log: events with ids that only grow over all rooms of the
// deployment. It keeps the newest of them ([Config]: by count, bytes and age)
// and, for each wire [Encoding] that has members, a Feed: a chain of immutable
// byte segments in which every event is encoded exactly once.
//
// A [Member] is a reader: one cursor over all its rooms, the id up to which
// everything has been written to it. It owns no queue. What it has not
// received yet is the rest of the logs.
//
// A [Shard] is the only one to touch its members. Its Run is one turn of an
// actor: commands first (joins, leaves, replies), then members that became
// writable again, then one chunk of the walk over a feed with news. A visit
// brings a member to the head of all its rooms, in one room with one write of
// a slice of the feed, in several with one write of the records merged by id,
// which those that get the same share.
//
// Promises: ids on one member strictly increase over all its rooms; a member
// gets every event of a room after its start there exactly once, or a gap
// notice that bounds what it missed, or it is evicted; a member that does not
// read costs nobody else anything and holds no bytes here but the rest of one
// record that the socket cut.
//
// Goroutines: Append may be called by one goroutine at a time over all rooms
// (the broker's order); Post, Ready and reading methods from any; everything
// else only within the shard's Run. The package starts no goroutine and knows
// no socket: bytes leave through a [Sink].
package room
