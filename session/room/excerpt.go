package room

// Excerpt is a part of a room's log, as it was at one moment.
type Excerpt struct {
	Events []Event // the data is shared
	// Trimmed is the newest event that was no longer kept.
	Trimmed uint64
}

// Excerpt returns the oldest events with from < id <= upto: at most limit, and
// no more than it takes to exceed a size in bytes, but two in any case.
func (r *Room) Excerpt(from, upto uint64, limit, bytes int) Excerpt {
	r.mu.RLock()
	defer r.mu.RUnlock()
	h := &r.history
	x := Excerpt{Trimmed: h.trimmed}
	for i := h.after(from); i < h.n && len(x.Events) < limit; i++ {
		e := h.at(i)
		if e.ID > upto || bytes < 0 && len(x.Events) > 1 {
			break
		}
		bytes -= e.Size()
		x.Events = append(x.Events, *e)
	}
	return x
}

// Newest returns the id above which the last n events up to upto lie; what a
// joining member could not ask for is not counted.
func (r *Room) Newest(n int, upto uint64) uint64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	h := &r.history
	if i := h.after(upto) - min(n, r.cfg.MaxReplay); i > 0 {
		return h.at(i - 1).ID
	}
	return h.trimmed
}
