package stats

import (
	"encoding/json"
	"fmt"
)

// carried is a Latency on its way to another process: the buckets that hold
// something, each as its number and its count.
type carried struct {
	Max     int64    `json:"max"`
	Buckets []uint64 `json:"buckets"`
}

// MarshalJSON writes what UnmarshalJSON reads back to the same counts.
func (l *Latency) MarshalJSON() ([]byte, error) {
	c := carried{Max: l.max}
	for i, n := range l.counts {
		if n > 0 {
			c.Buckets = append(c.Buckets, uint64(i), n)
		}
	}
	return json.Marshal(c)
}

// UnmarshalJSON replaces the counts.
func (l *Latency) UnmarshalJSON(p []byte) error {
	var c carried
	if err := json.Unmarshal(p, &c); err != nil {
		return err
	}
	if len(c.Buckets)%2 != 0 || c.Max < 0 {
		return fmt.Errorf("stats: latency of %d numbers, max %d", len(c.Buckets), c.Max)
	}
	l.Reset()
	l.max = c.Max
	for i := 0; i < len(c.Buckets); i += 2 {
		at, n := c.Buckets[i], c.Buckets[i+1]
		if at >= buckets || l.n+n < l.n {
			return fmt.Errorf("stats: latency bucket %d of %d, count %d", at, buckets, n)
		}
		l.counts[at] += n
		l.n += n
	}
	return nil
}
