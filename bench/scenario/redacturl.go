package scenario

import (
	"net/url"
	"strings"

	"grandstand/bench/stats"
)

// RedactReport takes the secrets of addresses out of a report: those it was given,
// and what servers and errors say of them.
func RedactReport(r *stats.Report) {
	r.Target = RedactText(r.Target)
	for _, lines := range [][]string{r.Notes, r.Warnings, r.Missed} {
		for i := range lines {
			lines[i] = RedactText(lines[i])
		}
	}
}

// RedactText is a text without the secrets of the addresses in it: user and
// password, and the values of a query that are called like one.
func RedactText(text string) string {
	if !strings.Contains(text, "://") && !strings.Contains(text, "?") {
		return text
	}
	var b strings.Builder
	for text != "" {
		n := addressEnd(text)
		b.WriteString(redactAddress(text[:n]))
		if n < len(text) { // the byte that ends it
			b.WriteByte(text[n])
			n++
		}
		text = text[n:]
	}
	return b.String()
}

// addressEnd is where a word ends that may be an address: --url has several, with
// commas between them.
func addressEnd(text string) int {
	for i := range len(text) {
		switch c := text[i]; {
		case c <= ' ', strings.IndexByte("\"'`<>", c) >= 0:
			return i
		case c == ',' && schemeEnd(text[i+1:]) > 0:
			return i
		}
	}
	return len(text)
}

// schemeEnd is where the authority of an address begins (RFC 3986 3.1), 0 if this
// isn't the beginning of one.
func schemeEnd(text string) int {
	const mark = "://"
	n := strings.Index(text, mark)
	if n < 1 || strings.TrimFunc(text[:n], inScheme) != "" {
		return 0
	}
	return n + len(mark)
}

func inScheme(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'
}

// redactAddress is one address, or a path with a query, without its secrets. What
// stands in front of it stays.
func redactAddress(word string) string {
	if n := strings.Index(word, "://"); n > 0 {
		n += len("://")
		if at := userEnd(word[n:]); at >= 0 {
			word = word[:n] + hidden + word[n+at:]
		}
	}
	path, query, ok := strings.Cut(word, "?")
	if !ok {
		return word
	}
	var b strings.Builder
	b.WriteString(path + "?")
	for query != "" {
		n := strings.IndexAny(query, "&#?")
		if n < 0 {
			n = len(query)
		}
		b.WriteString(redactPair(query[:n]))
		if n < len(query) {
			b.WriteByte(query[n])
			n++
		}
		query = query[n:]
	}
	return b.String()
}

// userEnd is where the @ behind user and password is in what follows the scheme, -1
// without one. A password may have marks in it that should have been escaped: then
// what stands behind the first colon is no port.
func userEnd(rest string) int {
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	if at := strings.LastIndexByte(rest[:end], '@'); at >= 0 {
		return at
	}
	_, port, _ := strings.Cut(rest[:end], ":")
	if rest[0:min(1, len(rest))] != "[" && strings.Trim(port, "0123456789") != "" {
		return strings.LastIndexByte(rest, '@')
	}
	return -1
}

// redactPair is NAME=VALUE of a query. Of a value that is filled in for each event,
// or viewer, the hole stays, and what a sentence has behind it.
func redactPair(pair string) string {
	name, value, ok := strings.Cut(pair, "=")
	bare := strings.TrimRight(value, ":.,;)")
	hole := strings.HasPrefix(bare, "{") && strings.IndexByte(bare, '}') == len(bare)-1
	if !ok || bare == "" || hole || !secret(name) {
		return pair
	}
	return name + "=" + hidden + value[len(bare):]
}

// secret says whether a value of this name in a query is likely to be one.
func secret(name string) bool {
	if plain, err := url.QueryUnescape(name); err == nil {
		name = plain
	}
	name = strings.NewReplacer("_", "", "-", "", ".", "").Replace(strings.ToLower(name))
	for _, part := range []string{"token", "secret", "passw", "signature", "credential"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	for _, end := range []string{"key", "auth", "authorization", "jwt", "pwd", "pass", "sig"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}
