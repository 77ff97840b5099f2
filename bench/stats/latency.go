package stats

import (
	"fmt"
	"math/bits"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

const (
	// subBits gives 1,024 buckets per power of two: an error under 0.1 %.
	subBits = 10
	subSize = 1 << subBits

	// maxBits bounds a latency to 2^27 us, 134 s. Longer ones are counted in
	// the last bucket; Max still tells their length.
	maxBits = 27
	buckets = (maxBits-subBits)*subSize + subSize
)

// Latency counts durations in microseconds in log-linear buckets, the layout
// of HdrHistogram with the arithmetic kept small enough to inline.
//
// A Latency belongs to one goroutine. Merge it into another, or read it with
// Summary, once that goroutine is done with it.
type Latency struct {
	counts [buckets]uint64
	n      uint64
	max    int64
}

// Record counts one duration in nanoseconds; a negative one counts as zero.
func (l *Latency) Record(ns int64) {
	l.RecordN(ns, 1)
}

// RecordN counts n deliveries that took the same time.
func (l *Latency) RecordN(ns int64, n uint64) {
	if ns < 0 {
		ns = 0
	}
	if ns > l.max {
		l.max = ns
	}
	l.counts[bucket(uint64(ns)/1000)] += n
	l.n += n
}

// Count is how many durations were recorded.
func (l *Latency) Count() uint64 { return l.n }

// Reset forgets everything.
func (l *Latency) Reset() { *l = Latency{} }

// Merge adds the counts of m.
func (l *Latency) Merge(m *Latency) {
	for i, n := range m.counts {
		l.counts[i] += n
	}
	l.n += m.n
	l.max = max(l.max, m.max)
}

// Since gives the counts added after before was copied from the same Latency.
// Its max is to the bucket, unless it is that of the whole.
func (l *Latency) Since(before *Latency) *Latency {
	d := *l
	top := 0
	for i, n := range before.counts {
		d.counts[i] -= n
		if d.counts[i] > 0 {
			top = i
		}
	}
	d.n -= before.n
	if top != bucket(uint64(l.max)/1000) {
		d.max = int64(floor(top)) * 1000
	}
	return &d
}

// Histogram gives the counts as an HdrHistogram of microseconds.
func (l *Latency) Histogram() (*hdrhistogram.Histogram, error) {
	h := hdrhistogram.New(1, 1<<maxBits, 3)
	for i, n := range l.counts {
		if n == 0 {
			continue
		}
		if err := h.RecordValues(int64(floor(i)), int64(n)); err != nil {
			return nil, fmt.Errorf("stats: latency bucket %d: %w", i, err)
		}
	}
	return h, nil
}

// bucket is the index of a duration in microseconds.
func bucket(us uint64) int {
	if us < 2*subSize {
		return int(us)
	}
	shift := bits.Len64(us) - subBits - 1
	i := shift*subSize + int(us>>shift)
	return min(i, buckets-1)
}

// floor is the shortest duration, in microseconds, that bucket i holds.
func floor(i int) uint64 {
	if i < 2*subSize {
		return uint64(i)
	}
	shift := i/subSize - 1
	return uint64(i-shift*subSize) << shift
}

// Summary is a latency distribution in the figures people compare.
// All durations are milliseconds.
type Summary struct {
	Count uint64  `json:"count"`
	Mean  float64 `json:"mean_ms"`
	P50   float64 `json:"p50_ms"`
	P90   float64 `json:"p90_ms"`
	P99   float64 `json:"p99_ms"`
	P999  float64 `json:"p999_ms"`
	Max   float64 `json:"max_ms"`
}

// Summary reads the distribution; it is all zero when nothing was recorded.
func (l *Latency) Summary() (Summary, error) {
	h, err := l.Histogram()
	if err != nil || l.n == 0 {
		return Summary{}, err
	}
	ms := func(q float64) float64 { return float64(h.ValueAtQuantile(q)) / 1e3 }
	return Summary{
		Count: l.n,
		Mean:  h.Mean() / 1e3,
		P50:   ms(50),
		P90:   ms(90),
		P99:   ms(99),
		P999:  ms(99.9),
		Max:   float64(l.max) / float64(time.Millisecond),
	}, nil
}
