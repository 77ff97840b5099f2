package scenario

import (
	"context"
	"testing"
	"time"

	"grandstand/bench/goroutines"
)

// TestTheServerOfGoroutines holds the third server to what the others are held to.
func TestTheServerOfGoroutines(t *testing.T) {
	s, err := goroutines.New(goroutines.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { // stops: cancel
		_, err := s.Run(ctx)
		done <- err
	}()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	}()
	common := func(way string) Common {
		return Common{
			URL: "ws://" + s.Addr() + "/live/ws", Publish: "http://" + s.Control(), Room: "of " + way,
			Transport: way, Viewers: 30, Loops: 1, Sources: 4, Seed: 1, Quiet: true,
		}
	}
	paced := Paced{Rooms: 1, Rate: 200, Size: 64, Duration: 200 * time.Millisecond, Drain: 200 * time.Millisecond, Event: "x"}
	for _, way := range []string{"websocket", "longpoll"} {
		r := mustRun(t, &Fanout{Common: common(way), Paced: paced})
		want(t, r, map[string]float64{"delivered": 30 * 40, "lost": 0, "faults": 0, "ended": 0})
	}
	c := common("websocket")
	c.Room = "echo"
	want(t, mustRun(t, &Echo{Common: c, Duration: 100 * time.Millisecond}), map[string]float64{"unanswered": 0, "faults": 0})
	for _, way := range []string{"websocket", "longpoll"} {
		c := common(way)
		c.Room = "storm of " + way
		r := mustRun(t, &Storm{Common: c, Paced: paced, After: 250 * time.Millisecond, Retry: 50 * time.Millisecond, Within: 5 * time.Second})
		want(t, r, map[string]float64{"cut": 30, "away": 0, "recovered": 30, "missed": 0, "lost": 0, "faults": 0})
	}
}
