package stats

import (
	"math"
	"testing"
	"time"
)

func TestBucketsCoverEveryDuration(t *testing.T) {
	last := -1
	for us := uint64(0); us < 1<<maxBits; us += 1 + us/3000 {
		i := bucket(us)
		if i < last || i >= buckets {
			t.Fatalf("bucket(%d) = %d after %d, want rising below %d", us, i, last, buckets)
		}
		last = i
		lo := floor(i)
		if lo > us || float64(us-lo) > float64(us)/subSize+1 {
			t.Fatalf("bucket(%d) starts at %d: more than 0.1 %% off", us, lo)
		}
		if bucket(lo) != i {
			t.Fatalf("floor(%d) = %d is in bucket %d", i, lo, bucket(lo))
		}
	}
}

func TestLatencySummary(t *testing.T) {
	var l Latency
	for ms := int64(1); ms <= 1000; ms++ {
		l.Record(ms * int64(time.Millisecond))
	}
	l.Record(-5) // a clock read before the stamp counts as no time at all
	s, err := l.Summary()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name      string
		got, want float64
	}{
		{"p50", s.P50, 500}, {"p90", s.P90, 900}, {"p99", s.P99, 990}, {"max", s.Max, 1000}, {"mean", s.Mean, 500},
	} {
		if math.Abs(tt.got-tt.want) > tt.want/200+1 {
			t.Errorf("%s = %.3f ms, want %.3f", tt.name, tt.got, tt.want)
		}
	}
	if s.Count != 1001 {
		t.Errorf("count = %d, want 1001", s.Count)
	}
}

func TestLatencyBeyondTheLastBucket(t *testing.T) {
	var l Latency
	l.Record(int64(10 * time.Minute))
	s, err := l.Summary()
	if err != nil {
		t.Fatal(err)
	}
	if s.Max != 600_000 || s.Count != 1 || s.P50 < 130_000 {
		t.Errorf("summary of ten minutes = %+v, want it counted in the last bucket and told by max", s)
	}
}

func TestLatencyMergeSinceReset(t *testing.T) {
	var a, b Latency
	a.RecordN(int64(time.Millisecond), 10)
	before := a
	b.RecordN(int64(time.Second), 30)
	a.Merge(&b)
	if s, _ := a.Summary(); s.Count != 40 || s.Max != 1000 {
		t.Errorf("merged = %+v, want 40 counts up to 1000 ms", s)
	}
	if s, _ := a.Since(&before).Summary(); s.Count != 30 || s.P50 < 999 || s.P50 > 1001 {
		t.Errorf("since = %+v, want the 30 counts of one second", s)
	}
	a.Reset()
	if s, err := a.Summary(); err != nil || s != (Summary{}) {
		t.Errorf("after reset: %+v, %v, want nothing", s, err)
	}
}

func TestRecordDoesNotAllocate(t *testing.T) {
	l := new(Latency)
	if n := testing.AllocsPerRun(100, func() { l.Record(12345678) }); n != 0 {
		t.Errorf("Record allocates %.0f times", n)
	}
}
