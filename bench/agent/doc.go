// Package agent holds viewers for a run that is led by another process: one of
// several on the same machine, past the limit on open files of a single one, or
// one on another machine.
//
// An agent listens. The coordinator opens a connection for each fleet it wants
// held, and one more to ask for the agent's clock and what its process has used.
// A fleet lives as long as its connection: when the coordinator dies, its viewers
// are gone. Publishing is the coordinator's alone.
//
// What is said is JSON in frames of a length and a body. Both ends prove that
// they know the token before anything else is read: each answers the other's
// nonce with a code (HMAC-SHA-256) made of the token and both nonces. The token
// itself never crosses the wire; what follows is neither encrypted nor signed, so
// agents belong in a network of one's own. An agent opens as many connections to
// any address as it is told to: that is why there is no way to run one without a
// token. A frame that is too long, isn't JSON, comes out of turn or asks for
// something unknown is answered with the error, and the connection is closed.
//
// Latency runs from a stamp of the coordinator's clock. Processes of one machine
// share that clock (CLOCK_MONOTONIC), which is taken for granted only when boot
// id and time namespace are the same. Otherwise the offset is measured, by the
// answer that was under way for the shortest time out of many, and the viewers'
// clocks are set by it; half of that time is how wrong it may be. What the clocks
// drift apart during the run shows in a second measurement at its end.
package agent
