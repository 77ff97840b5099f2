// Package session is the room side of the server: viewers, and the rooms
// they are in. It knows no socket.
//
// A [Hub] holds the rooms, the shards that walk over their members, and the
// broker whose order they follow. A [Session] is one viewer: it is embedded in
// the connection of its [Transport] and belongs to one shard, within whose
// turns its methods run (see Session.Post). Who only looks in needs none and
// reads a [Page]. Names that cannot be used, limits that are reached and rights
// that are missing come back as an [*Error] with a stable code; the ways a
// session ends are a closed table of [Reason].
//
// Promises: what one session posts runs in order; an event is appended to
// every room it is for before any viewer sees it or anything after it; a
// session is counted until its Close has run on its shard.
package session
