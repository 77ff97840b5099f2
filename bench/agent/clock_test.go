package agent

import (
	"errors"
	"testing"
	"time"
)

func TestTheOffsetIsWithinItsError(t *testing.T) {
	for _, tt := range []struct {
		name     string
		offset   time.Duration // what ours is ahead
		out, bak time.Duration // on the way
	}{
		{"the same", 0, 50 * time.Microsecond, 50 * time.Microsecond},
		{"an hour ahead", time.Hour, time.Millisecond, time.Millisecond},
		{"behind, and slow to answer", -time.Minute, time.Millisecond, 30 * time.Millisecond},
		{"slow to be asked", 7 * time.Second, 40 * time.Millisecond, time.Millisecond},
	} {
		now, n := int64(1e15), 0
		got, err := measure(func() int64 { return now }, func() (int64, error) {
			n++
			slower := time.Duration(n%5) * time.Millisecond
			now += int64(tt.out + slower)
			theirs := now - int64(tt.offset)
			now += int64(tt.bak)
			return theirs, nil
		})
		if wrong := (got.Ahead - tt.offset).Abs(); err != nil || wrong > got.Error {
			t.Errorf("%s: %+v, %v, want %s: off by %s, more than it says", tt.name, got, err, tt.offset, wrong)
		}
		if best := (tt.out + tt.bak) / 2; got.Error > best {
			t.Errorf("%s: give or take %s, the fastest answers allow for %s", tt.name, got.Error, best)
		}
	}
	gone := errors.New("gone")
	if _, err := measure(func() int64 { return 0 }, func() (int64, error) { return 0, gone }); !errors.Is(err, gone) {
		t.Errorf("an agent that doesn't answer: %v", err)
	}
}

func TestMachinesAreTheSameOnlyWhenKnown(t *testing.T) {
	if machine() == "" || !sameClock(machine(), machine()) {
		t.Errorf("this machine %q is not itself", machine())
	}
	if sameClock("", "") || sameClock(machine(), "") || sameClock("a", "b") {
		t.Error("machines that nobody knows share a clock")
	}
}
