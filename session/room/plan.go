package room

import "sort"

// plan is a slice of a feed that takes a member from one id to another. It is
// the same for every member with the same cursor, so a walk computes it once.
type plan struct {
	p    []byte   // whole records; nil when there is nothing above from
	ids  []uint64 // of the records in p
	ends []uint32 // of the records, counted from base before p's first byte
	base int
	from uint64 // above which the plan begins
	upto uint64 // the bound it was made with
	head uint64 // the room's head when it was made
	last uint64 // cursor once p is written
	// more says that the feed goes on above last, in another segment.
	more bool
	// gap is not 0 when events above from are gone: up to this id.
	gap uint64
	// except lists the records in p that some session does not get.
	except []exclusion
}

// plan fills pl with the way from a cursor to at most upto, as far as one
// segment goes.
func (f *feed) plan(pl *plan, from, upto uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	head := f.room.head.Load()
	if f.last < head {
		f.catchUp()
	}
	*pl = plan{from: from, upto: upto, head: head, last: min(max(from, f.last), upto)}
	if from < f.trimmed {
		pl.gap = f.trimmed
		return
	}
	k := sort.Search(len(f.segs), func(k int) bool { return f.segs[k].last() > from })
	if k == len(f.segs) {
		return
	}
	seg := f.segs[k]
	i, j := seg.after(from), len(seg.ids)
	if upto < seg.last() {
		j = seg.after(upto)
	}
	if i == j {
		return
	}
	// The index grows while plans are in use, so they keep the part they
	// need: entries never change, only the slice headers do.
	pl.ids, pl.ends, pl.base = seg.ids[i:j], seg.ends[i:j], seg.start(i)
	pl.p = seg.buf[pl.base:seg.ends[j-1]:seg.ends[j-1]]
	if pl.more = j == len(seg.ids) && k+1 < len(f.segs); pl.more {
		pl.last = seg.ids[j-1]
	}
	if len(f.except) > 0 {
		pl.exclude(f.except)
	}
}

// exclude notes which of the feed's exclusions, in id order, lie in the plan.
func (pl *plan) exclude(all []exclusion) {
	i, j := after(all, pl.ids[0]-1), after(all, pl.ids[len(pl.ids)-1])
	pl.except = all[i:j:j]
}

// after returns the index of the first exclusion with an id above id.
func after(all []exclusion, id uint64) int {
	return sort.Search(len(all), func(k int) bool { return all[k].id > id })
}

// fresh reports whether the plan still is the way from and upto.
func (pl *plan) fresh(from, upto, head uint64) bool {
	return pl.from == from && pl.head == head && pl.upto == upto
}

// record returns the i-th record.
func (pl *plan) record(i int) []byte {
	a := 0
	if i > 0 {
		a = int(pl.ends[i-1]) - pl.base
	}
	return pl.p[a : int(pl.ends[i])-pl.base]
}

// cut returns the end, in p, of the record that byte n of p belongs to.
func (pl *plan) cut(n int) int {
	k := sort.Search(len(pl.ends), func(k int) bool { return int(pl.ends[k])-pl.base > n })
	return int(pl.ends[k]) - pl.base
}

// reached returns the cursor after the first n bytes of p, which end a
// record, and how many records that is.
func (pl *plan) reached(n int) (id uint64, records int) {
	if n == len(pl.p) {
		return pl.last, len(pl.ids)
	}
	k := sort.Search(len(pl.ends), func(k int) bool { return int(pl.ends[k])-pl.base >= n })
	return pl.ids[k], k + 1
}
