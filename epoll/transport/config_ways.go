package transport

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// The ways in, by name.
const (
	wayWebSocket = "websocket"
	waySSE       = "sse"
	wayStream    = "stream"
	wayLongPoll  = "longpoll"
	wayPoll      = "poll"
	wayIframe    = "iframe"
	wayJSONP     = "jsonp"
	wayMultipart = "multipart"
)

// ways lists all, the best first: the order in which a client tries them.
func ways() []string {
	return []string{wayWebSocket, waySSE, wayStream, wayLongPoll, wayPoll, wayIframe, wayJSONP, wayMultipart}
}

// CORS is what pages of other origins may do, beside Config.Origins.
type CORS struct {
	// Credentials lets pages send cookies. The origin is then named in every
	// answer, so shared caches keep one per origin.
	Credentials bool `yaml:"credentials"`
	// MaxAge is how long a browser may remember the answer to OPTIONS.
	MaxAge time.Duration `yaml:"max_age"`
}

// PollConfig is polling, long-polling and JSONP.
type PollConfig struct {
	// MaxAge is how long a shared cache may keep an answer.
	MaxAge time.Duration `yaml:"max_age"`
	// Interval is when a poller is asked to come again, at least.
	Interval time.Duration `yaml:"interval"`
	// MaxInterval is when at most, however many there are.
	MaxInterval time.Duration `yaml:"max_interval"`
	// Rate is how many polls a second are wanted: above it pollers are asked
	// to come less often.
	Rate int `yaml:"rate"`
	// MaxWait is how long a long-poll may be parked.
	MaxWait time.Duration `yaml:"max_wait"`
	// MaxEvents is how many events one answer to a poll that has fallen behind
	// holds; the others come with the next.
	MaxEvents int `yaml:"max_events"`
	// MaxBytes is how many bytes of events, or little more.
	MaxBytes int `yaml:"max_bytes"`
	// MaxPerIP is how many connections of one address may carry long-polls;
	// above it 429. 0 is any number.
	MaxPerIP int `yaml:"max_per_ip"`
	// MaxPerSession is the same for one session=.
	MaxPerSession int `yaml:"max_per_session"`
	// MaxPipelined is how many bytes of requests may wait behind a parked one.
	MaxPipelined int `yaml:"max_pipelined"`
}

// StreamConfig is what SSE, streams, iframes and multipart share.
type StreamConfig struct {
	// MaxBytes is what one response may have sent: a page keeps it all. At the
	// end the viewer is asked to come again.
	MaxBytes int `yaml:"max_bytes"`
	// MaxAge is how long one response may take.
	MaxAge time.Duration `yaml:"max_age"`
	// Padding is what an iframe begins with, and bounds padding=.
	Padding int `yaml:"padding"`
	// Retry is how soon an EventSource comes back.
	Retry time.Duration `yaml:"retry"`
	// MaxPerIP is how many streams one address may have; above it 429. 0 is
	// any number.
	MaxPerIP int `yaml:"max_per_ip"`
}

// SendConfig is POST PREFIX/send.
type SendConfig struct {
	// MaxMessages is how many one request may hold.
	MaxMessages int `yaml:"max_messages"`
}

func defaultCORS() CORS { return CORS{MaxAge: 10 * time.Minute} }

func defaultPoll() PollConfig {
	return PollConfig{
		MaxAge: time.Second, Interval: time.Second, MaxInterval: 30 * time.Second, Rate: 5000,
		MaxWait: 55 * time.Second, MaxEvents: 256, MaxBytes: 64 << 10,
		MaxPerSession: 2, MaxPipelined: 16 << 10,
	}
}

func defaultStream() StreamConfig {
	return StreamConfig{MaxBytes: 16 << 20, MaxAge: time.Hour, Padding: 2 << 10, Retry: time.Second}
}

// validateWays reports every value of the HTTP ways that cannot be used.
func (c *Config) validateWays() error {
	var errs []error
	number := func(key string, v, low, high int) {
		if v < low || v > high {
			errs = append(errs, fmt.Errorf("%s: %d, want %d to %d", key, v, low, high))
		}
	}
	span := func(key string, v, low, high time.Duration) {
		if v < low || v > high {
			errs = append(errs, fmt.Errorf("%s: %v, want %v to %v", key, v, low, high))
		}
	}
	for i, t := range c.Transports {
		if !slices.Contains(ways(), t) {
			errs = append(errs, fmt.Errorf("transports[%d]: %q, want one of %v", i, t, ways()))
		}
	}
	const most = 1 << 20
	span("cors.max_age", c.CORS.MaxAge, 0, 24*time.Hour)
	span("poll.max_age", c.Poll.MaxAge, 0, time.Hour)
	span("poll.interval", c.Poll.Interval, 100*time.Millisecond, time.Hour)
	span("poll.max_interval", c.Poll.MaxInterval, c.Poll.Interval, time.Hour)
	number("poll.rate", c.Poll.Rate, 1, most)
	span("poll.max_wait", c.Poll.MaxWait, time.Second, 10*time.Minute)
	number("poll.max_events", c.Poll.MaxEvents, 1, most)
	number("poll.max_bytes", c.Poll.MaxBytes, 1024, most)
	number("poll.max_per_ip", c.Poll.MaxPerIP, 0, most)
	number("poll.max_per_session", c.Poll.MaxPerSession, 0, most)
	number("poll.max_pipelined", c.Poll.MaxPipelined, 1024, most)
	number("stream.max_bytes", c.Stream.MaxBytes, 64<<10, 1<<30)
	span("stream.max_age", c.Stream.MaxAge, time.Second, 24*time.Hour)
	number("stream.padding", c.Stream.Padding, 0, 16<<10)
	span("stream.retry", c.Stream.Retry, 100*time.Millisecond, time.Hour)
	number("stream.max_per_ip", c.Stream.MaxPerIP, 0, most)
	number("send.max_messages", c.Send.MaxMessages, 1, 10000)
	return errors.Join(errs...)
}
