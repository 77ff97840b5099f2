// Package stats holds what a load run measures with and what it says at the
// end: a latency counter that is cheap enough to be fed ten million times a
// second (Latency), the CPU, memory and threads of a process read from the
// kernel (Process, Usage), the summary of a run (Report) and the limits a
// run is held to (Limits).
//
// Nothing here knows a socket. A Latency belongs to one goroutine at a time;
// the rest are values.
package stats
