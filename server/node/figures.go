package node

import (
	"grandstand/server/hooks"
	"grandstand/server/metrics"
)

// hookFigures is the source of the hooks' metrics, nil without hooks.
func (n *Node) hookFigures() func() metrics.Hooks {
	if n.hooks == nil {
		return nil
	}
	return func() metrics.Hooks { return hookFigures(n.hooks.Stats()) }
}

// hookFigures names what is counted by number.
func hookFigures(s hooks.Stats) metrics.Hooks {
	f := metrics.Hooks{
		Calls: make(map[metrics.HookOutcome]int64), Instead: make(map[metrics.HookOutcome]int64),
		Requests: s.Requests, Retries: s.Retries, Bad: s.BadAnswers, Unsent: s.Unsent, Panics: s.Panics, TookMS: s.TookMS, Took: s.Took,
		Waiting: s.Waiting, Running: s.Running, Opened: s.Opened, Breaker: make(map[string]int64),
	}
	for k, hook := range hooks.KindNames() {
		for o, outcome := range hooks.OutcomeNames() {
			f.Calls[metrics.HookOutcome{Hook: hook, Outcome: outcome}] = s.Calls[k][o]
		}
		f.Instead[metrics.HookOutcome{Hook: hook, Outcome: "allowed"}] = s.Allowed[k]
		f.Instead[metrics.HookOutcome{Hook: hook, Outcome: "denied"}] = s.Denied[k]
	}
	for _, state := range []hooks.State{hooks.Closed, hooks.HalfOpen, hooks.Open} {
		f.Breaker[state.String()] = 0
	}
	f.Breaker[s.Breaker.String()] = 1
	return f
}
