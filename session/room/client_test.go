package room

import "slices"

// taken is how many bytes the connection has accepted, and what they are.
func (c *client) taken() []byte { return append(slices.Clip(c.sink.out), c.sink.carry...) }

// join posts a join, as a protocol does, with what the model expects of it.
func (c *client) join(r *Room, o Start) {
	name := r.Name()
	r.Pin()
	s := c.sink
	if err := s.shard.Post(func() {
		defer r.Unpin()
		if s != c.sink || s.evicted != "" {
			return
		}
		in := s.m.In(r)
		due, missed := c.due(r, o)
		cursor := s.m.Cursor()
		j := s.join(r, o)
		switch {
		case in != j.Rejoined || in && c.stays[name] == nil:
			c.w.t.Errorf("%s: join of %s: rejoined %v, was in %v", s.name, name, j.Rejoined, in)
		case !in:
			c.stays[name] = c.joined(name, o, j, due, missed, cursor)
		}
		if c.w.roll(3) > 0 {
			s.shard.Visit(&s.m)
			return
		}
		// Not at once: other joins may come before.
		s.shard.Force(func() { s.shard.Visit(&s.m) })
	}); err != nil {
		c.w.t.Fatal(err)
	}
}

// due is the id above which a join is owed everything, and the end of what it
// must be told is gone (0: nothing).
func (c *client) due(r *Room, o Start) (start, missed uint64) {
	now := max(c.w.head.Load(), c.sink.m.Cursor())
	trimmed := r.Trimmed()
	if o.HasSince && !o.Foreign && o.Since <= max(now, r.Head()) {
		if o.Since < trimmed {
			missed = trimmed
		}
		return o.Since, missed
	}
	if o.History > 0 && r.Config().MaxReplay > 0 {
		var kept []uint64
		for _, e := range c.w.log[r.Name()] {
			if e.id > trimmed {
				kept = append(kept, e.id)
			}
		}
		if n := min(o.History, r.Config().MaxReplay); n < len(kept) {
			return append([]uint64{trimmed}, kept...)[len(kept)-n], 0
		}
		return trimmed, 0
	}
	if o.Foreign && o.History == 0 {
		return trimmed, trimmed
	}
	return now, 0
}

// joined checks what a join says and notes what it promises.
func (c *client) joined(name string, o Start, j Joined, due, missed, cursor uint64) *stay {
	t, who := c.w.t, c.sink.name
	st := &stay{room: name, start: due, begin: len(c.taken()), end: -1, replay: map[uint64]bool{}}
	if o.HasSince && !o.Foreign && due == o.Since {
		st.claims = due
	}
	if j.Missed {
		st.gap = [2]uint64{j.GapFrom, j.GapTo}
	}
	if missed > due && (!j.Missed || j.GapFrom != due || j.GapTo < missed) {
		t.Errorf("%s: join of %s at %d: missed %v (%d,%d], want from %d to %d", who, name, due, j.Missed, j.GapFrom, j.GapTo, due, missed)
	}
	if j.Recovered && (j.Missed || !o.HasSince || o.Foreign || j.Cursor > due && cursor <= due && j.Cursor != cursor) {
		t.Errorf("%s: join of %s with %+v claims to have recovered: %+v", who, name, o, j)
	}
	last := max(due, missed)
	for _, e := range j.Replay {
		if e.ID <= last || e.ID > cursor || e.Except == who {
			t.Errorf("%s: replay of %s after %d up to %d holds %d", who, name, last, cursor, e.ID)
		}
		last = e.ID
		st.replay[e.ID] = true
	}
	if len(j.Replay) > c.w.rooms[name].Config().MaxReplay {
		t.Errorf("%s: replay of %d events, the limit is %d", who, len(j.Replay), c.w.rooms[name].Config().MaxReplay)
	}
	return st
}

// leave posts a leave.
func (c *client) leave(name string) {
	s := c.sink
	if err := s.shard.Post(func() {
		r := c.w.rooms[name]
		if s != c.sink || r == nil || s.evicted != "" {
			return
		}
		st := c.stays[name]
		if was := s.shard.Leave(&s.m, r); was != (st != nil) {
			c.w.t.Errorf("%s: left %s: %v, want %v", s.name, name, was, st != nil)
		}
		if st != nil {
			c.endStay(st)
		}
	}); err != nil {
		c.w.t.Fatal(err)
	}
}

func (c *client) endStay(st *stay) {
	st.end, st.bound = len(c.taken()), c.sink.m.Cursor()
	delete(c.stays, st.room)
	c.ended = append(c.ended, st)
}

// reconnect ends the connection, whatever its state, checks it, and begins a
// new one that resumes from what had arrived.
func (c *client) reconnect() {
	c.check(false)
	rooms, since := c.stays, uint64(0)
	for _, h := range parse(c.w.t, c.sink.name, c.sink.out) {
		if !h.gap {
			since = h.id
		}
	}
	s := c.sink
	s.shard.Force(func() { s.shard.Detach(&s.m) })
	c.w.run()
	c.w.connect(c)
	for _, name := range slices.Sorted(keys(rooms)) {
		for i, n := range c.w.names {
			if n == name {
				c.join(c.w.here(i), Start{HasSince: since > 0, Since: since})
			}
		}
	}
}

