package session

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestPublishAs: a subject's rate is its own, whoever else publishes, and
// counts whatever its rights.
func TestPublishAs(t *testing.T) {
	steps := []struct {
		after   time.Duration
		subject string
		granted bool
		room    string
		data    string
		want    Code
	}{
		{subject: "a", room: "open", data: `{"x" : 1}`},
		{subject: "a", room: "open", data: `1`},
		{subject: "a", room: "open", want: CodeRate},
		{subject: "b", room: "open"},
		{subject: "b", room: "closed", want: CodeForbidden},
		{subject: "b", room: "closed", granted: true},
		{subject: "b", room: "closed", granted: true, want: CodeRate},
		{after: time.Second, subject: "b", room: "open", data: `{`, want: CodeBadData},
		{after: time.Second, subject: "b", room: "no room", want: CodeBadRoom},
		{after: time.Second, subject: "b", room: "open", data: `[1, 2]`},
	}
	g := newRig(t, func(c *Config) {
		no := false
		c.Rules = []Rule{{Match: "closed", ClientPublish: &no}}
		c.PublishRate, c.PublishBurst = 1, 2
	})
	if !g.MayPublish("open") || g.MayPublish("closed") {
		t.Errorf("MayPublish: open %v, closed %v, want true, false", g.MayPublish("open"), g.MayPublish("closed"))
	}
	var last uint64
	for i, s := range steps {
		g.tick(s.after)
		id, err := g.PublishAs(s.subject, s.granted, s.room, "say", []byte(s.data))
		if code(t, err) != s.want {
			t.Errorf("step %d: %v, want %q", i, err, s.want)
		}
		if err == nil {
			if id != last+1 {
				t.Errorf("step %d: id %d, want %d", i, id, last+1)
			}
			last = id
		}
	}
	events, _, err := g.History("open", "", 9)
	var all []string
	for _, e := range events {
		all = append(all, string(e.Data))
	}
	if got, want := strings.Join(all, " "), `{"x":1} 1 null [1,2]`; err != nil || got != want {
		t.Errorf("the room holds %s, %v, want %s", got, err, want)
	}
}

// TestAllowances: a table of three subjects forgets who has a full allowance,
// and nobody else, and holds no more than that.
func TestAllowances(t *testing.T) {
	cfg := DefaultConfig()
	cfg.PublishRate, cfg.PublishBurst = 1, 2 // full after two seconds
	steps := []struct {
		after   time.Duration
		subject string
		want    Code
		known   int
	}{
		{subject: "a", known: 1},
		{subject: "a", known: 1},
		{subject: "a", want: CodeRate, known: 1},
		{subject: "b", known: 2},
		{subject: "c", known: 3},
		{subject: "d", want: CodeBusy, known: 3},
		{subject: "c", known: 3},
		{after: time.Second, subject: "a", known: 3},
		{subject: "a", want: CodeRate, known: 3},
		{after: time.Second + 2*tenth, subject: "b", known: 3}, // all older now
		{subject: "d", want: CodeBusy, known: 3},
		{after: 2 * time.Second, subject: "a", known: 3},
		{after: 2 * tenth, subject: "d", known: 3}, // c was left behind
		{subject: "e", want: CodeBusy, known: 3},
		{after: time.Hour, subject: "e", known: 1},
	}
	a := allowances{limit: 3}
	now := time.Hour
	for i, s := range steps {
		now += s.after
		if err := a.spend(&cfg, s.subject, now); code(t, err) != s.want {
			t.Errorf("step %d, %s: %v, want %q", i, s.subject, err, s.want)
		}
		if n := len(a.young) + len(a.old); n != s.known {
			t.Errorf("step %d, %s: %d subjects known, want %d", i, s.subject, n, s.known)
		}
	}
}

// TestAllowancesForget nobody who has spent something: by all ways to wait, a
// subject gets what a session would.
func TestAllowancesForget(t *testing.T) {
	for rate := range 5 {
		cfg := DefaultConfig()
		cfg.PublishRate, cfg.PublishBurst = rate, 3
		a, one := allowances{limit: 2}, allowance{tokens: cfg.full(), refilled: uint32(time.Hour / tenth)}
		now := time.Hour
		for i := range 500 {
			now += time.Duration(i*i%37) * tenth
			if i%7 == 0 { // others come by
				_ = a.spend(&cfg, fmt.Sprint("other", i), now)
			}
			got, want := a.spend(&cfg, "a", now), cfg.spend(&one.tokens, &one.refilled, now)
			if code(t, got) != code(t, want) {
				t.Fatalf("rate %d, step %d: %v, want %v", rate, i, got, want)
			}
		}
	}
}
