package scenario

import (
	"context"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// refuses is a control port that takes no events.
func refuses(t *testing.T) string {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "full", http.StatusServiceUnavailable) }))
	t.Cleanup(web.Close)
	return web.URL
}

// TestRunsThatAreNotCarriedOut: what can't work is told before it runs, and what
// doesn't work ends the run, however long it was to last.
func TestRunsThatAreNotCarriedOut(t *testing.T) {
	env := Env{Out: io.Discard, Err: io.Discard}
	good := bare(t, 1, 5)
	paced := Paced{Rooms: 1, Rate: 10, Size: 64, Duration: time.Second}
	with := func(change func(c *Common)) Common { c := good; change(&c); return c }
	for _, tt := range []struct {
		name string
		run  func(ctx context.Context) error
		want string
	}{
		{"a rate without end", func(ctx context.Context) error {
			_, err := (&Fanout{Common: good, Paced: Paced{Rooms: 1, Rate: math.Inf(1), Size: 64, Duration: time.Second}}).Run(ctx, env)
			return err
		}, "want a rate above 0"},
		{"a rate that is no number", func(ctx context.Context) error {
			_, err := (&Fanout{Common: good, Paced: Paced{Rooms: 1, Rate: math.NaN(), Size: 64, Duration: time.Second}}).Run(ctx, env)
			return err
		}, "want a rate above 0"},
		{"a process that is not there, before anything is opened", func(ctx context.Context) error {
			_, err := (&Fanout{Common: with(func(c *Common) { c.PID, c.URL = 1<<23, "ws://127.0.0.1:1/" }), Paced: paced}).Run(ctx, env)
			return err
		}, "process 8388608"},
		{"saturate without a publisher", func(ctx context.Context) error {
			_, err := (&Saturate{Common: with(func(c *Common) { c.Publish = "none" }), Rooms: 1, Window: 1, Size: 64, Duration: time.Second}).Run(ctx, env)
			return err
		}, "--publish none"},
		{"saturate where publishing fails", func(ctx context.Context) error {
			_, err := (&Saturate{Common: with(func(c *Common) { c.Publish = refuses(t) }), Rooms: 1, Window: 1, Size: 64, Duration: time.Hour, Warmup: time.Hour}).Run(ctx, env)
			return err
		}, "status 503"},
		{"pings of another protocol", func(ctx context.Context) error {
			_, err := (&Echo{Common: with(func(c *Common) { c.Driver.Driver = "websocket" }), Duration: time.Second}).Run(ctx, env)
			return err
		}, "echo --driver websocket"},
		{"joins of another protocol", func(ctx context.Context) error {
			_, err := (&Churn{Common: with(func(c *Common) { c.Driver.Driver = "websocket" }), Paced: paced, Most: 1, Think: time.Second}).Run(ctx, env)
			return err
		}, "use --think 0s"},
		{"nobody is slow", func(ctx context.Context) error {
			_, err := (&Slow{Common: good, Paced: paced, Share: 1, Stall: time.Second}).Run(ctx, env)
			return err
		}, "want --share 20 or more"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if err := tt.run(ctx); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}
