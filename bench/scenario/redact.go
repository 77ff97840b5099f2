package scenario

import (
	"slices"
	"strings"
)

// hidden stands for a secret in what is saved.
const hidden = "***"

// Redact is a command line without the secrets in it, for reports, which people
// hand on: keys, tokens, what header lines say, and what addresses hold of that.
func Redact(args []string) []string {
	out := slices.Clone(args)
	flag := "" // whose value comes next
	for i, arg := range out {
		name, value, joined := strings.Cut(arg, "=")
		name, long := strings.CutPrefix(name, "--")
		switch {
		case !long || secretFlag(flag):
			out[i], flag = redactValue(flag, arg), ""
		case joined:
			out[i], flag = "--"+name+"="+redactValue(name, value), ""
		default:
			flag = name
		}
	}
	return out
}

// secretFlag says whether the value of a flag is one, whatever it looks like.
func secretFlag(name string) bool { return name == "api-key" || name == "token" || name == "auth" }

// redactValue is the value of a flag as it may be saved.
func redactValue(flag, value string) string {
	switch flag {
	case "api-key", "token":
		return hidden
	case "auth":
		if value == `{"rooms":{rooms}}` {
			return value // rooms are no secret
		}
		return hidden
	case "header", "publish-header":
		return RedactText(redactHeader(value))
	case "set": // of bench compare: KEY=VALUE;KEY=VALUE
		pairs := strings.Split(value, ";")
		for i, pair := range pairs {
			if key, v, ok := strings.Cut(pair, "="); ok {
				pairs[i] = key + "=" + redactValue(key, v)
			}
		}
		return strings.Join(pairs, ";")
	}
	return RedactText(value)
}

// redactHeader leaves the name of a header line, and the value of those that are
// known to be harmless.
func redactHeader(line string) string {
	name, _, ok := strings.Cut(line, ":")
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "accept", "content-type", "origin", "user-agent":
		return line
	}
	if !ok {
		return hidden
	}
	return name + ": " + hidden
}
