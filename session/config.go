package session

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"grandstand/session/room"
)

// Config is the rules of the house: names, limits, rights.
type Config struct {
	// MaxRooms is how many rooms exist at once. One more takes the place of one
	// that nobody is in; a join or publish that needs more than that is refused.
	MaxRooms int `yaml:"max_rooms"`
	// MaxOwnRooms is how many rooms the server may make for itself beside them:
	// one per namespace, and one per socket that is sent something by its id.
	MaxOwnRooms int `yaml:"max_own_rooms"`
	// MaxRoomsPerSession is how many rooms one viewer may be in by itself.
	MaxRoomsPerSession int `yaml:"max_rooms_per_session"`
	// MaxRoomsPerSocket is how many an application may have a socket of its own
	// in, with those that it has joined by itself; not less than
	// MaxRoomsPerSession in any case.
	MaxRoomsPerSocket int `yaml:"max_rooms_per_socket"`
	// MaxRoomName is the length of a room's name in bytes.
	MaxRoomName int `yaml:"max_room_name"`
	// MaxEventName is the length of an event's name in bytes.
	MaxEventName int `yaml:"max_event_name"`
	// MaxData is the size of an event's data in bytes of JSON, as published.
	MaxData int `yaml:"max_data"`
	// MaxEmit is that of the arguments of an event that an application emits,
	// and of their attachments together.
	MaxEmit int `yaml:"max_emit"`
	// MaxBatch is how many events one publish may hold, and how many rooms
	// one broadcast.
	MaxBatch int `yaml:"max_batch"`
	// ClientPublish lets viewers publish.
	ClientPublish bool `yaml:"client_publish"`
	// PublishRate is how many events a second one viewer may publish.
	PublishRate int `yaml:"publish_rate"`
	// PublishBurst is how many at once.
	PublishBurst int `yaml:"publish_burst"`
	// MaxNamespaces is how many namespaces may come of patterns; a socket that
	// asks for one more is refused.
	MaxNamespaces int `yaml:"max_namespaces"`
	// Handlers is how an application's handlers run.
	Handlers HandlersConfig `yaml:"handlers"`
	// Recovery is what is kept of sockets that may come back.
	Recovery RecoveryConfig `yaml:"recovery"`
	// Sweep is how often old events and empty rooms are looked for.
	Sweep time.Duration `yaml:"sweep"`
	// Room is what a room keeps, unless a rule says otherwise.
	Room room.Config `yaml:"room"`
	// Rules change Room for rooms by name; the first that matches counts.
	Rules []Rule `yaml:"rules"`
	// Shard is the working rhythm of the walks.
	Shard room.ShardConfig `yaml:"shard"`
}

// HandlersConfig is how an application's handlers run.
type HandlersConfig struct {
	// Workers is how many run at once.
	Workers int `yaml:"workers"`
	// MaxPending is how many events of one socket may wait for their handlers.
	MaxPending int `yaml:"max_pending"`
	// Full is what happens above it.
	Full Full `yaml:"full"`
	// MaxWaiting is how many sockets may wait for a worker; above it those
	// that come are refused, and those that send are ended.
	MaxWaiting int `yaml:"max_waiting"`
}

// Full is what happens to a socket that sends faster than its handlers run.
type Full string

// The policies.
const (
	FullPause      Full = "pause"      // it waits: nothing more of it is read until they have caught up
	FullDisconnect Full = "disconnect" // it is ended
)

// RecoveryConfig is what is kept of sockets that may come back.
type RecoveryConfig struct {
	// MaxAge is for how long.
	MaxAge time.Duration `yaml:"max_age"`
	// MaxSockets is of how many; above it the oldest are forgotten.
	MaxSockets int `yaml:"max_sockets"`
}

// Rule is what is different for some rooms. What is nil is as elsewhere.
type Rule struct {
	// Match is a room's name, or its beginning followed by *.
	Match         string         `yaml:"match"`
	History       *int           `yaml:"history,omitempty"`
	HistoryBytes  *int           `yaml:"history_bytes,omitempty"`
	HistoryAge    *time.Duration `yaml:"history_age,omitempty"`
	MaxReplay     *int           `yaml:"max_replay,omitempty"`
	FlushInterval *time.Duration `yaml:"flush_interval,omitempty"`
	FlushDuty     *int           `yaml:"flush_duty,omitempty"`
	Slow          *room.Policy   `yaml:"slow,omitempty"`
	ClientPublish *bool          `yaml:"client_publish,omitempty"`
}

