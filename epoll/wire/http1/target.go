package http1

import "bytes"

// parseLine judges a request line, CR LF not included (RFC 9112 §3).
func (r *Request) parseLine(line []byte, maxTarget int) *Error {
	sp := bytes.IndexByte(line, ' ')
	if sp < 0 {
		return errRequestLine
	}
	length := bytes.IndexByte(line[sp+1:], ' ')
	if length <= 0 {
		return errRequestLine // HTTP/0.9, or two spaces
	}
	method, target := line[:sp], line[sp+1:sp+1+length]
	for _, c := range method {
		if !isUpper(c) {
			return errMethod
		}
	}
	// The version comes first: with another one (an HTTP/2 preface) the method
	// need not be one of ours.
	if err := r.parseVersion(line[sp+1+length+1:]); err != nil {
		return err
	}
	if len(target) > maxTarget {
		return errTargetTooLong
	}
	for _, c := range target {
		if c <= ' ' || c >= 0x7f || c == '#' {
			return errTarget
		}
	}
	if r.method = knownMethod(method); r.method == "" {
		return errUnknownMethod
	}
	r.target = between(sp+1, sp+1+length)
	return r.parseTarget(target)
}

// parseVersion tells a version that is not ours (505) from what is none.
func (r *Request) parseVersion(v []byte) *Error {
	const like = "HTTP/1.1"
	if len(v) != len(like) || string(v[:5]) != like[:5] ||
		!isDigit(v[5]) || v[6] != '.' || !isDigit(v[7]) {
		return errVersion
	}
	if v[5] != '1' || v[7] > '1' {
		return errOtherVersion
	}
	r.http10 = v[7] == '0'
	return nil
}

// knownMethod gives the constant for m, so that a request keeps no copy.
func knownMethod(m []byte) string {
	switch string(m) {
	case MethodGet:
		return MethodGet
	case MethodHead:
		return MethodHead
	case MethodPost:
		return MethodPost
	case MethodPut:
		return MethodPut
	case MethodPatch:
		return MethodPatch
	case MethodDelete:
		return MethodDelete
	case MethodOptions:
		return MethodOptions
	}
	return ""
}

// parseTarget finds authority, path and query (RFC 9112 §3.2).
func (r *Request) parseTarget(t []byte) *Error {
	at := 0 // of the path
	switch {
	case t[0] == '/':
	case len(t) == 1 && t[0] == '*' && r.method == MethodOptions:
	default:
		if at = afterScheme(t); at == 0 {
			return errTarget
		}
		from := at
		for at < len(t) && t[at] != '/' && t[at] != '?' {
			at++
		}
		if at == from {
			return errTarget
		}
		r.authority = r.within(from, at)
	}
	end := at + bytes.IndexByte(t[at:], '?')
	if end < at {
		r.path = r.within(at, len(t))
		return nil
	}
	r.path = r.within(at, end)
	r.query = r.within(end+1, len(t))
	return nil
}

// within makes a span of the target one of the head.
func (r *Request) within(from, to int) span {
	return between(int(r.target.from)+from, int(r.target.from)+to)
}

// afterScheme is the length of "http://" or "https://" at the start of t, or 0.
func afterScheme(t []byte) int {
	for _, s := range [...]string{"http://", "https://"} {
		if len(t) >= len(s) && equalFold(t[:len(s)], s) {
			return len(s)
		}
	}
	return 0
}

// resolve decodes and cleans the path into text, unless it is clean as sent.
func (r *Request) resolve() bool {
	raw := r.at(r.path)
	if isClean(raw) {
		return true
	}
	if len(raw) == 0 { // http://host
		r.text = append(r.text, '/')
	} else if !r.decodePath(raw) || !r.cleanPath() {
		return false
	}
	r.pathLen = len(r.text)
	return true
}

// isClean is a quick no for what might need work: an escape, or a slash with a
// slash or dot behind it.
func isClean(p []byte) bool {
	for i, c := range p {
		if c == '%' || c == '/' && i+1 < len(p) && (p[i+1] == '/' || p[i+1] == '.') {
			return false
		}
	}
	return len(p) > 0
}

// decodePath undoes the escapes, once: "%252e" becomes "%2e" and stays that.
// Control characters are refused because paths end up in logs.
func (r *Request) decodePath(raw []byte) bool {
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c == '%' {
			v, ok := escape(raw[i:])
			if !ok || v < ' ' || v == 0x7f || v == '/' {
				return false
			}
			c = v
			i += 2
		}
		r.text = append(r.text, c)
	}
	return true
}

// escape decodes the three bytes p starts with.
func escape(p []byte) (byte, bool) {
	if len(p) < 3 || unhex(p[1]) < 0 || unhex(p[2]) < 0 {
		return 0, false
	}
	return byte(unhex(p[1])<<4 | unhex(p[2])), true
}

// cleanPath removes empty and dot segments from text in place. It works on the
// decoded path, so "%2e%2e" is the same as "..". Browsers resolve dots before
// they send, so a path that climbs above the root is an attempt, not a link.
func (r *Request) cleanPath() bool {
	p, w := r.text, 1
	for i := 1; i < len(p); {
		end := len(p)
		if k := bytes.IndexByte(p[i:], '/'); k >= 0 {
			end = i + k
		}
		segment := p[i:end]
		switch {
		case len(segment) == 0, string(segment) == ".":
		case string(segment) == "..":
			if w == 1 {
				return false
			}
			w = bytes.LastIndexByte(p[:w-1], '/') + 1
		default:
			w += copy(p[w:], p[i:min(end+1, len(p))])
		}
		i = end + 1
	}
	r.text = p[:w]
	return true
}
