package metrics

import (
	"fmt"
	"io"
	"runtime"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"

	"grandstand/epoll"
	"grandstand/session"
	"grandstand/session/dispatch"
)

// Sources is where the figures come from. Each is called once per scrape,
// from the scraper's goroutine; the metrics of one that is nil are left out.
type Sources struct {
	Hub  func() session.Stats
	Loop func() epoll.Stats
	Pool func() dispatch.Stats
	// Viewers is sessions now, by way in; Polls counts polls answered, by status.
	Viewers, Polls func() map[string]int64
	// Rejected counts handshakes that were refused, by reason; Ended counts
	// sessions that ended, by the text of their Reason.
	Rejected, Ended func() map[string]int64
	Hooks           func() Hooks
}

// Metrics is the figures of one server. Its methods may be called from any
// goroutine.
type Metrics struct {
	registry *prometheus.Registry
	// goroutines is how many there were before the scrape, which takes some
	// of its own while go_goroutines counts.
	goroutines prometheus.Gauge
	format     expfmt.Format
}

// New returns the metrics of the given sources, in a registry of its own.
func New(from Sources) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), format: expfmt.NewFormat(expfmt.TypeTextPlain)}
	m.goroutines = prometheus.NewGauge(prometheus.GaugeOpts{
		Namespace: "grandstand", Name: "goroutines",
		Help: "Goroutines before this scrape; their number does not depend on that of viewers.",
	})
	m.registry.MustRegister(
		m.goroutines,
		newCollector(from),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// ContentType is the media type of what WriteText writes.
func (m *Metrics) ContentType() string { return string(m.format) }

// WriteText writes all metrics as they are now, by name.
func (m *Metrics) WriteText(w io.Writer) error {
	m.goroutines.Set(float64(runtime.NumGoroutine()))
	families, err := m.registry.Gather()
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	enc := expfmt.NewEncoder(w, m.format)
	for _, f := range families {
		if err := enc.Encode(f); err != nil {
			return fmt.Errorf("metrics: %s: %w", f.GetName(), err)
		}
	}
	return nil
}