// suspend has visits pass over the viewer, which is ready when it next reads.
func (c *client) suspend() {
	s := c.sink
	s.shard.Force(func() {
		if s == c.sink && !s.m.Gone() {
			s.waiting = true
			s.shard.Suspend(&s.m)
		}
	})
}

// again checks the connection and begins a new one with the same member, as
// transports do that keep it from one answer to the next.
func (c *client) again() {
	s := c.sink
	if c.check(false); s.m.Gone() {
		return
	}
	s.shard.Force(func() { s.shard.Reset(&s.m) })
	c.w.run()
	if s.m.Rooms() != 0 || s.m.Blocked() || s.m.Cursor() != 0 {
		c.w.t.Errorf("%s: after a reset in %d rooms, blocked %v, at %d", s.name, s.m.Rooms(), s.m.Blocked(), s.m.Cursor())
	}
	s.out, s.carry, s.waiting = nil, nil, false
	c.stays, c.ended = map[string]*stay{}, nil
}

func keys[V any](m map[string]V) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// check compares all that a connection has accepted, and again only what has
// arrived, with the log. At rest, everything up to the heads must be there.
func (c *client) check(rest bool) {
	s := c.sink
	if i := slices.Index(c.w.names, s.evicted); i >= 0 && c.w.cfgs[i].Slow != Disconnect {
		c.w.t.Errorf("%s: evicted from %s, which does not disconnect", s.name, s.evicted)
	}
	all := parse(c.w.t, s.name, c.taken())
	arrived := uint64(0) // the newest id that has
	last := uint64(0)
	for _, h := range all {
		if h.gap {
			continue
		}
		if h.id <= last {
			c.w.t.Errorf("%s: id %d after %d", s.name, h.id, last)
		}
		if last = h.id; h.complete <= len(s.out) {
			arrived = h.id
		}
	}
	stays := slices.Clone(c.ended)
	for _, st := range c.stays {
		stays = append(stays, st)
	}
	c.strays(all, stays)
	for _, st := range stays {
		bound := s.m.Cursor()
		if st.end >= 0 {
			bound = st.bound
		} else if rest && s.evicted == "" {
			bound = c.w.rooms[st.room].Head()
		}
		c.account(st, all, bound)
		c.account(st, all[:arrivedLines(all, len(s.out))], min(arrived, bound))
	}
}

func arrivedLines(all []heard, n int) int {
	k := 0
	for k < len(all) && all[k].complete <= n {
		k++
	}
	return k
}

// strays finds what is not of any stay: other rooms' events, from before its
// start or after its end, or not for this session.
func (c *client) strays(all []heard, stays []*stay) {
	for _, h := range all {
		if h.gap {
			continue
		}
		known := slices.ContainsFunc(c.w.log[h.room], func(e entry) bool { return e.id == h.id && e.except != c.sink.name })
		of := slices.ContainsFunc(stays, func(st *stay) bool {
			return st.room == h.room && h.id > st.start && !st.replay[h.id] && !(h.id > st.gap[0] && h.id <= st.gap[1]) &&
				h.complete > st.begin && (st.end < 0 || h.complete <= st.end)
		})
		if !known || !of {
			c.w.t.Errorf("%s: got %s#%d, which it should not: known %v, of a stay %v", c.sink.name, h.room, h.id, known, of)
		}
	}
}

// account checks that each event of a stay up to a bound came, once, or is in
// the bounds of one gap, and that no gap holds an event that came.
func (c *client) account(st *stay, all []heard, bound uint64) {
	got, here := map[uint64]bool{}, map[uint64]bool{}
	gaps := [][2]uint64{st.gap}
	for _, h := range all {
		during := h.room == st.room && h.complete > st.begin && (st.end < 0 || h.complete <= st.end)
		switch {
		case !h.gap:
			got[h.id], here[h.id] = true, during
		case during:
			gaps = append(gaps, [2]uint64{h.from, h.id})
		}
	}
	for _, e := range c.w.log[st.room] {
		if e.id <= st.start {
			continue
		}
		told := 0
		for _, g := range gaps {
			if e.id > g[0] && e.id <= g[1] {
				told++
			}
		}
		switch {
		case told > 1, told > 0 && here[e.id]:
			c.w.t.Errorf("%s: %s#%d: told %d times, got %v", c.sink.name, st.room, e.id, told, here[e.id])
		case e.id <= bound && told == 0 && !got[e.id] && !st.replay[e.id] && e.except != c.sink.name && !c.claims(e.id):
			c.w.t.Errorf("%s: %s#%d is missing: due above %d, cursor %d", c.sink.name, st.room, e.id, st.start, bound)
		}
	}
}

// claims reports whether the viewer has said, when it joined another room of
// the event, that it has it: the same event does not come again.
func (c *client) claims(id uint64) bool {
	had := func(st *stay) bool {
		return id <= st.claims && slices.ContainsFunc(c.w.log[st.room], func(e entry) bool { return e.id == id })
	}
	for _, st := range c.stays {
		if had(st) {
			return true
		}
	}
	return slices.ContainsFunc(c.ended, had)
}
