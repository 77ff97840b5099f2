package transport

import (
	"strings"
	"testing"
	"time"

	"grandstand/session"
)

func TestDefaultConfig(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
}

// TestValidate: every value that cannot be used is named with its key, all at
// once.
func TestValidate(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(c *Config)
		want   string // "" if it is fine
	}{
		{"short prefix", func(c *Config) { c.Prefix = "/x" }, ""},
		{"no prefix", func(c *Config) { c.Prefix = "" }, "prefix:"},
		{"prefix without slash", func(c *Config) { c.Prefix = "live" }, "prefix:"},
		{"prefix that ends in a slash", func(c *Config) { c.Prefix = "/live/" }, "prefix:"},
		{"prefix with a query", func(c *Config) { c.Prefix = "/live?x" }, "prefix:"},
		{"no origins", func(c *Config) { c.Origins = nil }, ""},
		{"origins", func(c *Config) { c.Origins = []string{"*", "https://a.b:8443", "http://*.a.b"} }, ""},
		{"origin without scheme", func(c *Config) { c.Origins = []string{"*", "a.b"} }, "origins[1]:"},
		{"origin with path", func(c *Config) { c.Origins = []string{"https://a.b/"} }, "origins[0]:"},
		{"origin with user", func(c *Config) { c.Origins = []string{"https://u@a.b"} }, "origins[0]:"},
		{"empty origin", func(c *Config) { c.Origins = []string{""} }, "origins[0]:"},
		{"head timeout", func(c *Config) { c.HeadTimeout = time.Millisecond }, "head_timeout:"},
		{"body timeout", func(c *Config) { c.BodyTimeout = 2 * time.Hour }, "body_timeout:"},
		{"idle timeout", func(c *Config) { c.IdleTimeout = 0 }, "idle_timeout:"},
		{"ping interval", func(c *Config) { c.PingInterval = -1 }, "ping_interval:"},
		{"silence", func(c *Config) { c.Silence = c.PingInterval }, "silence:"},
		{"message rate", func(c *Config) { c.MessageRate = -1 }, "message_rate:"},
		{"no message rate", func(c *Config) { c.MessageRate = 0 }, ""},
		{"rooms in a URL", func(c *Config) { c.MaxURLRooms = 0 }, "max_url_rooms:"},
		{"http", func(c *Config) { c.HTTP.MaxHead = 1 }, "max_head:"},
		{"websocket", func(c *Config) { c.WebSocket.MaxMessage = 0 }, "websocket.max_message:"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := DefaultConfig()
			tt.change(&c)
			err := c.Validate()
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "websocket.websocket") {
				t.Errorf("a key twice: %v", err)
			}
		})
	}
	c := DefaultConfig()
	c.Prefix, c.MessageRate, c.MaxURLRooms = "", -1, 0
	if err := c.Validate(); strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("%v, want three lines", err)
	}
}

func TestOrigins(t *testing.T) {
	for _, tt := range []struct {
		list, origin string
		allow        bool
	}{
		{"*", "https://anywhere.example", true},
		{"*", "null", true},
		{"https://a.b", "", true}, // no browser
		{"https://a.b", "https://a.b", true},
		{"https://A.B", "HTTPS://a.b", true},
		{"https://a.b", "http://a.b", false},
		{"https://a.b", "https://a.b:444", false},
		{"https://a.b", "https://a.b.c", false},
		{"https://a.b", "https://xa.b", false},
		{"https://a.b", "null", false},
		{"https://*.a.b", "https://c.a.b", true},
		{"https://*.a.b", "https://d.c.a.b", true},
		{"https://*.a.b", "https://a.b", false},
		{"https://*.a.b", "https://.a.b", false},
		{"https://*.a.b", "https://xa.b", false},
		{"https://*.a.b", "http://c.a.b", false},
		{"https://*.a.b:8443", "https://c.a.b:8443", true},
		{"https://*.a.b:8443", "https://c.a.b", false},
		{"https://x.y https://*.a.b", "https://x.y", true},
		{"", "https://a.b", false},
	} {
		o := parseOrigins(strings.Fields(tt.list))
		if got := o.allow(tt.origin); got != tt.allow {
			t.Errorf("list %q, origin %q: %t, want %t", tt.list, tt.origin, got, tt.allow)
		}
	}
}

// TestStatus: a refusal of the room side has an HTTP status of its kind.
func TestStatus(t *testing.T) {
	for code, want := range map[session.Code]int{
		session.CodeForbidden: 403, session.CodeNotFound: 404, session.CodeTooLarge: 413,
		session.CodeBusy: 503, session.CodeStopping: 503, session.CodeTooManyRooms: 503, session.CodeUnavailable: 503,
		session.CodeBadRoom: 400, session.CodeBadCursor: 400,
	} {
		if got := status(code); got != want {
			t.Errorf("status of %s: %d, want %d", code, got, want)
		}
	}
}
