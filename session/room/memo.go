package room

// mergesKept is how many merges a shard remembers. Members of the same rooms
// with the same cursor come one after another in a walk; a few kinds of them
// take turns.
const mergesKept = 8

// merged is records of several rooms in id order.
type merged struct {
	p    []byte // never changes once it has been handed out
	ids  []uint64
	ends []int // of the records in p
	// cut: there were more than fit into one write.
	cut bool
}

// span is what a part brings into a merge: the records of a feed from one id
// to another, which are always the same.
type span struct {
	feed        *feed
	first, last uint64
}

// merge is what went into a merge, and what came out.
type merge struct {
	spans []span
	upto  uint64
	merged
}

// made reports whether the merge is that of parts up to an id.
func (x *merge) made(parts []part, upto uint64) bool {
	if len(x.spans) != len(parts) || x.upto != upto {
		return false
	}
	for i := range parts {
		if x.spans[i] != parts[i].span() {
			return false
		}
	}
	return true
}

// memo is the last merges of a shard, so that members of the same rooms at the
// same cursor share one: its time, and its bytes.
type memo struct {
	kept [mergesKept]merge
	n    int // made ever; the oldest makes room for the next
}

// find returns the merge of parts up to an id, or nil. The newest comes first.
func (o *memo) find(parts []part, upto uint64) *merged {
	for i := o.n - 1; i >= max(0, o.n-mergesKept); i-- {
		if x := &o.kept[i%mergesKept]; x.made(parts, upto) {
			return &x.merged
		}
	}
	return nil
}

// add returns the place for the next merge. The bytes of the one that was there
// are not ours any more, its index is.
func (o *memo) add(parts []part, upto uint64) *merged {
	x := &o.kept[o.n%mergesKept]
	o.n++
	x.spans = x.spans[:0]
	for i := range parts {
		x.spans = append(x.spans, parts[i].span())
	}
	x.upto = upto
	return &x.merged
}

// end is the cut of a merged write: the end of the record byte n belongs to.
func (m *merged) end(n int) int {
	for _, e := range m.ends {
		if e > n {
			return e
		}
	}
	return len(m.p)
}

// records is how many records end within the first n bytes.
func (m *merged) records(n int) int {
	k := 0
	for k < len(m.ends) && m.ends[k] <= n {
		k++
	}
	return k
}
