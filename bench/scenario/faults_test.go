package scenario

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
)

// spoiler changes the frames of one viewer: the nth event it is sent.
func spoiler(viewer, nth int, change func(f string) []string) func(int, string) []string {
	var mu sync.Mutex
	seen := 0
	return func(v int, f string) []string {
		if v != viewer || !strings.HasPrefix(f, `{"type":"event"`) {
			return []string{f}
		}
		mu.Lock()
		defer mu.Unlock()
		if seen++; seen != nth {
			return []string{f}
		}
		return change(f)
	}
}

func TestFanoutFindsPlantedFaults(t *testing.T) {
	var held string
	for _, tt := range []struct {
		name  string
		spoil func(int, string) []string
		want  map[string]float64
		clean bool
	}{
		{name: "none", clean: true, want: map[string]float64{"lost": 0, "faults": 0, "loss_percent": 0}},
		{name: "one lost", clean: true, // loss is judged by --max-loss
			spoil: spoiler(3, 5, func(string) []string { return nil }),
			want:  map[string]float64{"lost": 1, "faults": 0, "loss_percent": 1}},
		{name: "the last lost", clean: true,
			spoil: spoiler(3, 20, func(string) []string { return nil }), want: map[string]float64{"lost": 1}},
		{name: "one twice", spoil: spoiler(0, 5, func(f string) []string { return []string{f, f} }),
			want: map[string]float64{"lost": 0, "duplicated": 1, "id_order": 1}},
		{name: "two swapped", spoil: func() func(int, string) []string {
			first := spoiler(4, 7, func(f string) []string { held = f; return nil })
			second := spoiler(4, 7, func(f string) []string { return []string{f, held} })
			return func(v int, f string) []string {
				if out := first(v, f); out == nil {
					return nil
				}
				return second(v, f)
			}
		}(), want: map[string]float64{"lost": 0, "reordered": 1, "id_order": 1}},
		{name: "one cut", spoil: spoiler(1, 9, func(f string) []string { return []string{f[:len(f)-3]} }),
			want: map[string]float64{"lost": 1, "broken": 1}},
		{name: "another room's", spoil: spoiler(1, 9, func(f string) []string {
			return []string{f, strings.Replace(f, `"room":"bench"`, `"room":"other"`, 1)}
		}), want: map[string]float64{"lost": 0, "foreign": 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStage(t, 1<<20, tt.spoil)
			r := mustRun(t, &Fanout{Common: s.common(5), Paced: Paced{
				Rooms: 1, Rate: 200, Size: 64, Duration: 100 * time.Millisecond, Drain: 150 * time.Millisecond, Event: "x",
			}})
			want(t, r, tt.want)
			if clean := len(r.Missed) == 0; clean != tt.clean {
				t.Errorf("missed %q, want a clean run: %t", r.Missed, tt.clean)
			}
		})
	}
}

func TestSlowViewersAreToldExactly(t *testing.T) {
	lie := func(from, to string) func(int, string) []string {
		return func(_ int, f string) []string {
			if strings.HasPrefix(f, `{"type":"gap"`) {
				f = strings.Replace(f, from, to, 1)
			}
			return []string{f}
		}
	}
	for _, tt := range []struct {
		name  string
		spoil func(int, string) []string
		fault string // the figure that must not be 0; empty for a clean run
	}{
		{name: "right"},
		{name: "no notice", spoil: lie(`"type":"gap"`, `"type":"other"`), fault: "lost"},
		// An id a hundred times as large reaches over events that were delivered.
		{name: "bounds too wide", spoil: lie(`"}`, `00"}`), fault: "bad_gaps"},
		{name: "bounds too narrow", spoil: lie(`"from":"e-`, `"from":"e-1`), fault: "lost"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, 20, tt.spoil)
			r := mustRun(t, &Slow{
				Common: s.common(10), Share: 10, Stall: 800 * time.Millisecond, After: 50 * time.Millisecond, RcvBuf: 2048, Catch: 300 * time.Millisecond,
				Paced: Paced{Rooms: 1, Rate: 400, Size: 2048, Duration: time.Second, Drain: 300 * time.Millisecond, Event: "x"},
			})
			if gaps, _ := r.Value("told"); tt.fault == "" && gaps == 0 {
				t.Errorf("nothing was missed: the viewer wasn't slow enough to show anything")
			}
			if tt.fault == "" {
				want(t, r, map[string]float64{"lost": 0, "faults": 0, "ended": 0, "stalled": 1})
				if len(r.Missed) != 0 {
					t.Errorf("missed %q, want nothing", r.Missed)
				}
				return
			}
			if n, _ := r.Value(tt.fault); n == 0 || len(r.Missed) == 0 {
				t.Errorf("%s = %g, missed %q: the lie was not found", tt.fault, n, r.Missed)
			}
		})
	}
}

func TestChurnIsExactlyOnceOrTold(t *testing.T) {
	lose := func(_ int, f string) []string {
		if strings.Contains(f, `"id":"e-77"`) || strings.Contains(f, `"id":"e-133"`) {
			return nil
		}
		return []string{f}
	}
	for _, tt := range []struct {
		name  string
		spoil func(int, string) []string
		clean bool
	}{{name: "right", clean: true}, {name: "two events lost", spoil: lose}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, 40, tt.spoil)
			r := mustRun(t, &Churn{
				Common: s.common(60), Think: 150 * time.Millisecond, Most: 3, Reconnects: 60, Resume: 70,
				Paced: Paced{Rooms: 6, Rate: 150, Size: 64, Duration: 1500 * time.Millisecond, Drain: 400 * time.Millisecond, Event: "x"},
			})
			for _, key := range []string{"joins", "leaves", "stalls", "resumes", "recovered"} {
				if n, _ := r.Value(key); n == 0 {
					t.Errorf("no %s happened", key)
				}
			}
			if clean := len(r.Missed) == 0; clean != tt.clean {
				t.Errorf("missed %q, want a clean run: %t", r.Missed, tt.clean)
			}
			// Viewers are in some of the rooms, and so owed less than all that is published.
			lost, _ := r.Value("lost")
			told, _ := r.Value("told")
			delivered, _ := r.Value("delivered")
			want(t, r, map[string]float64{"loss_percent": 100 * lost / (delivered + lost + told)})
		})
	}
}

func TestPickNeverRepeats(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	rooms := []string{"a", "b", "c", "d"}
	for range 200 {
		got := pick(rng, rooms, 3)
		if len(got) < 1 || len(got) > 3 {
			t.Fatalf("picked %q, want 1 to 3", got)
		}
		for i, r := range got {
			if strings.Contains(strings.Join(got[i+1:], ""), r) {
				t.Fatalf("picked %q twice: %q", r, got)
			}
		}
	}
}
