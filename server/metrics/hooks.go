package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"grandstand/session/room"
)

// Hooks is what there is to tell about an application that is asked over HTTP.
// It is filled in by who has it: a package of this one's rank.
type Hooks struct {
	Calls    map[HookOutcome]int64
	Instead  map[HookOutcome]int64 // calls without an answer, by what they counted as
	Requests int64                 // retries included
	Retries  int64
	Bad      int64               // answers that could not be understood
	Unsent   int64               // events of answers that could not be sent
	Panics   int64               // of who took an answer
	TookMS   [room.Buckets]int64 // requests by duration, upper bound 2^i ms
	Took     time.Duration       // of all requests together
	Waiting  int                 // calls that wait now
	Running  int                 // that are being carried out now
	Breaker  map[string]int64    // 1 for the state that it is in
	Opened   int64               // times that it opened
}

// HookOutcome is how a call of a hook ended.
type HookOutcome struct{ Hook, Outcome string }

// hookSet turns Hooks into metrics.
type hookSet struct {
	family[Hooks]
	calls, instead, breaker, took *prometheus.Desc
}

func newHookSet() hookSet {
	type S = Hooks
	return hookSet{
		family: newFamily([]scalar[S]{
			{"hook_requests_total", "Requests to the application, retries included.", counter, func(s *S) float64 { return float64(s.Requests) }},
			{"hook_retries_total", "Requests that repeated one without an answer.", counter, func(s *S) float64 { return float64(s.Retries) }},
			{"hook_bad_answers_total", "Answers of the application that could not be understood.", counter, func(s *S) float64 { return float64(s.Bad) }},
			{"hook_unsent_total", "Events of the application's answers that could not be sent.", counter, func(s *S) float64 { return float64(s.Unsent) }},
			{"hook_waiting", "Calls that wait for their turn now.", gauge, func(s *S) float64 { return float64(s.Waiting) }},
			{"hook_running", "Calls under way now.", gauge, func(s *S) float64 { return float64(s.Running) }},
			{"hook_breaker_opened_total", "Times that requests were stopped because the application did not answer.", counter, func(s *S) float64 { return float64(s.Opened) }},
		}),
		calls:   describe("hook_calls_total", "Calls of hooks, by hook and how they ended.", "hook", "outcome"),
		instead: describe("hook_unanswered_total", "Calls of hooks without an answer, by hook and what they counted as.", "hook", "counted"),
		breaker: describe("hook_breaker", "1 for the state that the circuit breaker is in.", "state"),
		took:    describe("hook_duration_seconds", "How long requests to the application took."),
	}
}

// describe sends the descriptions.
func (h hookSet) describe(ch chan<- *prometheus.Desc) {
	h.family.describe(ch)
	for _, d := range []*prometheus.Desc{h.calls, h.instead, h.breaker, h.took} {
		ch <- d
	}
}

// collect sends the metrics of one snapshot.
func (h hookSet) collect(ch chan<- prometheus.Metric, s *Hooks) {
	h.family.collect(ch, s)
	for at, n := range s.Calls {
		ch <- number(h.calls, counter, float64(n), at.Hook, at.Outcome)
	}
	for at, n := range s.Instead {
		ch <- number(h.instead, counter, float64(n), at.Hook, at.Outcome)
	}
	sendBy(ch, gauge, h.breaker, s.Breaker)
	ch <- histogram(h.took, s.TookMS, 1e-3, s.Took.Seconds())
}
