package stats

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

func TestBucketsKeepTheDistribution(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	l := new(Latency)
	for range 100_000 {
		l.Record(int64(5e6 * math.Exp(rng.NormFloat64())))
	}
	b := l.Buckets()
	if len(b) > 1000 {
		t.Errorf("%d buckets, want at most 1000", len(b))
	}
	s, err := l.Summary()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ q, want float64 }{{0.5, s.P50}, {0.9, s.P90}, {0.99, s.P99}, {0.999, s.P999}} {
		if got := Quantile(b, tt.q); math.Abs(got-tt.want) > 0.02*tt.want {
			t.Errorf("quantile %g = %g ms, want %g to 2 %%", tt.q, got, tt.want)
		}
	}
	var n uint64
	last := -1.0
	for _, x := range b {
		n += x.Count
		if x.Ms <= last || x.Count == 0 {
			t.Fatalf("bucket %+v behind %g ms, want rising ones that hold something", x, last)
		}
		last = x.Ms
	}
	if n != l.Count() {
		t.Errorf("buckets hold %d, want %d", n, l.Count())
	}
}

func TestBucketsOfFew(t *testing.T) {
	l := new(Latency)
	if b := l.Buckets(); len(b) != 0 || Quantile(b, 0.5) != 0 {
		t.Errorf("buckets of nothing = %v", b)
	}
	l.RecordN(int64(1500*time.Microsecond), 3)
	b := l.Buckets()
	if len(b) != 1 || b[0] != (Bucket{Ms: 1.5, Count: 3}) {
		t.Fatalf("buckets = %v, want three of 1.5 ms", b)
	}
	p, err := json.Marshal(b)
	if err != nil || string(p) != "[[1.5,3]]" {
		t.Fatalf("JSON = %s, %v", p, err)
	}
	var back []Bucket
	if err := json.Unmarshal(p, &back); err != nil || len(back) != 1 || back[0] != b[0] {
		t.Errorf("read back: %v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`[["x",1]]`), &back); err == nil {
		t.Error("a bucket of words was read")
	}
}

func TestSinceKnowsItsMax(t *testing.T) {
	l := new(Latency)
	l.Record(int64(time.Second))
	before := *l
	l.Record(int64(10 * time.Millisecond))
	if s, _ := l.Since(&before).Summary(); math.Abs(s.Max-10) > 0.1 {
		t.Errorf("max since = %g ms, want 10: the second was before", s.Max)
	}
}
