package http1

import "bytes"

// lineRest is what a request line has beside its target: the longest method,
// two spaces, the version and CR LF.
const lineRest = len(MethodOptions) + 1 + 1 + len("HTTP/1.1") + 2

// readHead takes lines off p until the head is complete (the stage changes) or
// p is used up.
func (ps *Parser) readHead(p []byte) (int, *Error) {
	if len(p) == 0 {
		return 0, nil
	}
	if len(ps.buf) > 0 {
		return ps.headInPieces(p)
	}
	// The first byte is judged at once: whoever speaks TLS to this port, or
	// sends the empty line that RFC 9112 §2.2 would let us skip, is told now.
	switch c := p[0]; {
	case isUpper(c):
	case isUpper(c &^ 0x20):
		return 0, errMethod
	default:
		return 0, errRequestLine
	}
	return ps.headInPlace(p)
}

// headInPlace works on p itself. Only a head that isn't complete is copied.
func (ps *Parser) headInPlace(p []byte) (int, *Error) {
	for {
		window, tooLong := ps.window()
		i := bytes.IndexByte(p[ps.pos:min(len(p), window)], '\n')
		if i < 0 {
			if len(p) >= window {
				return 0, tooLong
			}
			ps.buf = append(grow(ps.buf, len(p), ps.lim.MaxHead), p...)
			return len(p), nil
		}
		done, err := ps.line(p, ps.pos+i+1)
		if err != nil {
			return 0, err
		}
		if done {
			ps.loan = true
			return ps.pos, ps.finishHead(p[:ps.pos:ps.pos])
		}
	}
}

// headInPieces completes the line that buf ends with. Bytes held are known to
// have no LF behind pos, so each byte is looked at once however small the
// pieces are, and nothing of the body gets into buf.
func (ps *Parser) headInPieces(p []byte) (n int, err *Error) {
	for {
		window, tooLong := ps.window()
		rest := p[n:min(len(p), n+window-len(ps.buf))]
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			if len(ps.buf)+len(rest) >= window {
				return 0, tooLong
			}
			ps.buf = append(grow(ps.buf, len(rest), ps.lim.MaxHead), rest...)
			return len(p), nil
		}
		ps.buf = append(grow(ps.buf, i+1, ps.lim.MaxHead), rest[:i+1]...)
		n += i + 1
		done, err := ps.line(ps.buf, len(ps.buf))
		if err != nil {
			return 0, err
		}
		if done {
			return n, ps.finishHead(ps.buf)
		}
	}
}

// window is the offset by which the current line must have ended, and the
// error if it has not.
func (ps *Parser) window() (int, *Error) {
	if ps.pos == 0 {
		return min(ps.lim.MaxHead, ps.lim.MaxTarget+lineRest), errTargetTooLong
	}
	return ps.lim.MaxHead, errHeadTooLarge
}

// line judges head[ps.pos:end], which ends in LF, and moves on. done is true
// with the empty line.
func (ps *Parser) line(head []byte, end int) (done bool, err *Error) {
	start := ps.pos
	ps.pos = end
	end -= len("\r\n")
	if end < start || head[end] != '\r' {
		return false, errLineEnd
	}
	switch {
	case start == 0:
		return false, ps.req.parseLine(head[:end], ps.lim.MaxTarget)
	case start == end:
		return true, nil
	case len(ps.req.fields) == ps.lim.MaxHeaders:
		return false, errTooManyFields
	}
	return false, ps.req.addField(head, start, end)
}

// finishHead judges what only the whole head can tell, and readies the body.
func (ps *Parser) finishHead(head []byte) *Error {
	r := &ps.req
	r.head = head
	if err := r.judge(); err != nil {
		return err
	}
	ps.bodyLimit = ps.lim.MaxBody
	if ps.pool != nil && ps.pool.MaxBody != nil {
		ps.bodyLimit = ps.pool.MaxBody(r)
	}
	if r.length > ps.bodyLimit {
		ps.whole = true
		return errBodyTooLarge
	}
	if !ps.verify() {
		return errDisagree
	}
	ps.stage = stageBody
	ps.whole = true
	// RFC 9110 §10.1.1: an expectation of a 1.0 client is ignored.
	ps.asked = r.has(seenExpect) && !r.http10
	return nil
}
