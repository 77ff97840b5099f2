package scenario

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

// run is a scenario under way: the servers, the viewers, the report.
type run struct {
	o       *Common
	env     Env
	report  *stats.Report
	targets []load.Target // as given; parts of the viewers go to neighbors of theirs
	rooms   []string
	servers []*spawned
	log     io.Closer
	pids    []int // of the servers, when known
	clock   load.Clock
	crew    crew
	fleet   audience
	parts   []seats // what fleet is made of, by transport
	pub     *load.Publisher
	within  time.Duration // how long opening all viewers may take, beyond the ramp
	scrape  *scraper      // of the server's own metrics, nil when not asked for
	tell    teller
	sampler *sampler
	hush    func() bool // no word about an interruption any more
	void    bool        // nothing was measured, see unmeasured
}

// start readies everything but the viewers' connections. All come by the
// transport of the flags.
func start(ctx context.Context, name string, o *Common, env Env, cfg load.Config) (*run, error) {
	way, err := load.ParseTransport(o.Transport)
	if err != nil {
		return nil, err
	}
	return startMixed(ctx, name, o, env, cfg, []share{{way, o.Viewers}})
}

// startMixed is start for viewers that come by several transports.
func startMixed(ctx context.Context, name string, o *Common, env Env, cfg load.Config, shares []share) (*run, error) {
	if o.Viewers < 1 || o.Loops < 1 {
		return nil, fmt.Errorf("%d viewers in %d loops, want at least 1 of each", o.Viewers, o.Loops)
	}
	r := &run{o: o, env: env, rooms: cfg.Rooms, within: 60 * time.Second, tell: silent{}}
	var err error
	if r.targets, err = targets(o.URL); err != nil {
		return nil, err
	}
	for i := range shares {
		// Wrong flags are found before anything is started; and some drivers have
		// a transport of their own.
		c := cfg
		if err := o.speak(&c, shares[i].way, r.targets[0]); err != nil {
			return nil, err
		}
		shares[i].way = c.Transport
	}
	if r.clock, err = load.NewClock(); err != nil {
		return nil, err
	}
	if err := o.enoughPorts(r.targets); err != nil {
		return nil, err
	}
	if o.PID != 0 {
		r.pids = []int{o.PID}
	}
	if o.ClientCPUs != "" {
		if err := pin(o.ClientCPUs); err != nil {
			return nil, err
		}
	}
	// A loop that sleeps in epoll holds its P until the runtime takes it back;
	// the publisher must not wait for that.
	runtime.GOMAXPROCS(allowed() + o.Loops*len(shares) + 1)
	err = r.ready(ctx, name, cfg, shares)
	if err == nil {
		_, _, err = r.serverUsage() // a wrong pid is told now, not behind the warm-up
	}
	if err != nil {
		r.close()
		return nil, err
	}
	if n := len(r.targets); n > 1 && len(r.pids) < n && (len(r.pids) > 0 || r.scrape != nil) {
		r.report.Warn("figures of the server are of one process, and viewers are at %d addresses: they are too small unless it listens at all of them", n)
	}
	r.watch(ctx)
	return r, nil
}

// ready starts servers, loops and the publisher.
func (r *run) ready(ctx context.Context, name string, cfg load.Config, shares []share) error {
	o := r.o
	if o.Spawn != "" {
		if err := r.spawn(ctx); err != nil {
			return err
		}
	}
	r.report = &stats.Report{Scenario: name, Target: RedactText(o.URL), Started: time.Now(), Command: r.env.Command, Machine: describe(), Seed: o.Seed, Commit: stats.Commit()}
	cfg.Loops, cfg.Sources, cfg.Seed = o.Loops, o.Sources, o.Seed
	if err := r.muster(ctx); err != nil {
		return err
	}
	if err := r.seat(ctx, cfg, shares); err != nil {
		return err
	}
	var err error
	if o.Metrics != "" {
		err = r.patiently(ctx, func() (err error) {
			r.scrape, err = newScraper(o.Metrics)
			return err
		})
		if err != nil {
			return err
		}
	}
	if err := o.speak(&cfg, shares[0].way, r.targets[0]); err != nil {
		return err
	}
	if len(shares) == 1 && len(r.targets) == 1 && cfg.Transport != load.WebSocket {
		r.report.Target = RedactText(cfg.Target.String())
	}
	if r.pub, err = load.OpenPublisher(cfg, r.clock, o.publishing()); err != nil {
		return err
	}
	return r.reach(ctx)
}

// namespace says whether viewers can name a namespace so: in packets a comma ends
// the name.
func namespace(name string) error {
	if name != "" && (name[0] != '/' || strings.ContainsAny(name, ",\r\n")) {
		return fmt.Errorf("namespace %q: want / and a name without a comma", name)
	}
	return nil
}

