package scenario

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// Replay plays a broadcast in real time to an audience: what happens on the
// field and what the viewers chat.
type Replay struct {
	Common   `embed:""`
	Trace    string        `help:"What happened, CSV of ms,room,event,data (or one of the two below); its rooms are the rooms." placeholder:"FILE" group:"Load"`
	Chat     string        `help:"Chat, CSV of ms,author,bytes; a match with its chat is invented when no file is given." placeholder:"FILE" group:"Load"`
	Match    string        `help:"Match events, CSV of ms,team,type,subtype,from,to." placeholder:"FILE" group:"Load"`
	Rooms    int           `help:"1: match and chat share a room; 2: the chat has its own, which every viewer is in as well." default:"1" group:"Load" least:"1"`
	From     time.Duration `help:"Where in the broadcast to begin." default:"0s" group:"Load" least:"0"`
	Duration time.Duration `short:"d" help:"How much of the broadcast to play; 0 is all of a trace." default:"60s" group:"Load" least:"0"`
	Speed    float64       `help:"How many times faster than real time." default:"1" group:"Load" above:"0"`
	Drain    time.Duration `help:"How long nothing may arrive at the end before what is missing is lost." default:"5s" group:"Load"`
}

// Run carries the scenario out.
func (s *Replay) Run(ctx context.Context, env Env) (*stats.Report, error) {
	beats, rooms, err := s.beats()
	if err != nil {
		return nil, err
	}
	r, err := start(ctx, "replay", &s.Common, env, load.Config{Rooms: rooms})
	if err != nil {
		return nil, err
	}
	defer r.close()
	if err := r.open(ctx); err != nil {
		return r.early(ctx, err)
	}
	length := time.Duration(float64(beats[len(beats)-1].at) / s.Speed).Round(time.Second)
	r.say("playing %d events in %s to %d viewers", len(beats), length, s.Viewers)
	w := new(window)
	if w.from, err = r.usage(); err != nil { // which may take its time, so nothing is due yet
		return nil, err
	}
	begin := r.clock.Now() + int64(100*time.Millisecond)
	r.fleet.Measure(begin)
	if err := r.publish(ctx, s.source(beats, len(rooms), begin)); err != nil && !errors.Is(err, context.Canceled) {
		return nil, err
	}
	if err := r.books(ctx, w, s.Drain, load.Everyone); err != nil {
		return nil, err
	}
	if err := r.addPaced(w, float64(len(beats))/max(length.Seconds(), 1)); err != nil {
		return nil, err
	}
	return r.finish(), nil
}

// beats loads or invents the broadcast, and names its rooms.
func (s *Replay) beats() ([]beat, []string, error) {
	if s.Rooms < 1 || s.Rooms > 2 || !positive(s.Speed) {
		return nil, nil, fmt.Errorf("rooms %d, speed %g: want 1 or 2 rooms and a speed above 0", s.Rooms, s.Speed)
	}
	rooms := []string{s.Room}
	if s.Rooms == 2 {
		rooms = []string{s.Room, s.Room + ":chat"}
	}
	rng := rand.New(rand.NewPCG(s.Seed, 0))
	t := &trace{talk: &talk{rng: rng}}
	var beats []beat
	for _, in := range []struct {
		what, file string
		kinds      []string
	}{
		{"trace", s.Trace, []string{eventColumns, chatColumns, matchColumns}},
		{"chat trace", s.Chat, []string{chatColumns}},
		{"match events", s.Match, []string{matchColumns}},
	} {
		if in.file == "" {
			continue
		}
		b, err := t.read(in.file, in.kinds...)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", in.what, err)
		}
		beats = append(beats, b...)
	}
	switch {
	case t.rooms != nil && (s.Chat != "" || s.Match != ""):
		return nil, nil, fmt.Errorf("trace %s names its own rooms: --chat and --match can't be played beside it", s.Trace)
	case t.rooms != nil:
		rooms = t.rooms
	case beats == nil && s.Duration <= 0:
		return nil, nil, errors.New("duration 0: an invented broadcast needs a length")
	case beats == nil:
		beats = newBroadcast(rng, s.From+s.Duration).beats()
	}
	if beats = arrange(beats, s.From, s.Duration); len(beats) == 0 {
		return nil, nil, fmt.Errorf("nothing happens in %s from %s on", s.Duration, s.From)
	}
	return beats, rooms, nil
}

// source turns beats into drafts.
func (s *Replay) source(beats []beat, rooms int, begin int64) load.Source {
	k := 0
	return func() (load.Draft, bool) {
		if k >= len(beats) {
			return load.Draft{}, false
		}
		b := &beats[k]
		k++
		return load.Draft{
			Room: min(b.room, rooms-1), Event: b.event, Members: b.members,
			Due: begin + int64(float64(b.at)/s.Speed),
		}, true
	}
}
