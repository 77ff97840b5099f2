package load

import (
	"math/rand/v2"
	"time"

	"grandstand/bench/stats"
)

// Storm says how everybody goes at once and comes back.
type Storm struct {
	Abrupt bool          // gone without a close frame, as when a network fails
	Resume bool          // back with their cursors, where the transport has them
	Spread time.Duration // over which they come back at random, 0: all at once
	Retry  time.Duration // pause before another attempt, after one that failed
	Within time.Duration // after which nobody tries any more, 0: never
}

// Aftermath is how a storm went so far.
type Aftermath struct {
	Cut       int64 // viewers that went
	Away      int64 // of those, not yet back in all their rooms
	Retries   int64 // attempts that failed
	Recovered int64 // rooms that went on where they were
	Refused   int64 // rooms that the server could not continue, and said so
	Back      *stats.Latency
}

// stormy is the part of a storm that one loop's viewers have, as its Script.
// Viewers that were never in stay out of it.
type stormy struct {
	cfg   Storm
	cut   int64 // when all went
	rng   *rand.Rand
	due   []int64 // by viewer: when it dials, 0 while it is connected or never was
	away  []int32 // viewers that are not back
	after Aftermath
	back  stats.Latency
}

// Storm ends all connections at once and lets the viewers come back. It returns
// when the last is cut.
func (f *Fleet) Storm(s Storm) {
	f.Each(func(l *Loop) {
		w := &stormy{
			cfg: s, cut: l.clock.Now(), due: make([]int64, len(l.conns)),
			rng: rand.New(rand.NewPCG(l.cfg.Seed, uint64(l.first)+1<<33)),
		}
		l.ramp.left = 0
		l.SetScript(w)
		for ci := range l.conns {
			if l.conns[ci].state == stateIdle {
				continue
			}
			l.Hangup(ci, s.Abrupt)
			w.due[ci] = w.cut
			if s.Spread > 0 {
				w.due[ci] += w.rng.Int64N(int64(s.Spread))
			}
			w.away = append(w.away, int32(ci))
		}
		w.after.Cut = int64(len(w.away))
	})
}

// Aftermath adds up how the last storm went so far. Without one it is empty.
func (f *Fleet) Aftermath() Aftermath {
	sum := Aftermath{Back: new(stats.Latency)}
	f.Each(func(l *Loop) {
		w, ok := l.script.(*stormy)
		if !ok {
			return
		}
		sum.Cut += w.after.Cut
		sum.Away += int64(len(w.away))
		sum.Retries += w.after.Retries
		sum.Recovered += w.after.Recovered
		sum.Refused += w.after.Refused
		sum.Back.Merge(&w.back)
	})
	return sum
}

// Tick dials who is due and notes who is back. Back is who is in all rooms; the
// time counts from the cut, whatever held the viewer up.
func (w *stormy) Tick(l *Loop, now int64) {
	given := w.cfg.Within > 0 && now-w.cut > int64(w.cfg.Within)
	left := w.away[:0]
	for _, ci := range w.away {
		switch c := &l.conns[ci]; {
		case c.state == stateOpen && c.awaits == 0:
			w.back.Record(now - w.cut)
			w.due[ci] = 0
			continue
		case c.state == stateIdle && now >= w.due[ci] && !given && l.ramp.pending < maxPending:
			w.dial(l, int(ci))
		}
		left = append(left, ci)
	}
	w.away = left
}

// dial brings one viewer back.
func (w *stormy) dial(l *Loop, ci int) {
	since, rooms := "", l.rooms(ci)
	if w.cfg.Resume {
		since = l.Since(ci)
	}
	if since == "" { // it begins anew, and what came meanwhile is nobody's
		l.Forget(ci)
	}
	l.Dial(ci, rooms, since)
}

// Message counts answers to a cursor.
func (w *stormy) Message(l *Loop, ci int, m *Message) {
	if m.Type != "joined" || l.conns[ci].flags&flagSince == 0 {
		return
	}
	if m.Recovered {
		w.after.Recovered++
	} else {
		w.after.Refused++
	}
}

// Closed lets who failed to come back try again, as clients do: after a while
// that isn't the same for all.
func (w *stormy) Closed(l *Loop, ci int, how Ending) {
	if how.Clean {
		return
	}
	if w.due[ci] == 0 {
		w.away = append(w.away, int32(ci)) // it was back, and is ended again
	} else {
		w.after.Retries++
	}
	pause := max(int64(w.cfg.Retry), 1)
	w.due[ci] = l.now + pause/2 + w.rng.Int64N(pause)
}

var _ Script = (*stormy)(nil)
