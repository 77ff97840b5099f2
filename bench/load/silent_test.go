package load

import (
	"testing"
	"time"
)

// TestSilentViewers counts who came late, was there when events were published,
// and got none.
func TestSilentViewers(t *testing.T) {
	const second = int64(time.Second)
	for _, tt := range []struct {
		name string
		last []int64 // by room
		do   func(l *Loop)
		want int64
	}{
		{name: "nothing was published", last: []int64{0, 0}},
		{name: "nothing since they came", last: []int64{10 * second, 9 * second}},
		{name: "on its way when they came", last: []int64{10*second + 1, 11 * second}},
		{name: "nothing came", last: []int64{10 * second, 12 * second}, want: 2},
		{name: "an event came", last: []int64{0, 12 * second}, do: func(l *Loop) { l.k.event(0, 0, &event{room: 1, seq: 7}) }, want: 1},
		{name: "the server says where a room begins", last: []int64{0, 12 * second}, do: func(l *Loop) { l.k.join(0, 1, 4, false) }, want: 1},
		{name: "one isn't in yet", last: []int64{0, 12 * second}, do: func(l *Loop) { l.conns[1].awaits = 1 }, want: 1},
		{name: "one is gone", last: []int64{0, 12 * second}, do: func(l *Loop) { l.conns[1].state = stateIdle }, want: 1},
		{name: "one came later", last: []int64{0, 12 * second}, do: func(l *Loop) { l.conns[1].began = 12 * second }, want: 1},
		{name: "one left", last: []int64{0, 12 * second}, do: func(l *Loop) { l.Forget(1) }, want: 1},
	} {
		l := testLoop(t, 2, "a", "b")
		for ci := range l.conns {
			l.conns[ci].began = 10 * second
			for room := range 2 {
				l.k.enter(ci, room, false)
			}
		}
		if tt.do != nil {
			tt.do(l)
		}
		if got := l.silentOf(tt.last, Connected); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}
