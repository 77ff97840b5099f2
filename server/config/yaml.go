package config

import (
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// AppendYAML appends the configuration as a file that Load reads back to the
// same values. Secrets are in it: show Redacted() instead.
func (c Config) AppendYAML(dst []byte) ([]byte, error) {
	text, err := yaml.MarshalWithOptions(c,
		yaml.Indent(2),
		yaml.IndentSequence(true),
		yaml.CustomMarshaler(func(d time.Duration) ([]byte, error) { return []byte(shortDuration(d)), nil }),
	)
	if err != nil {
		return dst, fmt.Errorf("config: write YAML: %w", err)
	}
	return append(dst, text...), nil
}

// shortDuration is d as a person writes it: 10m, not 10m0s.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