// spawn starts a server for each target; {n} in the command is its number.
func (r *run) spawn(ctx context.Context) error {
	var log io.Writer = io.Discard
	if r.o.ServerLog != "" {
		f, err := os.Create(r.o.ServerLog)
		if err != nil {
			return fmt.Errorf("server log: %w", err)
		}
		log, r.log = f, f
	}
	if len(r.targets) > 1 && !strings.Contains(r.o.Spawn, "{n}") {
		return fmt.Errorf("spawn %q for %d targets: want {n}, the number of the target from 0 on, in it", r.o.Spawn, len(r.targets))
	}
	r.pids = nil
	for i, t := range r.targets {
		s, err := spawn(ctx, strings.ReplaceAll(r.o.Spawn, "{n}", strconv.Itoa(i)), r.o.ServerCPUs, t.Addr.String(), log)
		if err != nil {
			return err
		}
		r.servers, r.pids = append(r.servers, s), append(r.pids, s.cmd.Process.Pid)
	}
	return nil
}

// close ends what is still there: viewers first, then the server.
func (r *run) close() {
	if r.hush != nil {
		r.hush()
	}
	if r.sampler != nil { // it asks the viewers, so it goes first
		r.report.Series = r.sampler.stop()
		r.tell.end()
	}
	if r.fleet != nil {
		r.fleet.Close()
	}
	r.crew.close()
	if r.pub != nil {
		r.pub.Close()
	}
	for _, s := range r.servers {
		s.stop()
	}
	if r.log != nil {
		_ = r.log.Close() // it holds the server's words, not ours
	}
}

// say writes a line of progress.
func (r *run) say(format string, args ...any) {
	r.tell.say(fmt.Sprintf(format, args...))
}

// pause waits, or says that ctx ended.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// drain waits until every viewer has all that was published, or nothing has
// come for quiet.
func (r *run) drain(ctx context.Context, expected int64, quiet time.Duration) error {
	last, since := int64(-1), time.Now()
	return wait(ctx, r.fleet, func(c load.Counters) (bool, error) {
		if c.Delivered != last {
			last, since = c.Delivered, time.Now()
		}
		return c.Delivered >= expected || time.Since(since) > quiet, nil
	})
}

// addServer reports what the server used between two moments.
func (r *run) addServer(from, to usage, deliveries int64) {
	if r.void {
		return
	}
	wall := to.own.At.Sub(from.own.At)
	if from.known && to.known {
		d := to.server.Since(from.server)
		r.report.Add("server_cpu_percent", "server CPU", 100*d.CPU.Seconds()/wall.Seconds(), "% of a core")
		if deliveries > 0 {
			r.report.Add("cpu_us_per_delivery", "server CPU per delivery", float64(d.CPU)/1e3/float64(deliveries), "us")
			r.report.Add("deliveries_per_cpu_s", "deliveries per CPU-second", float64(deliveries)/d.CPU.Seconds(), "/s")
		}
		if ticks := d.User + d.System; ticks > 0 {
			r.report.Add("server_user_percent", "of that in user space", 100*d.User.Seconds()/ticks.Seconds(), "%")
		}
		if from.server.RSS >= 0 && to.server.RSS >= 0 { // metrics may lack it
			r.report.Add("server_rss_bytes", "server RSS", float64(to.server.RSS), "B")
			r.report.Add("server_rss_growth_bytes", "server RSS growth", float64(d.RSS), "B")
		}
		if to.server.Threads >= 0 {
			r.report.Add("server_threads", "", float64(to.server.Threads), "")
		}
	}
	r.missing(to)
	r.addPolls(from.seen, to.seen, wall)
	r.addHarness(from, to, wall)
}

// addPolls reports how viewers by long-poll asked.
func (r *run) addPolls(from, to load.Counters, wall time.Duration) {
	if to.Polls == 0 {
		return
	}
	polls := float64(to.Polls - from.Polls)
	r.report.Add("polls_per_s", "polls answered", polls/wall.Seconds(), "/s")
	r.report.Add("events_per_poll", "events in each", float64(to.Delivered-from.Delivered)/max(polls, 1), "")
	r.report.Add("empty_polls", "of those without an event", float64(to.Empty-from.Empty), "")
	r.report.Add("refused_polls", "polls put off by the server", float64(to.Refused-from.Refused), "")
}

