package room

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// eventAt is an event of a size, committed some seconds after the start.
func eventAt(id uint64, second int, data int) Event {
	return Event{ID: id, Time: time.Unix(int64(second), 0), Name: "e", Data: make([]byte, data)}
}

func TestHistoryTrim(t *testing.T) {
	const one = overhead + 1 + 100 // size of an event with 100 bytes of data
	tests := []struct {
		name    string
		cfg     Config
		push    []Event
		now     int // seconds
		want    []uint64
		trimmed uint64
	}{
		{name: "empty", cfg: Config{History: 1, HistoryBytes: 1, HistoryAge: time.Second}, now: 100},
		{name: "below every limit", cfg: Config{History: 3, HistoryBytes: 3 * one, HistoryAge: time.Minute},
			push: []Event{eventAt(1, 0, 100), eventAt(2, 1, 100), eventAt(3, 2, 100)}, now: 2, want: []uint64{1, 2, 3}},
		{name: "count", cfg: Config{History: 2, HistoryBytes: 1 << 20, HistoryAge: time.Minute},
			push: []Event{eventAt(4, 0, 0), eventAt(7, 0, 0), eventAt(9, 0, 0)}, want: []uint64{7, 9}, trimmed: 4},
		{name: "bytes", cfg: Config{History: 9, HistoryBytes: 2*one - 1, HistoryAge: time.Minute},
			push: []Event{eventAt(1, 0, 100), eventAt(2, 0, 100), eventAt(3, 0, 100)}, want: []uint64{3}, trimmed: 2},
		{name: "one event over the bytes stays", cfg: Config{History: 9, HistoryBytes: 1024, HistoryAge: time.Minute},
			push: []Event{eventAt(1, 0, 100), eventAt(2, 0, 5000)}, want: []uint64{2}, trimmed: 1},
		{name: "exactly the age stays", cfg: Config{History: 9, HistoryBytes: 1 << 20, HistoryAge: 10 * time.Second},
			push: []Event{eventAt(1, 0, 0), eventAt(2, 5, 0)}, now: 10, want: []uint64{1, 2}},
		{name: "age", cfg: Config{History: 9, HistoryBytes: 1 << 20, HistoryAge: 10 * time.Second},
			push: []Event{eventAt(1, 0, 0), eventAt(2, 5, 0)}, now: 11, want: []uint64{2}, trimmed: 1},
		{name: "age takes the last one too", cfg: Config{History: 9, HistoryBytes: 1 << 20, HistoryAge: 10 * time.Second},
			push: []Event{eventAt(1, 0, 0), eventAt(8, 5, 0)}, now: 16, trimmed: 8},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var h history
			for _, e := range tt.push {
				h.push(e)
			}
			h.trim(&tt.cfg, time.Unix(int64(tt.now), 0))
			var got []uint64
			bytes := 0
			for i := range h.n {
				got = append(got, h.at(i).ID)
				bytes += h.at(i).size()
			}
			if fmt.Sprint(got) != fmt.Sprint(tt.want) || h.trimmed != tt.trimmed {
				t.Errorf("kept %v, trimmed %d, want %v, %d", got, h.trimmed, tt.want, tt.trimmed)
			}
			if h.bytes != bytes {
				t.Errorf("bytes = %d, want %d", h.bytes, bytes)
			}
		})
	}
}

