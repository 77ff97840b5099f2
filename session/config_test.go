package session

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"grandstand/session/room"
)

// TestValidateListsAll: one Validate reports everything, with its place.
func TestValidateListsAll(t *testing.T) {
	if err := DefaultConfig().Validate(); err != nil {
		t.Errorf("default: %v", err)
	}
	zero, odd := 0, room.Policy("odd")
	bad := Config{
		PublishRate: -1, Rules: []Rule{{Match: "ok:*"}, {Match: "a*b"}, {History: &zero, Slow: &odd}},
		Room: room.DefaultConfig(), Shard: room.DefaultShardConfig(),
	}
	bad.Room.MaxReplay, bad.Shard.Chunk = -1, 0
	err := bad.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	want := []string{
		"max_rooms: 0", "max_rooms_per_session: 0", "max_rooms_per_socket: 0", "max_room_name: 0", "max_event_name: 0", "max_data: 0", "max_emit: 0", "max_batch: 0",
		"publish_rate: -1", "publish_burst: 0", "sweep: 0s", "room.max_replay: -1", "shard.chunk: 0",
		`rules[1].match: "a*b"`, `rules[2].match: ""`, "rules[2].history: 0", `rules[2].slow: "odd"`,
	}
	lines := "\n" + err.Error()
	for _, w := range want {
		if !strings.Contains(lines, "\n"+w) {
			t.Errorf("%q is not among the errors:%s", w, lines)
		}
	}
}

// TestNewHubRefuses a configuration or a number of shards it cannot have.
func TestNewHubRefuses(t *testing.T) {
	g := newRig(t, nil)
	if _, err := NewHub(Config{}, g.memory(brokerDefault), nil, 1, nil); err == nil || !strings.HasPrefix(err.Error(), "session: ") {
		t.Errorf("no configuration: %v", err)
	}
	for _, shards := range []int{0, 257} {
		if _, err := NewHub(DefaultConfig(), g.memory(brokerDefault), nil, shards, nil); err == nil {
			t.Errorf("%d shards are not refused", shards)
		}
	}
	if _, err := NewHub(DefaultConfig(), g.broker, nil, 1, nil); err == nil {
		t.Error("a broker with a receiver is not refused")
	}
}

// TestRules: the first that matches counts, alone; what it does not say is as
// elsewhere.
func TestRules(t *testing.T) {
	one, two, latest, pause, no, yes := 1, 2, room.Latest, 50*time.Millisecond, false, true
	g := newRig(t, func(c *Config) {
		c.ClientPublish = false
		c.Rules = []Rule{
			{Match: "match:42", History: &one},
			{Match: "match:*", History: &two, Slow: &latest, ClientPublish: &yes},
			{Match: "m*", FlushInterval: &pause},
			{Match: "match:7", History: &one},
			{Match: "star", ClientPublish: &no},
		}
	})
	tests := []struct {
		name, history, slow, interval string
		publish                       bool
	}{
		{name: "match:42", history: "1", slow: "skip", interval: "0s"},
		{name: "match:7", history: "2", slow: "latest", interval: "0s", publish: true},
		{name: "match:", history: "2", slow: "latest", interval: "0s", publish: true},
		{name: "match", history: "4096", slow: "skip", interval: "50ms"},
		{name: "star", history: "4096", slow: "skip", interval: "0s"},
		{name: "star:1", history: "4096", slow: "skip", interval: "0s"},
	}
	v := g.view(0)
	for _, tt := range tests {
		g.publish("1", tt.name)
		info, err := g.Room(tt.name)
		if err != nil {
			t.Fatal(err)
		}
		c := info.Config
		if fmt.Sprint(c.History) != tt.history || string(c.Slow) != tt.slow || c.FlushInterval.String() != tt.interval {
			t.Errorf("%s: history %d, slow %s, interval %v, want %s, %s, %s", tt.name, c.History, c.Slow, c.FlushInterval, tt.history, tt.slow, tt.interval)
		}
		v.do(func() {
			_, err = v.Publish(tt.name, "say", []byte("1"))
		})
		if got := code(t, err); (got == "") != tt.publish || got != "" && got != CodeForbidden {
			t.Errorf("%s: a viewer's publish: %v, want allowed %v", tt.name, err, tt.publish)
		}
	}
}

// TestReasons: no two endings share a text, which is a metric's label, or,
// where they are ours, a code.
func TestReasons(t *testing.T) {
	r := AllReasons()
	texts, codes := map[string]bool{}, map[uint16]bool{}
	for _, x := range []Reason{r.Left, r.Gone, r.Draining, r.Slow, r.Backlog, r.Silent, r.Kicked, r.Protocol, r.Flood, r.Overloaded, r.Handshake} {
		if x.Text == "" || texts[x.Text] || codes[x.Code] || x.Code < 1000 || x.Code > 4999 {
			t.Errorf("reason %+v is empty, out of range or there twice", x)
		}
		texts[x.Text], codes[x.Code] = true, true
	}
}
