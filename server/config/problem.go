package config

import (
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// problem is a value that cannot be used.
type problem struct {
	path string
	text string
}

// problems validates every section and says by full path what is wrong.
func (c Config) problems() []problem {
	var out []problem
	said := map[problem]bool{}
	for _, s := range []struct {
		key string
		err error
	}{
		{"listener", c.Listener.Validate()},
		{"viewers", c.Viewers.Validate()},
		{"rooms", c.Rooms.Validate()},
		{"auth", c.Auth.Validate()},
		{"hooks", c.Hooks.Validate()},
		{"broker", c.Broker.Validate()},
		{"dispatch", c.Dispatch.Validate()},
		{"control", c.Control.Validate()},
		{"drain", c.Drain.Validate()},
		{"memory", c.Memory.Validate()},
		{"process", c.Process.Validate()},
		{"log", c.Log.Validate()},
	} {
		if s.err == nil {
			continue
		}
		for line := range strings.Lines(s.err.Error()) {
			p := problemOf(s.key, strings.TrimSuffix(line, "\n"))
			if !c.echo(p, said) {
				out, said[p] = append(out, p), true
			}
		}
	}
	return out
}

// problemOf splits a section's complaint "key.path: text". Packages name
// themselves in it where they are used without a section, too
// ("epoll.listen[0]" is listener.listen[0] here), so one part more than the
// tree knows is taken out. What names no key at all is about the section.
func problemOf(section, line string) problem {
	key, text, ok := strings.Cut(line, ": ")
	if !ok || !regexp.MustCompile(`^[a-z0-9_.\[\]]+$`).MatchString(key) {
		return problem{path: section, text: line}
	}
	parts := strings.Split(section+"."+key, ".")
	if path := strings.Join(parts, "."); isKey(path) {
		return problem{path: path, text: text}
	}
	for i := 1; i < len(parts)-1; i++ { // the section and the key stay
		path := strings.Join(append(parts[:i:i], parts[i+1:]...), ".")
		if isKey(path) {
			return problem{path: path, text: text}
		}
	}
	return problem{path: section, text: line}
}

// isKey reports whether the tree has a key of that path.
func isKey(path string) bool {
	_, ok := typeAt(path)
	return ok
}

// echo reports whether a problem of a rule is only inherited: a bad value of
// rooms.room is bad once, not once more for each rule that does not touch it.
func (c Config) echo(p problem, said map[problem]bool) bool {
	m := regexp.MustCompile(`^rooms\.rules\[(\d+)\]\.(.*)$`).FindStringSubmatch(p.path)
	if m == nil || !said[problem{path: "rooms.room." + m[2], text: p.text}] {
		return false
	}
	i, err := strconv.Atoi(m[1])
	if err != nil || i >= len(c.Rooms.Rules) {
		return false
	}
	field, ok := fieldOf(reflect.ValueOf(c.Rooms.Rules[i]), m[2])
	return ok && field.Kind() == reflect.Pointer && field.IsNil()
}
