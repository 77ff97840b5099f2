package http1

import "testing"

// TestCheck hands the second reading a gate that read the head wrong in one
// point each: none may pass.
func TestCheck(t *testing.T) {
	const in = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"
	tests := []struct {
		name  string
		wrong func(r *Request)
		want  bool
	}{
		{name: "right", wrong: func(*Request) {}, want: true},
		{name: "method", wrong: func(r *Request) { r.method = MethodGet }},
		{name: "target", wrong: func(r *Request) { r.target.to-- }},
		{name: "version", wrong: func(r *Request) { r.http10 = true }},
		{name: "host", wrong: func(r *Request) { r.fields = r.fields[1:] }},
		{name: "length", wrong: func(r *Request) { r.length = 3 }},
		{name: "no length", wrong: func(r *Request) { r.seen = seenHost }},
		{name: "chunked", wrong: func(r *Request) { r.chunked = true }},
		{name: "head longer", wrong: func(r *Request) { r.head = append(r.head, "GET"...) }},
		{name: "head shorter", wrong: func(r *Request) { r.head = r.head[:len(r.head)-2] }},
		{name: "refused by fasthttp", wrong: func(r *Request) { r.head[len("POST /a HTTP/1.1\r\nHost")] = ' ' }},
	}
	var ck check // one for all, as in a pool
	for _, tt := range tests {
		req := parse(t, in+"hi")
		tt.wrong(req)
		if got := ck.agrees(req, 64); got != tt.want {
			t.Errorf("%s: agrees = %t, want %t", tt.name, got, tt.want)
		}
	}
}

// TestCheckLargerHead wants the reader to grow with the limits of the parser
// that borrows the check.
func TestCheckLargerHead(t *testing.T) {
	var pool Pool
	for _, size := range []int{256, 8 << 10, 300, 16 << 10} {
		lim := Limits{MaxHead: size, MaxHeaders: 5, MaxTarget: 32}
		ps := pool.Acquire(&lim)
		if _, req, err := ps.Parse([]byte(headOf(size))); req == nil || err != nil {
			t.Errorf("head of %d bytes: %v, %v, want a request", size, req, err)
		}
		ps.Release()
	}
}
