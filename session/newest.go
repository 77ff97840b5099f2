package session

// Newest is the id of the newest event of some rooms. It grows with every event
// that Read would add: what was read under one value is good until the next.
func (h *Hub) Newest(names []string) uint64 {
	head := h.head.Load() // first: see Read
	var newest uint64
	for _, name := range names {
		r, id := h.rooms.look(name)
		if r != nil {
			id = r.Head()
		}
		newest = max(newest, id)
	}
	return min(newest, head)
}