// TestHistoryRing compares the ring with a plain slice over many pushes and
// trims: growing, wrapping and shrinking lose and reorder nothing.
func TestHistoryRing(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var h history
	var model []uint64
	trimmed, id, wide := uint64(0), uint64(0), 0
	cfg := Config{History: 1, HistoryBytes: 1 << 30, HistoryAge: time.Hour}
	for step := range 5000 {
		if rng.IntN(200) == 0 {
			cfg.History = 1 + rng.IntN(500)
		}
		id += 1 + uint64(rng.IntN(3))
		h.push(eventAt(id, 0, rng.IntN(9)))
		h.trim(&cfg, time.Unix(0, 0))
		model = append(model, id)
		for len(model) > cfg.History {
			trimmed, model = model[0], model[1:]
		}
		if h.n != len(model) || h.trimmed != trimmed {
			t.Fatalf("step %d: n = %d, trimmed = %d, want %d, %d", step, h.n, h.trimmed, len(model), trimmed)
		}
		for range 4 {
			at := uint64(rng.IntN(int(id) + 2))
			want := 0
			for want < len(model) && model[want] <= at {
				want++
			}
			if got := h.after(at); got != want {
				t.Fatalf("step %d: after(%d) = %d, want %d", step, at, got, want)
			}
		}
		if i := rng.IntN(h.n); h.at(i).ID != model[i] {
			t.Fatalf("step %d: at(%d) = %d, want %d", step, i, h.at(i).ID, model[i])
		}
		if wide++; len(h.ring) <= 64 || len(h.ring) <= 4*h.n {
			wide = 0
		} else if wide > 5 { // it halves with each trim
			t.Fatalf("step %d: ring of %d for %d events", step, len(h.ring), h.n)
		}
	}
}

// TestHistoryLetsGo: what is dropped is not kept alive by the ring.
func TestHistoryLetsGo(t *testing.T) {
	cfg := Config{History: 2, HistoryBytes: 1 << 20, HistoryAge: time.Hour}
	var h history
	for id := range uint64(100) {
		h.push(eventAt(id+1, 0, 10))
		h.trim(&cfg, time.Unix(0, 0))
	}
	held := 0
	for _, e := range h.ring {
		if e.Data != nil {
			held++
		}
	}
	if held != 2 {
		t.Errorf("ring holds the data of %d events, want 2", held)
	}
	h.trim(&cfg, time.Unix(7200, 0))
	if h.ring != nil || h.n != 0 || h.bytes != 0 || h.trimmed != 100 {
		t.Errorf("after all are too old: %d in a ring of %d, %d bytes, trimmed %d, want nothing and 100", h.n, len(h.ring), h.bytes, h.trimmed)
	}
}

func TestRoomReading(t *testing.T) {
	st := newStage(t, 1, DefaultShardConfig())
	cfg := DefaultConfig()
	cfg.History = 4
	r := st.room("lobby", cfg)
	for range 6 {
		st.publish("x", r)
	}
	tests := []struct {
		name       string
		from, upto uint64
		limit      int
		want       string
		all        bool
	}{
		{name: "all kept", from: 2, upto: 99, limit: 9, want: "[3 4 5 6]", all: true},
		{name: "from before the oldest", from: 1, upto: 99, limit: 9, want: "[3 4 5 6]"},
		{name: "limit", from: 2, upto: 99, limit: 2, want: "[3 4]"},
		{name: "limit just enough", from: 4, upto: 99, limit: 2, want: "[5 6]", all: true},
		{name: "bound", from: 2, upto: 4, limit: 9, want: "[3 4]", all: true},
		{name: "at the head", from: 6, upto: 99, limit: 9, want: "[]", all: true},
		{name: "none wanted, some there", from: 5, upto: 99, want: "[]"},
	}
	for _, tt := range tests {
		events, all := r.After(tt.from, tt.upto, tt.limit)
		ids := make([]uint64, 0, len(events))
		for _, e := range events {
			ids = append(ids, e.ID)
		}
		if fmt.Sprint(ids) != tt.want || all != tt.all {
			t.Errorf("%s: After(%d, %d, %d) = %v, %v, want %s, %v", tt.name, tt.from, tt.upto, tt.limit, ids, all, tt.want, tt.all)
		}
	}
	if events, bytes := r.Kept(); events != 4 || bytes != 4*(overhead+4) {
		t.Errorf("Kept() = %d, %d, want 4, %d", events, bytes, 4*(overhead+4))
	}
	if r.Head() != 6 || r.Trimmed() != 2 || r.Name() != "lobby" || r.Config().History != 4 {
		t.Errorf("head %d, trimmed %d, name %q, history %d", r.Head(), r.Trimmed(), r.Name(), r.Config().History)
	}
}
