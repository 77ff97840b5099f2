package http1

// readBody takes what belongs to the body off p and completes the request if
// that was all of it.
func (ps *Parser) readBody(p []byte) (int, *Error) {
	if len(p) > 0 {
		ps.asked = false // the client did not wait, or no longer does
	}
	if ps.req.chunked {
		return ps.readChunks(p)
	}
	need := ps.req.length - len(ps.body)
	if len(ps.body) == 0 && len(p) >= need { // whole: used where it lies
		ps.req.body = p[:need:need]
		ps.stage = stageDone
		return need, nil
	}
	// Room is made for what came, not for what was announced: a length costs
	// its sender nothing.
	n := min(need, len(p))
	ps.body = append(grow(ps.body, n, ps.req.length), p[:n]...)
	if n == need {
		ps.req.body = ps.body
		ps.stage = stageDone
	}
	return n, nil
}

// readChunks joins the chunks in the parser's own buffer: between them lie
// size lines, so even a body that came whole can't be used in place.
func (ps *Parser) readChunks(p []byte) (n int, err *Error) {
	for n < len(p) {
		if ps.chunk.state == chunkData {
			data := p[n:min(len(p), n+ps.chunk.size)]
			ps.body = append(grow(ps.body, len(data), ps.bodyLimit), data...)
			ps.chunk.take(len(data))
			n += len(data)
			continue
		}
		if err = ps.chunk.next(p[n], ps.lim, ps.bodyLimit); err != nil {
			return 0, err
		}
		n++
		if ps.chunk.state == chunkDone {
			ps.req.body = ps.body
			ps.stage = stageDone
			return n, nil
		}
	}
	return n, nil
}
