// Package goroutines is the server that Go makes easy to write, to compare with:
// goroutines of its own for each connection, on package net alone.
//
// A viewer by WebSocket has two: one reads, one writes what is in the viewer's
// channel. Publishing builds the frame once, under the one lock of the hub, and
// puts it into the channel of each member of the room; a viewer whose channel is
// full is dropped. The writer sends all that waits with one writev(2). A viewer by
// long-poll has one goroutine, which waits for the room's next event between
// reading a request and writing its answer; it does not look at its socket
// meanwhile. Nothing else is in the way: no net/http on the viewers' port, no timers
// but the polls', read buffers of 1 KiB.
//
// It answers GET /live/ws?room=R[&room=R2][&since=C], GET /live/poll?room=R
// [&since=C][&wait=S] for one room, and on a second port POST /v1/publish, all as
// the harness uses them. Ids rise over all rooms. A request it doesn't serve gets
// a 400, and the connection ends.
package goroutines
