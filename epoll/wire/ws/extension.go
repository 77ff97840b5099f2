package ws

import "bytes"

// Answers to an offer of permessage-deflate. Both sides give up their window
// between messages: the server so that one encoding serves all, the client so
// that the server keeps no window for it. A client must accept the second even
// when it did not offer it. RFC 7692 §7.1.1
const (
	deflateName   = "permessage-deflate"
	deflateAnswer = deflateName + "; server_no_context_takeover; client_no_context_takeover"
	// An offer of server_max_window_bits is accepted only by naming it.
	// RFC 7692 §7.1.2.1
	deflateAnswer15 = deflateAnswer + "; server_max_window_bits=15"
)

// negotiate reads a Sec-WebSocket-Extensions value and returns the answer to
// the first acceptable offer, or "" when there is none. ok is false when the
// value breaks the grammar of RFC 6455 §9.1, which fails the handshake; an
// offer with parameters that are wrong in meaning is merely declined
// (RFC 7692 §7.1).
func negotiate(value []byte) (answer string, ok bool) {
	s := scanner{rest: value}
	for !s.end() {
		if s.accept(',') {
			continue // RFC 2616 §2.1: empty elements of a list do not count
		}
		name := s.token()
		if len(name) == 0 {
			return "", false
		}
		o := offer{fits: string(name) == deflateName}
		for s.accept(';') {
			name, value, valued, ok := s.param()
			if !ok {
				return "", false
			}
			o.fits = o.add(string(name), string(value), valued) && o.fits
		}
		if !s.end() && !s.accept(',') {
			return "", false
		}
		if answer == "" && o.fits {
			answer = o.answer()
		}
	}
	return answer, true
}

// offer is one element of Sec-WebSocket-Extensions.
type offer struct {
	fits                     bool
	serverKeeps, clientKeeps bool // the *_no_context_takeover were seen
	serverBits, clientBits   bool // the *_max_window_bits were seen
}

// add judges one parameter: known, not yet seen, with a value of its kind.
func (o *offer) add(name, value string, valued bool) bool {
	switch name {
	case "server_no_context_takeover":
		return !valued && first(&o.serverKeeps)
	case "client_no_context_takeover":
		return !valued && first(&o.clientKeeps)
	case "client_max_window_bits":
		// A hint: we can inflate the largest window, so the answer omits it.
		return (!valued || windowBits(value)) && first(&o.clientBits)
	case "server_max_window_bits":
		// A demand. The compressor uses the whole window, and one encoding is
		// shared, so a smaller one is declined rather than promised.
		return valued && value == "15" && first(&o.serverBits)
	}
	return false
}

// answer is the response to an offer that fits.
func (o *offer) answer() string {
	if o.serverBits {
		return deflateAnswer15
	}
	return deflateAnswer
}

// first sets seen and reports whether it was unset. RFC 7692 §7.1: a parameter
// that comes twice declines the offer.
func first(seen *bool) bool {
	again := *seen
	*seen = true
	return !again
}

// windowBits reports whether v is 8 to 15 without leading zeros.
// RFC 7692 §7.1.2
func windowBits(v string) bool {
	switch v {
	case "8", "9", "10", "11", "12", "13", "14", "15":
		return true
	}
	return false
}

// scanner reads a header value made of tokens, separators and quoted strings,
// with optional white space between them.
type scanner struct{ rest []byte }

// space skips white space.
func (s *scanner) space() { s.rest = bytes.TrimLeft(s.rest, " \t") }

// end reports whether nothing but white space is left.
func (s *scanner) end() bool {
	s.space()
	return len(s.rest) == 0
}

// accept takes the separator c if it comes next.
func (s *scanner) accept(c byte) bool {
	s.space()
	if len(s.rest) == 0 || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// token takes a token, empty when none comes next.
func (s *scanner) token() []byte {
	s.space()
	n := 0
	for n < len(s.rest) && tokenByte(s.rest[n]) {
		n++
	}
	t := s.rest[:n]
	s.rest = s.rest[n:]
	return t
}

// param takes `name`, `name=token` or `name="token"`. RFC 6455 §9.1: what a
// quoted string holds must be a token once unescaped.
func (s *scanner) param() (name, value []byte, valued, ok bool) {
	name = s.token()
	if len(name) == 0 {
		return nil, nil, false, false
	}
	if !s.accept('=') {
		return name, nil, false, true
	}
	if s.accept('"') {
		value, ok = s.quoted()
		return name, value, true, ok
	}
	value = s.token()
	return name, value, true, len(value) > 0
}

// quoted takes the rest of a quoted string, whose opening quote was taken.
func (s *scanner) quoted() (value []byte, ok bool) {
	for i := 0; i < len(s.rest); i++ {
		c := s.rest[i]
		if c == '"' {
			s.rest = s.rest[i+1:]
			return value, len(value) > 0
		}
		if c == '\\' && i+1 < len(s.rest) {
			i++
			c = s.rest[i]
		}
		if !tokenByte(c) {
			return nil, false
		}
		value = append(value, c)
	}
	return nil, false
}

// tokenByte reports whether c may be part of a token. RFC 9110 §5.6.2
func tokenByte(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return bytes.IndexByte([]byte("!#$%&'*+-.^_`|~"), c) >= 0
}
