package http1

import "bytes"

// EachArg calls yield with every query argument in the order sent, decoded as
// by QueryArg, until it returns false: one pass for who needs several.
func (r *Request) EachArg(yield func(key, value []byte) bool) {
	for rest := r.RawQuery(); len(rest) > 0; {
		var pair []byte
		pair, rest, _ = bytes.Cut(rest, []byte{'&'})
		if len(pair) == 0 {
			continue
		}
		key, value, ok := bytes.Cut(pair, []byte{'='})
		if !ok {
			value = pair[len(pair):] // empty, as without a value
		}
		if !yield(r.unescape(key), r.unescape(value)) {
			return
		}
	}
}
