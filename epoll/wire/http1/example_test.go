package http1_test

import (
	"errors"
	"fmt"

	"grandstand/epoll/wire/http1"
)

// The loop a connection runs over the bytes of one read: any number of
// requests may be in them, and the last one may be cut.
func ExampleParser() {
	lim := http1.DefaultLimits()
	var pool http1.Pool
	ps := pool.Acquire(&lim)
	defer ps.Release()

	for _, read := range []string{
		"GET /a HTTP/1.1\r\nHost: x\r\n\r\nPOST /b?room=c HTTP/1.1\r\nHo",
		"st: x\r\nContent-Length: 5\r\n\r\nhel",
		"lo",
		"get / HTTP/1.1\r\n\r\n",
	} {
		for p := []byte(read); len(p) > 0; {
			n, req, err := ps.Parse(p)
			p = p[n:]
			var refused *http1.Error
			if errors.As(err, &refused) {
				fmt.Printf("%.24q and close\n", http1.AppendError(nil, refused, false))
				return
			}
			if req != nil {
				fmt.Printf("%s %s room=%q %q\n", req.Method(), req.Path(), req.QueryArg("room"), req.Body())
			}
		}
		fmt.Println("read again, state", ps.State())
	}
	// Output:
	// GET /a room="" ""
	// read again, state head
	// read again, state body
	// POST /b room="c" "hello"
	// read again, state idle
	// "HTTP/1.1 400 Bad Request" and close
}
