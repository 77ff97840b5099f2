package auth

import (
	"strings"
	"testing"
	"time"
)

// TestValidate reports everything at once, and nothing of a key.
func TestValidate(t *testing.T) {
	const short = "hunter2-hunter2"
	tests := []struct {
		name string
		cfg  Config
		want string
	}{
		{name: "defaults", cfg: DefaultConfig()},
		{name: "secrets", cfg: Config{Secret: secret, Previous: []string{old}, TTL: time.Minute}},
		{name: "shortest secret", cfg: Config{Secret: strings.Repeat("s", 32), TTL: 30 * 24 * time.Hour}},
		{name: "short secret", cfg: Config{Secret: short, TTL: time.Hour}, want: "secret: 15 bytes, want none or at least 32"},
		{name: "nothing follows", cfg: Config{Previous: []string{old}, TTL: time.Hour},
			want: "previous: 1 keys, but secret is empty: name the key that follows them"},
		{name: "too many", cfg: Config{Secret: secret, Previous: []string{old, old, old, old, old}, TTL: time.Hour},
			want: "previous: 5 keys, want at most 4"},
		{name: "all of it", cfg: Config{Secret: short, Previous: []string{old, short, ""}, TTL: time.Second},
			want: "secret: 15 bytes, want none or at least 32\nprevious[1]: 15 bytes, want at least 32\n" +
				"previous[2]: 0 bytes, want at least 32\nttl: 1s, want 1m to 720h"},
		{name: "long", cfg: Config{TTL: 721 * time.Hour}, want: "ttl: 721h0m0s, want 1m to 720h"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if err := tt.cfg.Validate(); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("Validate: %q, want %q", got, tt.want)
			}
		})
	}
}
