package scenario

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

func TestCapacitySearch(t *testing.T) {
	for _, tt := range []struct {
		name             string
		holds, most      int
		viewers, bad     int
		probes           int
		steps            []int
		wantWhy, wantErr string
	}{
		{name: "all", holds: 5000, most: 1000, steps: []int{1000, 100, 2000}, viewers: 1000, probes: 2},
		{name: "none", holds: 0, most: 100, steps: []int{64}, viewers: 0, bad: 1, probes: 7, wantWhy: "too many"},
		{name: "between", holds: 300, most: 19000, steps: []int{100, 200, 400, 800}, viewers: 300, bad: 306, probes: 8, wantWhy: "too many"},
		{name: "refused", holds: 0, most: 100, steps: []int{64}, probes: 7, wantErr: "status 404"},
		{name: "refused later", holds: 64, most: 100, steps: []int{64}, viewers: 64, bad: 65, probes: 7, wantWhy: "status 404"},
		{name: "not carried out", holds: -1, most: 100, steps: []int{100}, probes: 1, wantErr: "no server"},
	} {
		s := &Capacity{Common: Common{Viewers: tt.most}, Steps: tt.steps}
		probes := 0
		got, err := s.search(context.Background(), func(n int) (*served, error) {
			probes++
			switch {
			case tt.holds < 0:
				return nil, errors.New("no server")
			case n > tt.holds && strings.HasPrefix(tt.name, "refused"):
				return &served{viewers: n, why: "status 404", err: errors.New("status 404")}, nil
			case n > tt.holds:
				return &served{viewers: n, why: "too many"}, nil
			}
			return &served{viewers: n, p99: float64(n)}, nil
		})
		if tt.wantErr != "" {
			if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
				t.Errorf("%s: error %v, want %q", tt.name, err, tt.wantErr)
			}
			continue
		}
		if err != nil || got.viewers != tt.viewers || got.p99 != float64(tt.viewers) || got.bad != tt.bad || got.why != tt.wantWhy || probes != tt.probes {
			t.Errorf("%s: %+v after %d probes, %v, want %d, not %d, after %d", tt.name, got, probes, err, tt.viewers, tt.bad, tt.probes)
		}
	}
}

func TestServedIsWhoGotAllInTime(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    load.Counters
		p99  float64
		want string
	}{
		{name: "served", p99: 999},
		{name: "late", p99: 1000, want: "p99 1,000 ms"},
		{name: "nothing came, nothing is owed", want: "nothing delivered"},
		{name: "lost", c: load.Counters{Lost: 3}, want: "3 deliveries lost"},
		{name: "faults", c: load.Counters{Faults: load.Faults{Broken: 1}}, want: "1 faults"},
		{name: "ended", c: load.Counters{Ended: 2}, want: "2 viewers ended"},
		{name: "refused", c: load.Counters{Refused: 2}, want: "2 polls refused"},
	} {
		w := &window{counters: tt.c, latency: stats.Summary{P99: tt.p99}}
		if tt.p99 > 0 {
			w.latency.Count = 1
		}
		w.from.own.At, w.to.own.At = time.Unix(0, 0), time.Unix(10, 0)
		w.to.server.CPU, w.to.server.RSS, w.to.server.Threads = 5*time.Second, 3e6, 7
		s := &served{viewers: 9}
		if s.judge(w, time.Second); s.why != tt.want || s.cpu != 50 || s.rss != 3e6 || s.threads != 7 {
			t.Errorf("%s: %+v, want %q", tt.name, s, tt.want)
		}
		if got := s.progress(); !strings.Contains(got, "9 viewers: ") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: progress %q", tt.name, got)
		}
	}
}

