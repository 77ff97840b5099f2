package transport

import (
	"net/netip"
	"testing"
	"time"
)

func TestTally(t *testing.T) {
	var names tally[string]
	for i, want := range []bool{true, true, false} {
		if got := names.take("a", 2); got != want {
			t.Errorf("take %d = %v, want %v", i, got, want)
		}
	}
	names.drop("a")
	if !names.take("a", 2) || !names.take("b", 2) {
		t.Error("what was dropped cannot be taken again")
	}
	for range 2 {
		names.drop("a")
	}
	names.drop("b")
	if n := len(names.n); n != 0 {
		t.Errorf("%d entries are left, want none", n)
	}
}

// TestAddresses: one client has all of an IPv6 /64, and without a limit nothing
// is counted.
func TestAddresses(t *testing.T) {
	var all addresses
	a, b, other := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2"), netip.MustParseAddr("2001:db8:0:1::1")
	if !all.take(a, 1) || all.take(b, 1) || !all.take(other, 1) {
		t.Error("addresses are not counted by /64")
	}
	all.drop(a, 1)
	if !all.take(b, 1) {
		t.Error("the /64 is not free again")
	}
	var none addresses
	for range 3 {
		if !none.take(a, 0) {
			t.Error("refused without a limit")
		}
	}
	if len(none.n) != 0 {
		t.Errorf("counted %v without a limit", none.n)
	}
}

// TestPace: pollers are asked to come as seldom as the rate wants, within
// bounds, and as often as before once they are few.
func TestPace(t *testing.T) {
	cfg := &PollConfig{Interval: time.Second, MaxInterval: 30 * time.Second, Rate: 100}
	var p pace
	now := uint32(5000)
	second := func(polls int) time.Duration {
		var last time.Duration
		for range polls {
			last = p.next(now, cfg)
		}
		now += 1000
		return last
	}
	second(50)
	if got := second(50); got != time.Second {
		t.Errorf("under the rate: %v, want 1s", got)
	}
	// From a quarter less to a quarter more, for they are not to come together.
	about := func(what string, got, want time.Duration) {
		if got < want*3/4 || got > want*5/4 {
			t.Errorf("%s: %v, want about %v", what, got, want)
		}
	}
	second(400)
	about("at four times the rate", second(400), 4*time.Second)
	about("when they still came at four times the rate", second(100), 16*time.Second)
	second(100000)
	about("far over the rate", second(100000), 30*time.Second)
	for range 8 {
		second(1)
	}
	if got := second(1); got != time.Second {
		t.Errorf("when they are few again: %v, want 1s", got)
	}
}
