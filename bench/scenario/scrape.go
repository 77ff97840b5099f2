package scenario

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"grandstand/bench/stats"
)

// scraper reads a server's own account of itself: the process collector that
// Prometheus clients of all languages have, and Go's goroutines.
//
// Any goroutine may read.
type scraper struct {
	url    string
	client fasthttp.Client
}

// scrapeWithin bounds one reading, well below the time between two.
const scrapeWithin = 900 * time.Millisecond

// newScraper reads once, to say now rather than never that nothing is there.
func newScraper(url string) (*scraper, error) {
	s := &scraper{url: url, client: fasthttp.Client{NoDefaultUserAgentHeader: true, DialDualStack: true}}
	u := fasthttp.AcquireURI()
	defer fasthttp.ReleaseURI(u)
	err := u.Parse(nil, []byte(url))
	if err != nil || string(u.Scheme()) != "http" || len(u.Host()) == 0 {
		return nil, fmt.Errorf("metrics address %q: want http://HOST:PORT/metrics", url)
	}
	if _, _, err := s.read(); err != nil {
		return nil, err
	}
	return s, nil
}

// read fetches the metrics.
func (s *scraper) read() (stats.Usage, int, error) {
	code, body, err := s.client.GetTimeout(nil, s.url, scrapeWithin)
	if err != nil {
		return stats.Usage{}, -1, fmt.Errorf("metrics at %s: %w", s.url, err)
	}
	if code != fasthttp.StatusOK {
		return stats.Usage{}, -1, fmt.Errorf("metrics at %s: status %d", s.url, code)
	}
	u, goroutines, err := parseMetrics(body)
	if err != nil {
		return u, goroutines, fmt.Errorf("metrics at %s: %w", s.url, err)
	}
	u.At = time.Now()
	return u, goroutines, nil
}

// errNoMetrics says that an answer is something else.
var errNoMetrics = errors.New("neither process_ nor go_ metrics in it")

// parseMetrics finds what is looked for in the text format of Prometheus. What
// is not there is -1.
func parseMetrics(text []byte) (stats.Usage, int, error) {
	u := stats.Usage{CPU: -1, RSS: -1, PSS: -1, Files: -1, Threads: -1, MachineSocketMemory: -1}
	goroutines, found := -1, 0
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if !ok || name == "#" {
			continue
		}
		value, _, _ = strings.Cut(strings.TrimSpace(value), " ") // a time may follow
		v, err := strconv.ParseFloat(value, 64)
		if err != nil || v < 0 || v > 1<<62 {
			continue
		}
		found++
		switch name {
		case "process_cpu_seconds_total":
			u.CPU = time.Duration(v * float64(time.Second))
		case "process_resident_memory_bytes":
			u.RSS = int64(v)
		case "process_open_fds":
			u.Files = int(v)
		case "go_threads":
			u.Threads = int(v)
		case "go_goroutines":
			goroutines = max(goroutines, int(v))
		default:
			found--
		}
	}
	if found == 0 {
		return u, -1, errNoMetrics
	}
	return u, goroutines, nil
}
