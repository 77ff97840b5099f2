package ws

// Reader turns what a client sends into messages. The zero value is ready.
//
// One goroutine at a time may use a Reader; it belongs to its connection.
//
// A Reader ends with the first error or with the close frame of the peer:
// after an error every call repeats it, after a close frame (RFC 6455 §5.5.1:
// nothing follows it) every call swallows its bytes.
type Reader struct {
	// part is nil while no frame and no message is in progress, which is
	// nearly always: what an idle connection keeps is this pointer.
	part *partial
}

// Next takes bytes from the start of p until a message or control frame is
// complete, and says how many it took. When they do not suffice it takes all
// and returns the zero Message.
//
// p is borrowed until the Message was used and is modified: payloads are
// unmasked in place. A frame that lies whole in p and is a message by itself
// is returned as a slice of p, without a copy or an allocation.
//
// deflate says whether permessage-deflate was negotiated. The error is a
// *CloseError.
func (r *Reader) Next(cfg *Config, deflate bool, p []byte) (n int, m Message, err error) {
	var fresh partial // on the stack unless it must outlive the call
	part := r.part
	if part == nil {
		part = &fresh
	}
	n, m, err = part.next(cfg, deflate, p)
	switch {
	case !part.busy():
		r.part = nil
	case r.part == nil:
		kept := fresh
		r.part = &kept
	}
	return n, m, err
}

// Buffered reports whether a frame or a fragmented message has begun and not
// ended: the peer owes more bytes, and a deadline may run.
func (r *Reader) Buffered() bool { return r.part != nil && !r.part.ended }
