// Package threads is the server of the years before event loops, to compare
// with: a thread for each connection, as in Tomcat's blocking connector.
//
// A fixed pool of operating system threads (300) serves long-polls with blocking
// system calls. One acceptor takes connections into a bounded queue (100); what
// doesn't fit waits in the kernel's listen queue. A thread takes a connection and
// stays with it: while it reads a request, while a poll is parked, while it
// writes the answer, and between two requests until the keep-alive timeout. So
// the pool is the number of viewers, and the next one waits for a thread.
//
// The threads are real: each goroutine is locked to its own and sleeps in the
// kernel, in read(2) or in futex(2), never in Go's scheduler. A parked poll does
// not look at its socket, as a servlet in Object.wait doesn't: who leaves
// meanwhile holds the thread until an event or the end of the wait.
//
// It answers GET /live/poll?room=R[&since=C][&wait=S] for one room, and on the
// second port POST /v1/publish, both as the harness uses them. A request it
// doesn't serve gets a 400, and the connection ends.
package threads
