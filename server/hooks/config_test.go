package hooks

import (
	"math"
	"strings"
	"testing"
	"time"
)

// TestValidate names every key that is wrong, and no secret.
func TestValidate(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	tests := []struct {
		name string
		set  func(*Config)
		want string // lines, joined by |; "" is none
	}{
		{name: "plain", set: func(c *Config) { c.URL = "http://127.0.0.1:3000/hook" }},
		{name: "tls", set: func(c *Config) { c.URL = "https://app.example/hook?key=secret" }},
		{name: "scheme", set: func(c *Config) { c.URL = "ftp://hidden" }, want: "url: want http:// or https://"},
		{name: "no scheme", set: func(c *Config) { c.URL = "app.example:80" }, want: "url: want http:// or https://"},
		{name: "no URL", set: func(c *Config) { c.URL = "http://hidden\x00" }, want: "url: not a URL"},
		{name: "no host", set: func(c *Config) { c.URL = "http:///hidden" }, want: "url: has no host"},
		{name: "user", set: func(c *Config) { c.URL = "http://a:hidden@b/" }, want: "url: has a user in it: give credentials by headers"},
		{name: "fragment", set: func(c *Config) { c.URL = "http://b/#hidden" }, want: "url: has a fragment, which is not sent"},
		{name: "secret", set: func(c *Config) { c.Secret = "hidden" }, want: "secret: 6 bytes, want none or at least 32"},
		{name: "headers", set: func(c *Config) {
			c.Headers = []string{"Authorization: Bearer x", "hidden", "a b: hidden", "A: hidden\r\nB: c", "Host: hidden", "x-grandstand-id: hidden", "A:"}
		}, want: `headers[1]: want "Name: value"|headers[2]: want "Name: value"|headers[3]: the value of A holds bytes that are not printable ASCII|` +
			`headers[4]: Host is set by the server|headers[5]: x-grandstand-id is set by the server|headers[6]: want "Name: value"`},
		{name: "events", set: func(c *Config) { c.Events = []string{"join", "quit"} },
			want: `events[1]: "quit", want one of connect, join, publish, event, disconnect`},
		{name: "names", set: func(c *Config) { c.Names = []string{"chat:*", "a*b", ""} },
			want: `names[1]: "a*b", want an event's name, or its beginning and *|names[2]: "", want an event's name, or its beginning and *`},
		{name: "policy", set: func(c *Config) { c.WhenDown = "maybe" }, want: `when_down: "maybe", want allow or deny`},
		{name: "deadline", set: func(c *Config) { c.Deadline = time.Second }, want: "deadline: 1s, want 5s to 10m0s"},
		{name: "backoff", set: func(c *Config) { c.MaxBackoff = time.Millisecond }, want: "max_backoff: 1ms, want 100ms to 10m0s"},
		{name: "all", set: func(c *Config) { *c = Config{WhenDown: Deny} },
			want: "timeout: 0s, want 1ms to 10m0s|deadline: 0s, want 1ms to 10m0s|attempts: 0, want 1 to 20|backoff: 0s, want 1ms to 10m0s|" +
				"max_backoff: 0s, want 1ms to 10m0s|concurrency: 0, want 2 to 4096|queue: 0, want 1 to 1048576|max_body: 0, want 2 to 16777216|" +
				"breaker.cooldown: 0s, want 1ms to 10m0s"},
		{name: "large", set: func(c *Config) { c.Breaker.Failures, c.Timeout = math.MaxInt, math.MaxInt64 },
			want: "timeout: 2562047h47m16.854775807s, want 1ms to 10m0s|deadline: 15s, want 10m0s to 10m0s|" +
				"breaker.failures: 9223372036854775807, want 0 to 1048576"},
	}
	for _, tt := range tests {
		c := DefaultConfig()
		tt.set(&c)
		got := ""
		if err := c.Validate(); err != nil {
			got = strings.ReplaceAll(err.Error(), "\n", "|")
		}
		if got != tt.want || strings.Contains(got, "hidden") {
			t.Errorf("%s: Validate = %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// TestRedacted hides what may be secret, and leaves the original alone.
func TestRedacted(t *testing.T) {
	c := DefaultConfig()
	c.URL, c.Secret, c.Headers = "https://a/b?key=hidden", "hidden", []string{"Authorization: hidden"}
	got := c.Redacted("(x)")
	if got.URL != "https://a/b?(x)" || got.Secret != "(x)" || got.Headers[0] != "Authorization: (x)" {
		t.Errorf("Redacted = %q, %q, %q", got.URL, got.Secret, got.Headers)
	}
	if !strings.Contains(c.Headers[0], "hidden") {
		t.Error("Redacted changed the configuration")
	}
}
