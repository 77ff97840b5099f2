package transport

import (
	"strconv"
	"strings"
	"time"

	"grandstand/epoll/wire/http1"
)

// EngineCookie is what browsers are told about the cookie of an EnginePath. The
// words are those of RFC 6265 and its successor.
type EngineCookie struct {
	// Path is where the cookie is sent, with everything below it; "" is the
	// EnginePath itself, as browsers find it.
	Path string `yaml:"path"`
	// SameSite is from which pages it is sent: lax, strict or none.
	SameSite string `yaml:"same_site"`
	// Secure keeps it to https.
	Secure bool `yaml:"secure"`
	// HTTPOnly hides it from the page's scripts.
	HTTPOnly bool `yaml:"http_only"`
	// MaxAge is how long it is kept; 0 is as long as the browser runs.
	MaxAge time.Duration `yaml:"max_age"`
}

// The values of EngineCookie.SameSite.
const (
	SameSiteLax    = "lax"
	SameSiteStrict = "strict"
	SameSiteNone   = "none"
)

// validateCookie looks at the cookie and what is told about it.
func (p *EnginePath) validateCookie(bad func(format string, args ...any)) {
	for _, c := range p.Cookie { // RFC 6265 4.1.1: a token
		if c <= ' ' || c > '~' || strings.ContainsRune(`()<>@,;:\"/[]?={}`, c) {
			bad("cookie: %q, want a name of letters, digits and -_.", p.Cookie)
			break
		}
	}
	o := &p.CookieOptions
	ends := func(c rune) bool { return c < ' ' || c > '~' || c == ';' } // RFC 6265 4.1.1: path-value
	if o.Path != "" && o.Path[0] != '/' || strings.ContainsFunc(o.Path, ends) {
		bad("cookie_options.path: %q, want a path like /, or nothing", o.Path)
	}
	switch o.SameSite {
	case SameSiteLax, SameSiteStrict:
	case SameSiteNone:
		if !o.Secure { // browsers refuse it, and say so nowhere but in their console
			bad("cookie_options.same_site: none, want cookie_options.secure with it")
		}
	default:
		bad("cookie_options.same_site: %q, want %s, %s or %s", o.SameSite, SameSiteLax, SameSiteStrict, SameSiteNone)
	}
	// Browsers cut longer ones down to 400 days.
	if o.MaxAge < 0 || o.MaxAge > 400*24*time.Hour || o.MaxAge%time.Second != 0 {
		bad("cookie_options.max_age: %v, want 0 to 9600h in whole seconds", o.MaxAge)
	}
}

// cookie is the header field that sets the cookie, if there is to be one.
func (p *enginePath) cookie(e *engine) []http1.Field {
	if p.cfg.Cookie == "" {
		return nil
	}
	return []http1.Field{{Name: "Set-Cookie", Value: p.cfg.Cookie + "=" + e.id.String() + p.cfg.CookieOptions.attributes()}}
}

// attributes is what stands behind the cookie's value.
func (o *EngineCookie) attributes() string {
	var text string
	if o.MaxAge > 0 {
		text = "; Max-Age=" + strconv.Itoa(int(o.MaxAge/time.Second))
	}
	if o.Path != "" {
		text += "; Path=" + o.Path
	}
	if o.HTTPOnly {
		text += "; HttpOnly"
	}
	if o.Secure {
		text += "; Secure"
	}
	switch o.SameSite {
	case SameSiteStrict:
		return text + "; SameSite=Strict"
	case SameSiteNone:
		return text + "; SameSite=None"
	}
	return text + "; SameSite=Lax"
}
