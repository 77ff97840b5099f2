package scenario

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"
)

// weather is a storm and what must come of it.
type weather struct {
	name, way, how string
	fresh          bool
	keep           int
	spoil          func(int, string) []string
	want           map[string]float64
	missed, told   bool
	clean          bool
}

func TestStormBringsEverybodyBack(t *testing.T) {
	const viewers = 40
	for _, tt := range []weather{
		{name: "websocket, cut", way: "websocket", how: "cut", keep: 1 << 20, clean: true,
			want: map[string]float64{"recovered": 2 * viewers, "missed": 0}},
		{name: "websocket, leave", way: "websocket", how: "leave", keep: 1 << 20, clean: true,
			want: map[string]float64{"recovered": 2 * viewers, "missed": 0}},
		{name: "sse", way: "sse", how: "cut", keep: 1 << 20, clean: true, want: map[string]float64{"recovered": 2 * viewers, "missed": 0}},
		{name: "longpoll", way: "longpoll", how: "cut", keep: 1 << 20, clean: true, want: map[string]float64{"recovered": 2 * viewers, "missed": 0}},
		{name: "as somebody new", way: "websocket", how: "cut", fresh: true, keep: 1 << 20, clean: true, missed: true,
			want: map[string]float64{"recovered": 0, "told": 0}},
		{name: "by Socket.IO, which has no cursor here", way: "socketio", how: "cut", keep: 1 << 20, clean: true, missed: true,
			want: map[string]float64{"recovered": 0, "told": 0}},
		{name: "history too short", way: "websocket", how: "cut", keep: 2, clean: true, missed: true, told: true,
			want: map[string]float64{"lost": 0}},
		{name: "lost on the way back", way: "websocket", how: "cut", keep: 1 << 20,
			spoil: func(v int, f string) []string {
				if v == viewers+3 && strings.Contains(f, `"id":"e-190"`) {
					return nil
				}
				return []string{f}
			},
			want: map[string]float64{"lost": 1}, missed: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.check(t, viewers)
		})
	}
}

// check has a storm and looks at the report.
func (tt *weather) check(t *testing.T, viewers int) {
	s := newStage(t, tt.keep, tt.spoil)
	c := s.common(viewers)
	if c.Transport = tt.way; tt.way == "socketio" {
		c.Namespace = "/arena"
	}
	spread := 100 * time.Millisecond
	r := mustRun(t, &Storm{
		Common: c, Paced: Paced{Rooms: 2, Rate: 200, Size: 64, Duration: time.Second, Drain: 300 * time.Millisecond, Event: "x"},
		How: tt.how, Fresh: tt.fresh, After: 200 * time.Millisecond, Spread: spread, Retry: 50 * time.Millisecond, Within: 5 * time.Second,
	})
	want(t, r, map[string]float64{"cut": float64(viewers), "away": 0, "faults": 0, "ended": 0})
	for key, v := range tt.want {
		if got, _ := r.Value(key); got != v {
			t.Errorf("%s = %g, want %g", key, got, v)
		}
	}
	if most, _ := r.Value("back_max_ms"); most <= 0 || most > 3000 {
		t.Errorf("all back after %g ms, want what the spread of %s takes and a little", most, spread)
	}
	if n, _ := r.Value("missed"); (n > 0) != tt.missed {
		t.Errorf("%g deliveries missed, want some: %t", n, tt.missed)
	}
	if n, _ := r.Value("not_recovered"); (n > 0) != tt.told {
		t.Errorf("%g rooms told not recovered, want some: %t", n, tt.told)
	}
	if clean := len(r.Missed) == 0; clean != tt.clean {
		t.Errorf("missed %q, want a clean run: %t", r.Missed, tt.clean)
	}
}

// TestStormFindsWhoIsForgotten has a server that lets a viewer back in and sends
// it nothing any more, by a transport that has no cursors.
func TestStormFindsWhoIsForgotten(t *testing.T) {
	t.Parallel()
	const viewers = 5
	s := newStage(t, 1<<20, func(v int, f string) []string {
		if v == viewers+3 {
			return nil
		}
		return []string{f}
	})
	c := s.common(viewers)
	c.Transport, c.Namespace = "socketio", "/arena"
	r := mustRun(t, &Storm{
		Common: c, Paced: Paced{Rooms: 2, Rate: 50, Size: 64, Duration: 1500 * time.Millisecond, Drain: 100 * time.Millisecond, Event: "x"},
		How: "cut", After: 100 * time.Millisecond, Retry: 50 * time.Millisecond, Within: 5 * time.Second,
	})
	want(t, r, map[string]float64{"cut": viewers, "away": 0, "silent": 1, "lost": 0, "faults": 0})
	if len(r.Missed) != 1 || r.Missed[0] != "1 viewers were in a room and got nothing" {
		t.Errorf("missed %q", r.Missed)
	}
}

func TestStormThatIsNotOverInTime(t *testing.T) {
	s := newStage(t, 1<<20, nil)
	r := mustRun(t, &Storm{Common: s.common(10), Paced: Paced{Rooms: 1, Rate: 50, Size: 64, Duration: 300 * time.Millisecond, Drain: 100 * time.Millisecond},
		How: "cut", Spread: 20 * time.Second, Retry: time.Second, Within: 100 * time.Millisecond})
	if away, _ := r.Value("away"); away == 0 || len(r.Missed) == 0 {
		t.Errorf("%g away, missed %q: want that some are not back", away, r.Missed)
	}
}

// TestInterruptedStormMissesNobody: who is not back yet was not waited for.
func TestInterruptedStormMissesNobody(t *testing.T) {
	c := newStage(t, 1<<20, nil).common(10)
	c.Quiet = false
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r, err := (&Storm{Common: c, Paced: Paced{Rooms: 1, Rate: 50, Size: 64, Duration: time.Hour, Drain: 100 * time.Millisecond},
		How: "cut", Spread: time.Hour, Retry: time.Second, Within: time.Hour}).Run(ctx, Env{Out: io.Discard, Err: heard{"everybody is gone\n", cancel}})
	if err != nil {
		t.Fatal(err)
	}
	if away, _ := r.Value("away"); away == 0 || len(r.Missed) != 0 || !strings.Contains(strings.Join(r.Notes, " "), "of 10 viewers were not back yet") {
		t.Errorf("%g away, missed %q, notes %q", away, r.Missed, r.Notes)
	}
}
