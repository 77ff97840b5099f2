package config

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

// envPrefix begins the names of our environment variables.
const envPrefix = "GRANDSTAND_"

// variableOf is the name of the environment variable for a key.
func variableOf(path string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// environment lays variables, each "NAME=value", over the configuration.
func (l *loader) environment(env []string) {
	// From the keys to the names, never back: "_" may join or be part of a key,
	// so a name alone does not say where its path is cut.
	known := leaves()
	byName := make(map[string]leaf, len(known))
	names := make([]string, len(known))
	for i, lf := range known {
		names[i] = variableOf(lf.path)
		byName[names[i]] = lf
	}
	for _, entry := range env {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, envPrefix) {
			continue
		}
		lf, ok := byName[name]
		switch {
		case ok:
			l.variable(name, value, lf)
		case !serviceLink(name, value):
			text := "unknown variable"
			if near := nearest(name, names); near != "" {
				text += ", did you mean " + near + "?"
			}
			l.errs = append(l.errs, Error{Source: name, Text: text, rank: rankEnvironment})
		}
	}
}

// variable sets one key from one variable.
func (l *loader) variable(name, value string, lf leaf) {
	v := reflect.ValueOf(&l.cfg).Elem().FieldByIndex(lf.index)
	bad := func(text string) {
		l.errs = append(l.errs, Error{Source: name, Key: lf.path, Text: text, rank: rankEnvironment, lost: true})
	}
	if v.Kind() == reflect.Slice {
		if v.Type().Elem().Kind() != reflect.String {
			bad("a list of sections cannot be given by a variable, only by a file")
			return
		}
		setList(v, value)
	} else if setText(v, value) != nil {
		bad(fmt.Sprintf("%s, %s", shown(lf.path, value), wants(lf.typ)))
		return
	}
	l.from.replace(lf.path, name, rankEnvironment)
}

// serviceLink reports whether Kubernetes set the variable by itself, as it
// does in every pod for every service in reach: one named "grandstand" gives
// GRANDSTAND_SERVICE_HOST, GRANDSTAND_PORT=tcp://..., and more.
func serviceLink(name, value string) bool {
	host := regexp.MustCompile(`_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$`)
	part := regexp.MustCompile(`_PORT_[0-9]+_(TCP|UDP|SCTP)(_PROTO|_PORT|_ADDR)?$`)
	address := regexp.MustCompile(`^(tcp|udp|sctp)://`)
	return host.MatchString(name) || part.MatchString(name) ||
		strings.HasSuffix(name, "_PORT") && address.MatchString(value)
}
