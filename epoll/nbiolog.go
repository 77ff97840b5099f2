package epoll

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"

	"github.com/lesismal/nbio/logging"
)

// nbioLog routes nbio's log lines to slog.
//
// nbio has one logger per process. The first Group installs this one; every later
// Group only changes where it leads, which is safe while loops are running.
type nbioLog struct {
	to atomic.Pointer[slog.Logger]
}

var _ logging.Logger = (*nbioLog)(nil)

// routeLog makes log the destination of nbio's lines.
func routeLog(log *slog.Logger) {
	l, ok := logging.DefaultLogger.(*nbioLog)
	if !ok {
		l = &nbioLog{}
		l.to.Store(log)
		logging.SetLogger(l)
		return
	}
	l.to.Store(log)
}

func (l *nbioLog) log(level slog.Level, format string, v []any) {
	log := l.to.Load()
	if ctx := context.Background(); log.Enabled(ctx, level) {
		log.LogAttrs(ctx, level, "nbio", slog.String("line", fmt.Sprintf(format, v...)))
	}
}

// Debug implements logging.Logger.
func (l *nbioLog) Debug(format string, v ...any) { l.log(slog.LevelDebug, format, v) }

// Info implements logging.Logger. nbio's start and stop lines say nothing that a
// Group does not say itself, so they are for debugging too.
func (l *nbioLog) Info(format string, v ...any) { l.log(slog.LevelDebug, format, v) }

// Warn implements logging.Logger.
func (l *nbioLog) Warn(format string, v ...any) { l.log(slog.LevelWarn, format, v) }

// Error implements logging.Logger.
func (l *nbioLog) Error(format string, v ...any) { l.log(slog.LevelError, format, v) }
