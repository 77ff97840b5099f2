package hooks

import (
	"slices"
	"time"
)

// job is a call under way.
type job struct {
	call  Call
	until time.Time // by then it has ended
	// notice is for Tell: it waits for the application to come back.
	notice bool
	done   func(Answer, error) // nil: nobody wants to know
}

// fifo is a queue. What was taken is let go of.
type fifo struct {
	jobs []*job
	head int
}

func (q *fifo) len() int { return len(q.jobs) - q.head }

func (q *fifo) push(j *job) { q.jobs = append(q.jobs, j) }

// pop takes the oldest, nil if there is none.
func (q *fifo) pop() *job {
	if q.len() == 0 {
		return nil
	}
	j := q.jobs[q.head]
	q.jobs[q.head] = nil
	q.head++
	// Moved down once half is gone, so that each is moved at most once.
	if q.head*2 >= len(q.jobs) {
		q.jobs = slices.Delete(q.jobs, 0, q.head)
		q.head = 0
	}
	return j
}

// dropNewest takes back what was pushed last.
func (q *fifo) dropNewest() {
	q.jobs[len(q.jobs)-1] = nil
	q.jobs = q.jobs[:len(q.jobs)-1]
}

// waiting is what waits for a worker, and who works on what: h.mu guards it.
//
// Calls go before notices, because somebody waits for them; one notice is
// always under way, so that all are heard in the end, and never more than half
// of the workers have one, so that those that wait for the application to come
// back do not keep calls waiting.
type waiting struct {
	calls, notices   fifo
	running, telling int // workers, and those of them with a notice
	workers          int // the most there may be
}

// next takes the job whose turn it is, nil if there is none.
func (w *waiting) next() *job {
	tell := w.notices.len() > 0 && w.telling < w.workers/2
	if tell && (w.telling == 0 || w.calls.len() == 0) {
		w.telling++
		return w.notices.pop()
	}
	return w.calls.pop()
}

// wanted reports whether there may be one more worker, and something for it.
func (w *waiting) wanted() bool {
	return w.running < w.workers &&
		(w.calls.len() > 0 || w.notices.len() > 0 && w.telling < w.workers/2)
}
