package hooks

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Policy is what it means that the hook cannot be asked.
type Policy string

// The policies.
const (
	Allow Policy = "allow" // as if the answer had been empty
	Deny  Policy = "deny"  // as if the answer had been a rejection
)

// Config is where the application is, and how patiently it is asked.
type Config struct {
	// URL is the endpoint; "" turns hooks off.
	URL string `yaml:"url"`
	// Secret signs what is sent; "" leaves it unsigned.
	Secret string `yaml:"secret"`
	// Headers are added to every request, each "Name: value".
	Headers []string `yaml:"headers"`
	// Events are the hooks that are called.
	Events []string `yaml:"events"`
	// Names are the events that publish and event are called for.
	Names []string `yaml:"names"`
	// WhenDown is what happens without an answer.
	WhenDown Policy `yaml:"when_down"`
	// Timeout is how long one request may take, connecting included.
	Timeout time.Duration `yaml:"timeout"`
	// Deadline is how long one call may take, waiting and retries included.
	Deadline time.Duration `yaml:"deadline"`
	// Attempts is how many requests one call may make.
	Attempts int `yaml:"attempts"`
	// Backoff bounds the pause before the second request; it doubles.
	Backoff time.Duration `yaml:"backoff"`
	// MaxBackoff is what it grows to.
	MaxBackoff time.Duration `yaml:"max_backoff"`
	// Concurrency is how many requests there are at once.
	Concurrency int `yaml:"concurrency"`
	// Queue is how many calls may wait, and how many notices beside them.
	Queue int `yaml:"queue"`
	// MaxBody is the size of an answer in bytes.
	MaxBody int `yaml:"max_body"`
	// Breaker stops requests to an application that is down.
	Breaker BreakerConfig `yaml:"breaker"`
}

// BreakerConfig is when requests stop, and for how long.
type BreakerConfig struct {
	// Failures in a row stop requests; 0 never does.
	Failures int `yaml:"failures"`
	// Cooldown is how long until one request tries again.
	Cooldown time.Duration `yaml:"cooldown"`
}

// Limits of the configuration.
const (
	// minSecret is the least length of a secret in bytes, that of the hash's
	// result: RFC 2104 §3.
	minSecret = 32
	// minConcurrency leaves one request to calls when notices have the other.
	minConcurrency = 2
	// maxConcurrency is a goroutine and a connection each; an application that
	// needs more wants several servers.
	maxConcurrency = 4096
	// maxQueue is some 2 GiB of calls with the largest events.
	maxQueue = 1 << 20
	// maxAttempts is more than fit into a deadline that anybody waits for.
	maxAttempts = 20
	// maxAnswer keeps one answer from taking the server's memory.
	maxAnswer = 16 << 20
	// minWait is the least of a duration: less is a mistake with the unit.
	minWait = time.Millisecond
	// maxWait is the longest that anything here may take.
	maxWait = 10 * time.Minute
)

// DefaultConfig returns the values of configs/reference.yaml.
func DefaultConfig() Config {
	return Config{
		Events:      KindNames(),
		Names:       []string{"*"},
		WhenDown:    Deny,
		Timeout:     5 * time.Second,
		Deadline:    15 * time.Second,
		Attempts:    3,
		Backoff:     100 * time.Millisecond,
		MaxBackoff:  2 * time.Second,
		Concurrency: 64,
		Queue:       4096,
		MaxBody:     2 << 20,
		Breaker:     BreakerConfig{Failures: 10, Cooldown: 5 * time.Second},
	}
}

