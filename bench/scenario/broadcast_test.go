package scenario

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestBroadcastHasTheShapeOfARealOne compares an invented match of full length
// with the figures of a real stream of 100,000 viewers: messages per second,
// their spread and their sizes.
func TestBroadcastHasTheShapeOfARealOne(t *testing.T) {
	const length = 105 * time.Minute
	for seed := range uint64(5) {
		b := newBroadcast(rand.New(rand.NewPCG(seed, 0)), length)
		perSecond, tenths := make([]float64, int(length.Seconds())), make([]int, int(length.Seconds())*10)
		var sizes []float64
		played, plays := 0.0, 0.0
		for s := range perSecond {
			if b.playing(time.Duration(s) * time.Second) {
				played++
			}
		}
		for _, beat := range b.beats() {
			var m struct{ From, Text, Type string }
			if err := json.Unmarshal(append(append([]byte{'{'}, beat.members...), '}'), &m); err != nil {
				t.Fatalf("members %s: %v", beat.members, err)
			}
			if beat.room == matchRoom {
				plays++
				continue
			}
			perSecond[int(beat.at.Seconds())]++
			tenths[int(beat.at.Milliseconds()/100)]++
			sizes = append(sizes, float64(len(m.Text)))
		}
		var sum, square float64
		for _, n := range perSecond {
			sum += n
			square += n * n
		}
		mean := sum / float64(len(perSecond))
		spread := (square/float64(len(perSecond)) - mean*mean) / mean
		slices.Sort(perSecond)
		slices.Sort(sizes)
		at := func(s []float64, q float64) float64 { return s[int(q*float64(len(s)-1))] }
		for _, tt := range []struct {
			name            string
			got, want, near float64
		}{
			{"chat a second, mean", mean, 12.9, 0.4},
			{"chat a second, variance over mean", spread, 1.37, 0.12},
			{"chat a second, p50", at(perSecond, 0.5), 13, 1},
			{"chat a second, p90", at(perSecond, 0.9), 18, 1},
			{"chat a second, p99", at(perSecond, 0.99), 23, 2},
			{"chat a second, max", at(perSecond, 1), 50, 10},
			{"chat in 100 ms, max (14 at most there)", float64(slices.Max(tenths)), 11.5, 4.5},
			{"bytes, p50", at(sizes, 0.5), 12, 1},
			{"bytes, p90", at(sizes, 0.9), 51, 3},
			{"bytes, p99", at(sizes, 0.99), 361, 30},
			{"bytes, max", at(sizes, 1), 766, 60},
			{"match events a second in play", plays / played, 0.304, 0.03},
		} {
			if math.Abs(tt.got-tt.want) > tt.near {
				t.Errorf("seed %d: %s = %.3f, want %.3f within %.2f", seed, tt.name, tt.got, tt.want, tt.near)
			}
		}
	}
}

// TestBroadcastHasMoments looks for the crowd's voice in a short evening: goals
// bring at least twice the usual, nothing is played between the halves.
func TestBroadcastHasMoments(t *testing.T) {
	const length = 10 * time.Minute
	b := newBroadcast(rand.New(rand.NewPCG(3, 0)), length)
	found := map[string]int{}
	chats := make([]int, int(length.Seconds())+10)
	for _, beat := range b.beats() {
		if beat.room == chatRoom {
			chats[int(beat.at.Seconds())]++
			continue
		}
		var m struct{ Type, Detail string }
		if err := json.Unmarshal(append(append([]byte{'{'}, beat.members...), '}'), &m); err != nil {
			t.Fatal(err)
		}
		if m.Detail != "" {
			found[m.Detail]++
		} else if !b.playing(beat.at.Truncate(time.Second)) {
			t.Errorf("%s at %s, when nobody plays", m.Type, beat.at)
		}
	}
	if found["KICK OFF"] != 2 || found["HALF TIME"] != 1 || found["FULL TIME"] != 1 || found["GOAL"] != 2 {
		t.Errorf("moments %v", found)
	}
	for _, m := range b.moments {
		const goal = 20
		if s := int(m.at.Seconds()); m.excess > goal && chats[s+1]+chats[s+2] < 2*25 {
			t.Errorf("%d and %d messages in the seconds after the goal at %s", chats[s+1], chats[s+2], m.at)
		}
	}
}

func TestSameSeedSameBroadcast(t *testing.T) {
	play := func(seed uint64) []beat {
		return newBroadcast(rand.New(rand.NewPCG(seed, 0)), time.Minute).beats()
	}
	same := func(x, y beat) bool { return x.at == y.at && bytes.Equal(x.members, y.members) }
	if !slices.EqualFunc(play(7), play(7), same) {
		t.Error("two broadcasts of one seed differ")
	}
	if slices.EqualFunc(play(7), play(8), same) {
		t.Error("two broadcasts of different seeds are the same")
	}
}
