package http1

// Bounds of a chunked body beside its data.
const (
	// maxDigits is 32 bits of size, leading zeros included: more than any
	// limit, and too few to overflow.
	maxDigits = 8
	// maxExtension is the most bytes of extensions in one body. Nobody we
	// serve sends any; without a bound one-byte chunks could each carry one.
	maxExtension = 1 << 10
)

type chunkState uint8

// The states of RFC 9112 §7.1, one per place in its grammar. Optional
// whitespace around extensions (BWS) is refused.
const (
	chunkSize chunkState = iota
	chunkExtension
	chunkName
	chunkValue
	chunkToken
	chunkQuoted
	chunkEscaped
	chunkUnquoted
	chunkSizeLF
	chunkData
	chunkDataCR
	chunkDataLF
	chunkTrailer
	chunkTrailerName
	chunkTrailerValue
	chunkTrailerLF
	chunkEndLF
	chunkDone
)

// chunker walks a chunked body byte by byte, so cuts can't matter. Data itself
// is moved in bulk by the parser: see take.
type chunker struct {
	state   chunkState
	digits  int // of the size, so far
	size    int // bytes of the chunk still to come
	total   int // bytes of data in all chunks up to this one
	ext     int // bytes of extensions so far
	trailer int // bytes of trailers so far
	lines   int // trailer lines so far
}

// take notes that n bytes of data were moved.
func (c *chunker) take(n int) {
	if c.size -= n; c.size == 0 {
		c.state = chunkDataCR
	}
}

// next judges one byte outside the data.
func (c *chunker) next(b byte, lim *Limits, maxBody int) *Error {
	switch {
	case c.state == chunkSize:
		return c.sizeByte(b)
	case c.state < chunkSizeLF:
		if c.ext++; c.ext > maxExtension {
			return errChunk
		}
		return c.extensionByte(b)
	case c.state == chunkSizeLF:
		return c.sizeEnd(b, maxBody)
	case c.state == chunkDataCR:
		return c.expect(b, '\r', chunkDataLF)
	case c.state == chunkDataLF:
		c.digits = 0
		return c.expect(b, '\n', chunkSize)
	}
	if c.trailer++; c.trailer > lim.MaxHead {
		return errHeadTooLarge
	}
	return c.trailerByte(b, lim.MaxHeaders)
}

// expect takes the one byte that can follow.
func (c *chunker) expect(b, want byte, then chunkState) *Error {
	if b != want {
		return errChunk
	}
	c.state = then
	return nil
}

// sizeByte takes a digit or what ends the digits. The size can't overflow: see
// maxDigits.
func (c *chunker) sizeByte(b byte) *Error {
	if v := unhex(b); v >= 0 {
		if c.digits++; c.digits > maxDigits {
			return errChunk
		}
		c.size = c.size<<4 | v
		return nil
	}
	if c.digits == 0 {
		return errChunk
	}
	return c.extensionEnd(b)
}

// extensionEnd is where another extension may start or the line end.
func (c *chunker) extensionEnd(b byte) *Error {
	if b == ';' {
		c.state = chunkExtension
		return nil
	}
	return c.expect(b, '\r', chunkSizeLF)
}

// extensionByte walks ;name, ;name=token and ;name="quoted" (RFC 9112 §7.1.1).
// What they say is ignored, as it has to be, but a byte out of place may mean
// that somebody in front of us sees the chunk end elsewhere.
func (c *chunker) extensionByte(b byte) *Error {
	switch c.state {
	case chunkName, chunkToken:
		if isToken(b) {
			return nil
		}
		if b == '=' && c.state == chunkName {
			c.state = chunkValue
			return nil
		}
		return c.extensionEnd(b)
	case chunkUnquoted:
		return c.extensionEnd(b)
	case chunkQuoted, chunkEscaped:
		return c.quotedByte(b)
	}
	// The first byte of a name or value: an empty one is refused, as the
	// parsers in front of us do not agree on it.
	switch {
	case isToken(b) && c.state == chunkExtension:
		c.state = chunkName
	case isToken(b):
		c.state = chunkToken
	case b == '"' && c.state == chunkValue:
		c.state = chunkQuoted
	default:
		return errChunk
	}
	return nil
}

// quotedByte walks a quoted-string (RFC 9110 §5.6.4).
func (c *chunker) quotedByte(b byte) *Error {
	switch {
	case !isText(b):
		return errChunk
	case c.state == chunkEscaped:
		c.state = chunkQuoted
	case b == '\\':
		c.state = chunkEscaped
	case b == '"':
		c.state = chunkUnquoted
	}
	return nil
}

// sizeEnd opens the chunk, or the trailers if it is the last, before anything
// of it is stored.
func (c *chunker) sizeEnd(b byte, limit int) *Error {
	if c.total += c.size; c.total > limit {
		return errBodyTooLarge
	}
	if c.size == 0 {
		return c.expect(b, '\n', chunkTrailer)
	}
	return c.expect(b, '\n', chunkData)
}

// trailerByte holds trailers to the rules of header fields. They are dropped:
// nothing here asks for them, and merging them into the head is how they bite.
func (c *chunker) trailerByte(b byte, lines int) *Error {
	switch {
	case c.state == chunkTrailer && b == '\r':
		c.state = chunkEndLF
	case c.state == chunkTrailer && isToken(b):
		if c.lines++; c.lines > lines {
			return errTooManyFields
		}
		c.state = chunkTrailerName
	case c.state == chunkTrailerName && b == ':':
		c.state = chunkTrailerValue
	case c.state == chunkTrailerName && isToken(b), c.state == chunkTrailerValue && isText(b):
	case c.state == chunkTrailerValue && b == '\r':
		c.state = chunkTrailerLF
	case c.state == chunkTrailerLF && b == '\n':
		c.state = chunkTrailer
	case c.state == chunkEndLF && b == '\n':
		c.state = chunkDone
	default:
		return errTrailer
	}
	return nil
}
