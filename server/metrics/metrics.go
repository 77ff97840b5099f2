package metrics

import (
	"fmt"
	"io"

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
	// Rejected counts handshakes that were refused, by reason; Ended counts
	// sessions that ended, by the text of their Reason.
	Rejected, Ended func() map[string]int64
}

// Metrics is the figures of one server. Its methods may be called from any
// goroutine.
type Metrics struct {
	registry *prometheus.Registry
	format   expfmt.Format
}

// New returns the metrics of the given sources, in a registry of its own.
func New(from Sources) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), format: expfmt.NewFormat(expfmt.TypeTextPlain)}
	m.registry.MustRegister(
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
