package transport

import "grandstand/epoll/wire/http1"

// engineArgs is the query of a request for a session, as it came: nil is not
// said.
type engineArgs struct {
	transport, sid, script, eio, b64 []byte
}

// read takes the query in one pass: a client by polls comes back with every
// event. Of what is said twice the first counts.
func (a *engineArgs) read(req *http1.Request) {
	req.EachArg(func(key, value []byte) bool {
		var to *[]byte
		switch string(key) {
		case "transport":
			to = &a.transport
		case "sid":
			to = &a.sid
		case "j":
			to = &a.script
		case "EIO":
			to = &a.eio
		case "b64":
			to = &a.b64
		default:
			return true
		}
		if *to == nil {
			*to = value
		}
		return true
	})
}

// version is the one that a request asks for.
func (a *engineArgs) version() int {
	if string(a.eio) == "4" {
		return 4
	}
	return 3
}
