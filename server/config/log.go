package config

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// Log is how the server reports.
type Log struct {
	// Level is the least that is written: debug, info, warn or error.
	Level string `yaml:"level"`
	// Format is text, for people, or json, for what collects logs.
	Format string `yaml:"format"`
}

// DefaultLog returns the values of configs/reference.yaml.
func DefaultLog() Log { return Log{Level: "info", Format: "text"} }

// Validate reports every value that cannot be used.
func (l Log) Validate() error {
	var errs []error
	if _, ok := l.level(); !ok {
		errs = append(errs, fmt.Errorf("level: %q, want debug, info, warn or error", l.Level))
	}
	if l.Format != "text" && l.Format != "json" {
		errs = append(errs, fmt.Errorf("format: %q, want text or json", l.Format))
	}
	return errors.Join(errs...)
}

// New returns a logger that writes to w. A Log that is not valid writes as
// the default does.
func (l Log) New(w io.Writer) *slog.Logger {
	level, _ := l.level()
	opts := &slog.HandlerOptions{Level: level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// level is Level as slog knows it. slog's own parser would take "INFO+2".
func (l Log) level() (slog.Level, bool) {
	switch l.Level {
	case "debug":
		return slog.LevelDebug, true
	case "info":
		return slog.LevelInfo, true
	case "warn":
		return slog.LevelWarn, true
	case "error":
		return slog.LevelError, true
	}
	return slog.LevelInfo, false
}
