// Package metrics shows the server's figures in Prometheus' text format.
//
// Nothing is counted here. The counters are atomics of the packages where
// things happen; a scrape takes one snapshot of each and turns it into
// metrics, so that a figure costs nothing while nobody looks. All names begin
// with grandstand_; the standard collectors for Go (GC, goroutines, memory)
// and for the process (CPU, resident memory, descriptors) come along.
//
// A snapshot's counters are read one after the other: figures of one scrape
// may disagree by what happened meanwhile.
package metrics