func TestServerThatCannotBeReadAnyMoreServesNobody(t *testing.T) {
	w := &window{latency: stats.Summary{P99: 1, Count: 1}}
	w.from.own.At, w.to.own.At, w.to.unread = time.Unix(0, 0), time.Unix(10, 0), errors.New("it has ended")
	s := &served{viewers: 9}
	if s.judge(w, time.Second); s.why != "it has ended" {
		t.Errorf("%+v, want that it is not served", s)
	}
}

func TestInterruptedSearchKeepsWhatItFound(t *testing.T) {
	for _, tt := range []struct{ last, viewers, bad int }{{100, 0, 0}, {400, 200, 0}, {300, 200, 400}} {
		ctx, cancel := context.WithCancel(t.Context())
		s := &Capacity{Common: Common{Viewers: 19000}, Steps: []int{100, 200, 400}}
		got, err := s.search(ctx, func(n int) (*served, error) {
			if n == tt.last {
				cancel()
				return nil, context.Cause(ctx)
			}
			if n > 350 {
				return &served{viewers: n, why: "too many"}, nil
			}
			return &served{viewers: n}, nil
		})
		cancel()
		if !errors.Is(err, context.Canceled) || got == nil || got.viewers != tt.viewers || got.bad != tt.bad {
			t.Errorf("interrupted at %d: %+v, %v, want %d served, %d not", tt.last, got, err, tt.viewers, tt.bad)
		}
	}
}

func TestCapacityTable(t *testing.T) {
	r := &stats.Report{Scenario: "capacity"}
	r.Note("%s", tableHead)
	(&served{viewers: 300, p99: 12.5, rss: 40e6, threads: 310, cpu: 3.25, bad: 306, why: "open"}).add(r, rival{name: "pool of 300 threads", key: "pool300"})
	(&served{viewers: 19000, p99: 90, rss: 60e6, threads: 6, cpu: 30}).add(r, rival{name: "grandstand", key: "grandstand"})
	var b bytes.Buffer
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"pool of 300 threads         310       300      12.50     40.0      3.2  at 306: open\n", "grandstand                    6     19000         90     60.0     30.0  not tried\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("table lacks %q:\n%s", want, b.String())
		}
	}
	if v, ok := r.Value("pool300_not_served"); !ok || v != 306 {
		t.Errorf("pool300_not_served = %g, %t", v, ok)
	}
}

func TestRivals(t *testing.T) {
	s := &Capacity{Common: Common{URL: "ws://127.0.0.1:81/live/ws", Publish: "http://127.0.0.1:91", Spawn: "./server"}, Threads: []int{50, 0, 300}}
	all, err := s.rivals()
	if err != nil || len(all) != 3 {
		t.Fatalf("rivals %+v, %v, want 3", all, err)
	}
	const flags = " threads --threads 300 --listen 127.0.0.1:81 --control 127.0.0.1:91"
	if all[0].key != "pool50" || !strings.HasSuffix(all[1].command, flags) || all[2].command != "./server" {
		t.Errorf("rivals %+v, want pools of 50 and 300 (%s) and ./server", all, flags)
	}
}

func TestCapacityThatCannotBe(t *testing.T) {
	good := Capacity{Common: Common{URL: "ws://127.0.0.1:1/live/ws", Publish: "http://127.0.0.1:2", Viewers: 10, Quiet: true, Loops: 1},
		Steps: []int{10}, Within: time.Second, Duration: time.Second, Rate: 1, Size: 64}
	with := func(change func(c *Capacity)) *Capacity { c := good; change(&c); return &c }
	for _, tt := range []struct {
		s    *Capacity
		want string
	}{
		{&good, "nothing to measure"},
		{with(func(c *Capacity) { c.Size = 1 }), "want some of each"},
		{with(func(c *Capacity) { c.URL = "x" }), "want ws://"},
		{with(func(c *Capacity) { c.Spawn = "false" }), "grandstand: spawn"},
	} {
		if _, err := tt.s.Run(context.Background(), Env{Out: io.Discard, Err: io.Discard}); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %q", err, tt.want)
		}
	}
}