// addHarness reports what we used ourselves, and warns when that was the limit.
func (r *run) addHarness(from, to usage, wall time.Duration) {
	loop := 100 * (to.loop - from.loop).Seconds() / wall.Seconds()
	own := 100 * (to.own.CPU - from.own.CPU).Seconds() / wall.Seconds() / float64(allowed())
	r.report.Add("harness_loop_percent", "harness: busiest loop", loop, "% of a core")
	r.report.Add("harness_cpu_percent", "harness: its CPUs in all", own, "%")
	r.report.Add("harness_rss_bytes", "harness: RSS", float64(to.own.RSS), "B")
	r.addCrew(100 * (to.away.CPU - from.away.CPU).Seconds() / wall.Seconds())
	const most, noise = 90, 10
	if from.known && to.known {
		rest := to.own.Since(from.own).Machine - (to.own.CPU - from.own.CPU)
		if r.serverHere() {
			rest -= to.server.CPU - from.server.CPU
		}
		others := max(100*rest.Seconds()/wall.Seconds(), 0)
		r.report.Add("others_cpu_percent", "", others, "% of a core")
		if others > noise {
			r.report.Warn("other processes of this machine used %.0f %% of a core meanwhile", others)
		}
	}
	if loop > most || own > most {
		r.report.Warn("the harness was the limit, not the server: busiest loop %.0f %%, its %d CPUs %.0f %%", loop, allowed(), own)
	}
}

// addPublishing reports how the publisher kept up.
func (r *run) addPublishing() error {
	s, err := r.pub.Stats()
	if err != nil {
		return err
	}
	r.report.Add("published", "published", float64(s.Events), "events")
	r.report.Add("publish_requests", "in requests", float64(s.Requests), "")
	r.report.Add("publish_joined_requests", "", float64(s.Joined), "")
	r.report.Add("publish_largest_batch", "most events in one", float64(s.Largest), "")
	if s.Lag.Count > 0 {
		r.report.Add("publish_lag_p50_ms", "", s.Lag.P50, "ms")
		r.report.Add("publish_lag_p99_ms", "publisher late by p99", s.Lag.P99, "ms")
	}
	if s.Answer.Count > 0 {
		r.report.Add("publish_answer_p50_ms", "", s.Answer.P50, "ms")
		r.report.Add("publish_answer_p99_ms", "publish answered in p99", s.Answer.P99, "ms")
	}
	r.noteEach("publishing: ", r.pub.Complaints())
	return nil
}

// addChecks reports loss and faults. expected is the number of deliveries owed.
func (r *run) addChecks(c load.Counters, expected int64) {
	percent := 0.0
	if expected > 0 {
		percent = 100 * float64(c.Lost) / float64(expected)
	}
	r.report.Add("lost", "lost", float64(c.Lost), "deliveries")
	r.report.Add("loss_percent", "", percent, "%")
	r.report.Add("ended", "ended by the server", float64(c.Ended), "viewers")
	if c.Silent > 0 {
		r.report.Add("silent", "in a room and got nothing", float64(c.Silent), "viewers")
		r.report.Missed = append(r.report.Missed, fmt.Sprintf("%d viewers were in a room and got nothing", c.Silent))
	}
	if c.Gaps > 0 {
		r.report.Add("gaps", "gap notices", float64(c.Gaps), "")
		r.report.Add("told", "missed and told", float64(c.Told), "deliveries")
	}
	if c.Reopened > 0 {
		r.report.Add("reopened", "connections renewed", float64(c.Reopened), "")
	}
	r.report.Add("unstamped", "", float64(c.Unstamped), "events")
	r.report.Add("duplicated", "", float64(c.Duplicated), "")
	r.report.Add("reordered", "", float64(c.Reordered), "")
	r.report.Add("id_order", "", float64(c.IDOrder), "")
	r.report.Add("broken", "", float64(c.Broken), "")
	r.report.Add("foreign", "", float64(c.Foreign), "")
	r.report.Add("bad_gaps", "", float64(c.BadGaps), "")
	r.report.Add("faults", "faults", float64(c.Faults.Total()), "")
	if c.Faults.Total() > 0 {
		r.report.Missed = append(r.report.Missed, fmt.Sprintf("faults: %d duplicated, %d out of order, %d ids not rising, %d broken, %d foreign, %d wrong gap notices",
			c.Duplicated, c.Reordered, c.IDOrder, c.Broken, c.Foreign, c.BadGaps))
	}
}

// noteEach notes what was heard, in order, and how often.
func (r *run) noteEach(before string, heard map[string]int) {
	for _, what := range slices.Sorted(maps.Keys(heard)) {
		r.report.Note("%s%d x %s", before, heard[what], what)
	}
}

// finish says how viewers ended and checks the limits.
func (r *run) finish() *stats.Report {
	r.sumUp()
	r.o.Limits.Check(r.report)
	return r.report
}

// sumUp says how viewers ended, and what latency was in full.
func (r *run) sumUp() {
	r.noteEach("", r.fleet.Endings())
	latency := r.fleet.Latency()
	if latency.Count() == 0 {
		latency = r.fleet.Connects() // of a run that publishes nothing
	}
	r.report.Buckets = latency.Buckets()
}

// names are the rooms of a run: the stem alone, or numbered.
func names(stem string, n int) []string {
	if n <= 1 {
		return []string{stem}
	}
	rooms := make([]string, n)
	for i := range rooms {
		rooms[i] = stem + ":" + strconv.Itoa(i)
	}
	return rooms
}
