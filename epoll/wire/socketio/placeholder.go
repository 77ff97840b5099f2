package socketio

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// The only way some clients know a placeholder: key order and spacing are
// those of the reference.
const (
	placeholderHead = `{"_placeholder":true,"num":`
	placeholderTail = '}'
)

// AppendPlaceholder appends what stands in JSON for an attachment.
func AppendPlaceholder(dst []byte, num int) []byte {
	dst = append(dst, placeholderHead...)
	dst = strconv.AppendInt(dst, int64(num), 10)
	return append(dst, placeholderTail)
}

// Placeholders gives the numbers of the placeholders in data, in the order of
// the text, which is depth first. The keys may come in any order and be
// spaced, but an object that says it is one and isn't, is an error.
func Placeholders(data []byte) ([]int, error) {
	m, err := find(data, maxDepth, maxAttachments)
	if err != nil {
		return nil, err
	}
	nums := make([]int, 0, len(m.spots))
	for _, spot := range m.spots {
		nums = append(nums, spot.num)
	}
	return nums, nil
}

// find checks data and finds its placeholders, at most limit.
func find(data []byte, depth, limit int) (marks, error) {
	m := marks{limit: limit}
	if !utf8.Valid(data) {
		return m, errUTF8
	}
	s := scanner{p: data, depth: depth, marks: &m}
	s.space()
	err := s.whole()
	return m, err
}

// marks are the placeholders of a text.
type marks struct {
	limit int
	odd   bool // some are written in a way of their own
	spots []spot
}

// spot is the place of a placeholder.
type spot struct{ from, to, num int }

// members is what an object's keys say about its being a placeholder.
type members struct {
	placeholder bool
	keys        int
	num         int // -1 if it is none
	numbered    bool
}

// add looks at a member. To the reference the last of equal keys counts.
func (m *members) add(key, value []byte) {
	m.keys++
	switch {
	case isString(key, "_placeholder"):
		m.placeholder = string(value) == "true"
	case isString(key, "num"):
		m.numbered = true
		m.num = -1
		if n, rest, ok := number(value); ok && len(rest) == 0 && n < maxAttachments {
			m.num = int(n)
		}
	}
}

// note keeps the place of a placeholder. The reference takes any object with
// the mark; clients write the two keys and nothing else, so that anything else
// is somebody's attempt.
func (k *marks) note(p []byte, from, to int, m *members) error {
	if m.keys != 2 || !m.numbered || m.num < 0 || len(k.spots) >= k.limit {
		return errPlaceholder
	}
	var plain [len(placeholderHead) + 8]byte
	if !bytes.Equal(AppendPlaceholder(plain[:0], m.num), p[from:to]) {
		k.odd = true
	}
	k.spots = append(k.spots, spot{from: from, to: to, num: m.num})
	return nil
}

// settle gives data with its n placeholders written plainly and numbered in
// the order of the text, and the attachment that belongs to each of them: nil
// if they come in that order. data is checked on the way.
//
// Clients that keep objects in hash tables number in another order than they
// write. An attachment used twice is legal to the reference, and makes it send
// more than it got: no client needs that.
func settle(data []byte, n, depth int) (settled []byte, order []int, err error) {
	m, err := find(data, depth, n)
	if err != nil {
		return nil, nil, err
	}
	if len(m.spots) != n {
		return nil, nil, errPlaceholder
	}
	seen := make([]bool, n)
	order = make([]int, n)
	ordered := true
	for k, spot := range m.spots {
		if spot.num >= n || seen[spot.num] {
			return nil, nil, errPlaceholder
		}
		seen[spot.num] = true
		order[k] = spot.num
		ordered = ordered && spot.num == k
	}
	if ordered {
		order = nil
	}
	if ordered && !m.odd {
		return data, order, nil
	}
	at := 0
	for k, spot := range m.spots {
		settled = AppendPlaceholder(append(settled, data[at:spot.from]...), k)
		at = spot.to
	}
	return append(settled, data[at:]...), order, nil
}

// arrange puts attachments into the order of their placeholders.
func arrange(attachments [][]byte, order []int) [][]byte {
	if order == nil {
		return attachments
	}
	arranged := make([][]byte, len(order))
	for k, num := range order {
		arranged[k] = attachments[num]
	}
	return arranged
}
