package http1

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
	eachValue(r.RawQuery(), name, func(v []byte) bool { return yield(r.unescape(v)) })
}

// unescape gives b itself if it holds no escape, else its decoded form at the
// end of text, where it lies until the next request.
func (r *Request) unescape(b []byte) []byte {
	if !isEscaped(b) {
		return b
	}
	from := len(r.text)
	r.text = appendDecoded(r.text, b)
	return r.text[from:len(r.text):len(r.text)]
}
