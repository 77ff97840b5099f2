package stats

import (
	"encoding/json"
	"math/bits"
)

// Bucket is a part of a latency distribution: how many deliveries took about
// so many milliseconds. In JSON it is a pair of numbers.
type Bucket struct {
	Ms    float64
	Count uint64
}

// MarshalJSON writes [ms, count].
func (b Bucket) MarshalJSON() ([]byte, error) {
	return json.Marshal([2]float64{b.Ms, float64(b.Count)})
}

// UnmarshalJSON reads [ms, count].
func (b *Bucket) UnmarshalJSON(p []byte) error {
	var pair struct {
		ms float64
		n  uint64
	}
	if err := json.Unmarshal(p, &[2]any{&pair.ms, &pair.n}); err != nil {
		return err
	}
	b.Ms, b.Count = pair.ms, pair.n
	return nil
}

// Buckets gives the distribution for a file or a plot: rising, without empty
// ones, joined until they are 1.6 % wide, each at the mean of what it holds.
// That is about a thousand at most, where the Latency has 18,000.
func (l *Latency) Buckets() []Bucket {
	const keptBits = 6
	var out []Bucket
	var group, us, n uint64
	end := func() {
		if n > 0 {
			ms := float64(us) / float64(n) / 1e3
			out = append(out, Bucket{Ms: ms, Count: n})
		}
		us, n = 0, 0
	}
	for i, count := range l.counts {
		if count == 0 {
			continue
		}
		at := floor(i)
		drop := max(bits.Len64(at)-keptBits-1, 0)
		if g := at >> drop << drop; g != group {
			end()
			group = g
		}
		us += at * count
		n += count
	}
	end()
	return out
}

// Quantile reads a distribution: the milliseconds that the share q of all
// deliveries, from 0 to 1, did not exceed. It is 0 when there were none.
func Quantile(b []Bucket, q float64) float64 {
	var all, below uint64
	for _, x := range b {
		all += x.Count
	}
	for _, x := range b {
		below += x.Count
		if float64(below) >= q*float64(all) {
			return x.Ms
		}
	}
	return 0
}
