package room

import "sort"

// Segments grow from the smallest to the largest size as a feed grows: a
// quiet room costs 4 KiB, and in a busy one a visit seldom spans two.
const (
	minSegment = 4 << 10
	maxSegment = 256 << 10
)

// segment is a run of encoded records. Bytes that are in buf never change and
// never move, so slices of it are handed out without a copy; more is appended
// behind them within the capacity. The feed's mutex guards the fields.
type segment struct {
	buf  []byte
	ids  []uint64 // of each record
	ends []uint32 // where each record ends in buf
}

func newSegment(size int) *segment {
	// An event on the wire is seldom below 128 bytes; the index grows beyond
	// this by itself.
	records := size / 128
	return &segment{
		buf:  make([]byte, 0, size),
		ids:  make([]uint64, 0, records),
		ends: make([]uint32, 0, records),
	}
}

// fits reports whether n more bytes can be appended without moving buf.
func (s *segment) fits(n int) bool { return cap(s.buf)-len(s.buf) >= n }

func (s *segment) append(id uint64, p []byte) {
	s.buf = append(s.buf, p...)
	s.ids = append(s.ids, id)
	s.ends = append(s.ends, uint32(len(s.buf)))
}

// last is the id of the newest record.
func (s *segment) last() uint64 { return s.ids[len(s.ids)-1] }

// start is where record i begins.
func (s *segment) start(i int) int {
	if i == 0 {
		return 0
	}
	return int(s.ends[i-1])
}

// after returns the index of the first record with an id above id.
func (s *segment) after(id uint64) int {
	n := len(s.ids)
	if n == 0 || s.ids[n-1] <= id {
		return n
	}
	// Most visits begin close to the end.
	if n > 1 && s.ids[n-2] <= id {
		return n - 1
	}
	return sort.Search(n, func(i int) bool { return s.ids[i] > id })
}
