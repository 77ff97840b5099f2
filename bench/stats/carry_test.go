package stats

import (
	"encoding/json"
	"testing"
)

func TestLatencySurvivesTheWay(t *testing.T) {
	var l Latency
	for _, ns := range []int64{0, 999, 1000, 5e6, 5e6, 3e9, 200e9} {
		l.Record(ns)
	}
	for _, want := range []*Latency{&l, new(Latency)} {
		p, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		got := new(Latency)
		got.Record(1) // is replaced
		if err := json.Unmarshal(p, got); err != nil || *got != *want {
			t.Errorf("%s: %v, read back with %d of %d counts, max %d", p, err, got.Count(), want.Count(), got.max)
		}
	}
}

func FuzzLatencyJSON(f *testing.F) {
	for _, s := range []string{
		`{"max":5,"buckets":[0,1,7,2]}`, `{"max":0,"buckets":null}`, `{}`,
		`{"buckets":[1]}`, `{"buckets":[99999,1]}`, `{"max":-1}`, `{"buckets":[1,18446744073709551615,2,1]}`, `[`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		var l Latency
		if json.Unmarshal(p, &l) != nil {
			return
		}
		again, err := json.Marshal(&l)
		if err != nil {
			t.Fatal(err)
		}
		var second Latency
		if err := json.Unmarshal(again, &second); err != nil || second != l {
			t.Errorf("%s became %s: %v", p, again, err)
		}
	})
}
