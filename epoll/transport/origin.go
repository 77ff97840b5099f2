package transport

import (
	"maps"
	"slices"
	"strings"
)

// origins is an allow-list of pages.
type origins struct {
	any   bool
	exact map[string]bool
	under []originTree
}

// originTree is scheme://*.domain: every host below domain.
type originTree struct{ scheme, suffix string }

func parseOrigins(list []string) origins {
	o := origins{exact: make(map[string]bool)}
	for _, s := range list {
		s = strings.ToLower(s)
		if s == "*" {
			o.any = true
		} else if scheme, domain, ok := strings.Cut(s, "://*."); ok {
			o.under = append(o.under, originTree{scheme + "://", "." + domain})
		} else {
			o.exact[s] = true
		}
	}
	return o
}

// allow reports whether a page of that origin may connect. No origin is no
// browser: it can say what it likes, so the list would not keep it out.
func (o *origins) allow(origin string) bool {
	if origin == "" || o.any {
		return true
	}
	origin = strings.ToLower(origin)
	if o.exact[origin] {
		return true
	}
	for _, t := range o.under {
		rest, ok := strings.CutPrefix(origin, t.scheme)
		if ok && strings.HasSuffix(rest, t.suffix) && len(rest) > len(t.suffix) {
			return true
		}
	}
	return false
}

// ancestors is the same list for a Content-Security-Policy: who may frame what
// is sent.
func (o *origins) ancestors() string {
	if o.any {
		return "; frame-ancestors *"
	}
	list := "; frame-ancestors 'self'"
	for _, origin := range slices.Sorted(maps.Keys(o.exact)) {
		list += " " + origin
	}
	for _, t := range o.under {
		list += " " + t.scheme + "*" + t.suffix
	}
	return list
}