// DefaultConfig returns the values of configs/reference.yaml.
func DefaultConfig() Config {
	return Config{
		MaxRooms:           10000,
		MaxOwnRooms:        100000,
		MaxRoomsPerSession: 32,
		MaxRoomsPerSocket:  256,
		MaxRoomName:        256,
		MaxEventName:       256,
		MaxData:            64 << 10,
		MaxEmit:            1 << 20,
		MaxBatch:           1000,
		ClientPublish:      true,
		PublishRate:        10,
		PublishBurst:       20,
		MaxNamespaces:      1000,
		Handlers:           HandlersConfig{Workers: 64, MaxPending: 256, Full: FullPause, MaxWaiting: 65536},
		Recovery:           RecoveryConfig{MaxAge: 2 * time.Minute, MaxSockets: 100000},
		Sweep:              5 * time.Second,
		Room:               room.DefaultConfig(),
		Shard:              room.DefaultShardConfig(),
	}
}

// Validate reports every value that cannot be used.
func (c Config) Validate() error {
	var errs []error
	atLeast := func(key string, v, want int) {
		if v < want {
			errs = append(errs, fmt.Errorf("%s: %d, want at least %d", key, v, want))
		}
	}
	atLeast("max_rooms", c.MaxRooms, 1)
	atLeast("max_own_rooms", c.MaxOwnRooms, 1)
	atLeast("max_rooms_per_session", c.MaxRoomsPerSession, 1)
	atLeast("max_rooms_per_socket", c.MaxRoomsPerSocket, 1)
	atLeast("max_room_name", c.MaxRoomName, 1)
	atLeast("max_event_name", c.MaxEventName, 1)
	atLeast("max_data", c.MaxData, 2)
	atLeast("max_emit", c.MaxEmit, 2)
	atLeast("max_batch", c.MaxBatch, 1)
	atLeast("publish_rate", c.PublishRate, 0)
	atLeast("publish_burst", c.PublishBurst, 1)
	atLeast("max_namespaces", c.MaxNamespaces, 0)
	atLeast("handlers.workers", c.Handlers.Workers, 1)
	atLeast("handlers.max_pending", c.Handlers.MaxPending, 1)
	atLeast("handlers.max_waiting", c.Handlers.MaxWaiting, 1)
	if f := c.Handlers.Full; f != FullPause && f != FullDisconnect {
		errs = append(errs, fmt.Errorf("handlers.full: %q, want %s or %s", f, FullPause, FullDisconnect))
	}
	atLeast("recovery.max_sockets", c.Recovery.MaxSockets, 0)
	if c.Recovery.MaxAge < time.Second || c.Recovery.MaxAge > 24*time.Hour {
		errs = append(errs, fmt.Errorf("recovery.max_age: %v, want 1s to 24h", c.Recovery.MaxAge))
	}
	if c.Sweep < 100*time.Millisecond {
		errs = append(errs, fmt.Errorf("sweep: %v, want at least 100ms", c.Sweep))
	}
	errs = append(errs, prefixed("room.", c.Room.Validate()), prefixed("shard.", c.Shard.Validate()))
	for i, r := range c.Rules {
		at := fmt.Sprintf("rules[%d].", i)
		if r.Match == "" || strings.Contains(strings.TrimSuffix(r.Match, "*"), "*") {
			errs = append(errs, fmt.Errorf("%smatch: %q, want a name, or its beginning and *", at, r.Match))
		}
		errs = append(errs, prefixed(at, r.apply(c.Room).Validate()))
	}
	return errors.Join(errs...)
}

// prefixed puts the place before each of joined errors.
func prefixed(at string, err error) error {
	if err == nil {
		return nil
	}
	var errs []error
	for _, line := range strings.Split(err.Error(), "\n") {
		errs = append(errs, errors.New(at+line))
	}
	return errors.Join(errs...)
}

// matches reports whether the rule is for a room.
func (r *Rule) matches(name string) bool {
	if prefix, ok := strings.CutSuffix(r.Match, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return name == r.Match
}

// apply returns c with the rule's differences.
func (r *Rule) apply(c room.Config) room.Config {
	set(&c.History, r.History)
	set(&c.HistoryBytes, r.HistoryBytes)
	set(&c.HistoryAge, r.HistoryAge)
	set(&c.MaxReplay, r.MaxReplay)
	set(&c.FlushInterval, r.FlushInterval)
	set(&c.FlushDuty, r.FlushDuty)
	set(&c.Slow, r.Slow)
	return c
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}
