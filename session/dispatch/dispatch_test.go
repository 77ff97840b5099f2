package dispatch

import (
	"log/slog"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// Importing ants starts two goroutines, which end with the first pool.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m, goleak.IgnoreCurrent()) }

// deadline is how long a test waits for what must happen.
const deadline = 10 * time.Second

// pool starts a pool that ends with the test.
func pool(t testing.TB, workers, waiting int) *Pool {
	t.Helper()
	p, err := NewPool(Config{Workers: workers, MaxWaiting: waiting}, 1, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(deadline); err != nil {
			t.Error(err)
		}
	})
	return p
}

// wait fails the test unless done is closed in time.
func wait(t testing.TB, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(deadline):
		t.Fatalf("waited %v for %s", deadline, what)
	}
}

// until waits for a condition that no channel tells of.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	end := time.After(deadline)
	for !ok() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("waited %v for %s", deadline, what)
		}
	}
}
