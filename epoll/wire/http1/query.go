package http1

import "bytes"

// QueryArg is the first value of the query argument name, decoded: "+" is a
// space and a percent sign that starts no escape stands for itself. It is nil
// if there is none, empty but not nil if it has no value.
func (r *Request) QueryArg(name string) (value []byte) {
	r.QueryArgs(name, func(v []byte) bool {
		value = v
		return false
	})
	return value
}

// QueryArgs calls yield with every value of the query argument name, in the
// order sent and decoded as by QueryArg, until it returns false. It is for
// repeated keys: "?room=a&room=b".
func (r *Request) QueryArgs(name string, yield func(value []byte) bool) {
	for rest := r.RawQuery(); len(rest) > 0; {
		var pair []byte
		pair, rest, _ = bytes.Cut(rest, []byte{'&'})
		key, value, _ := bytes.Cut(pair, []byte{'='})
		if string(r.unescape(key)) != name || len(pair) == 0 {
			continue
		}
		if value == nil { // no "="
			value = pair[len(pair):]
		}
		if !yield(r.unescape(value)) {
			return
		}
	}
}

// unescape gives b itself if it holds no escape, else its decoded form at the
// end of text, where it lies until the next request.
func (r *Request) unescape(b []byte) []byte {
	if bytes.IndexByte(b, '%') < 0 && bytes.IndexByte(b, '+') < 0 {
		return b
	}
	from := len(r.text)
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c == '+' {
			c = ' '
		} else if v, ok := escape(b[i:]); ok && c == '%' {
			c = v
			i += 2
		}
		r.text = append(r.text, c)
	}
	return r.text[from:len(r.text):len(r.text)]
}