// Validate reports every value that cannot be used, and nothing of what may
// be secret: the URL, the headers' values and the secret.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.URL != "" {
		if _, err := parseURL(c.URL); err != nil {
			bad("url: %w", err)
		}
	}
	if n := len(c.Secret); n > 0 && n < minSecret {
		bad("secret: %d bytes, want none or at least %d", n, minSecret)
	}
	for i, line := range c.Headers {
		if _, _, err := parseHeader(line); err != nil {
			bad("headers[%d]: %w", i, err)
		}
	}
	for i, name := range c.Events {
		if !slices.Contains(KindNames(), name) {
			bad("events[%d]: %q, want one of %s", i, name, strings.Join(KindNames(), ", "))
		}
	}
	for i, name := range c.Names {
		if name == "" || strings.Contains(strings.TrimSuffix(name, "*"), "*") {
			bad("names[%d]: %q, want an event's name, or its beginning and *", i, name)
		}
	}
	if c.WhenDown != Allow && c.WhenDown != Deny {
		bad("when_down: %q, want %s or %s", c.WhenDown, Allow, Deny)
	}
	c.validateBounds(bad)
	return errors.Join(errs...)
}

// validateBounds looks at numbers and times.
func (c *Config) validateBounds(bad func(format string, args ...any)) {
	between := func(key string, v, least, most int) {
		if v < least || v > most {
			bad("%s: %d, want %d to %d", key, v, least, most)
		}
	}
	lasts := func(key string, d, least, most time.Duration) {
		if d < least || d > most {
			bad("%s: %v, want %v to %v", key, d, least, most)
		}
	}
	lasts("timeout", c.Timeout, minWait, maxWait)
	lasts("deadline", c.Deadline, max(minWait, min(c.Timeout, maxWait)), maxWait)
	between("attempts", c.Attempts, 1, maxAttempts)
	lasts("backoff", c.Backoff, minWait, maxWait)
	lasts("max_backoff", c.MaxBackoff, max(minWait, min(c.Backoff, maxWait)), maxWait)
	between("concurrency", c.Concurrency, minConcurrency, maxConcurrency)
	between("queue", c.Queue, 1, maxQueue)
	between("max_body", c.MaxBody, 2, maxAnswer)
	between("breaker.failures", c.Breaker.Failures, 0, 1<<20)
	lasts("breaker.cooldown", c.Breaker.Cooldown, minWait, maxWait)
}

// Redacted returns a copy that may be shown: marked stands for the secret and
// for the values of headers, which may be credentials, and for what the URL
// has after its path.
func (c Config) Redacted(marked string) Config {
	if c.Secret != "" {
		c.Secret = marked
	}
	c.Headers = slices.Clone(c.Headers)
	for i, line := range c.Headers {
		name, _, _ := strings.Cut(line, ":")
		c.Headers[i] = name + ": " + marked
	}
	if before, _, found := strings.Cut(c.URL, "?"); found {
		c.URL = before + "?" + marked
	}
	return c
}

// parseURL reads the endpoint. The errors do not quote it: it may hold a key.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("not a URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("want http:// or https://")
	case u.Hostname() == "":
		return nil, errors.New("has no host")
	case u.User != nil:
		return nil, errors.New("has a user in it: give credentials by headers")
	case u.Fragment != "":
		return nil, errors.New("has a fragment, which is not sent")
	}
	return u, nil
}

// parseHeader splits "Name: value". The errors quote no value.
func parseHeader(line string) (name, value string, err error) {
	name, value, found := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	if !found || !token(name) || value == "" {
		return "", "", errors.New(`want "Name: value"`)
	}
	for i := range len(value) {
		if value[i] < ' ' || value[i] > '~' {
			return "", "", fmt.Errorf("the value of %s holds bytes that are not printable ASCII", name)
		}
	}
	lower := strings.ToLower(name)
	switch lower {
	case "host", "connection", "content-type", "content-length", "transfer-encoding", "expect", "upgrade":
		return "", "", fmt.Errorf("%s is set by the server", name)
	}
	if strings.HasPrefix(lower, "x-grandstand-") {
		return "", "", fmt.Errorf("%s is set by the server", name)
	}
	return name, value, nil
}

// token reports whether s is one: RFC 9110 §5.6.2.
func token(s string) bool {
	for i := range len(s) {
		c := s[i]
		alnum := '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !alnum && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}
