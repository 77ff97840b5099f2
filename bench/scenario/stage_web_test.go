package scenario

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"
)

// seatWeb serves a viewer by plain HTTP: a stream, or one poll after the other.
func (s *stage) seatWeb(v *seated, r *bufio.Reader, req *http.Request) {
	if path.Base(req.URL.Path) == "poll" {
		s.polls(v, r, req)
		return
	}
	v.wrap = func(text string) []byte { return fmt.Appendf(nil, "%x\r\n%s\n\r\n", len(text)+1, text) }
	if path.Base(req.URL.Path) == "sse" {
		v.wrap = func(text string) []byte { return fmt.Appendf(nil, "%x\r\ndata: %s\n\n\r\n", len(text)+8, text) }
	}
	_, _ = io.WriteString(v.c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
	s.enter(v, req)
	_, _ = io.Copy(io.Discard, r) // until the viewer goes
}

// polls answers polls: without a cursor, or without a wait, at once.
func (s *stage) polls(v *seated, r *bufio.Reader, req *http.Request) {
	for ; req != nil; req, _ = http.ReadRequest(r) {
		q := req.URL.Query()
		at := since(req)
		s.mu.Lock()
		if !q.Has("since") {
			at = uint64(len(s.log))
		}
		for q.Has("wait") && uint64(len(s.log)) == at && !s.ended {
			s.grown.Wait()
		}
		log := s.log
		s.mu.Unlock()
		body := s.page(v, q["room"], at, log)
		_, _ = fmt.Fprintf(v.c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	}
}

// page is the answer to a poll: what of the log lies behind the cursor, of which
// no more than is kept, and notices for the rest.
func (s *stage) page(v *seated, rooms []string, at uint64, log []logged) string {
	in := func(room string) bool { return strings.Contains("\n"+strings.Join(rooms, "\n")+"\n", "\n"+room+"\n") }
	from := at
	if behind := uint64(len(log)) - at; behind > uint64(s.keep) {
		from += behind - uint64(s.keep)
	}
	var events, gaps []string
	for _, room := range rooms {
		for id := from; id > at; id-- {
			if log[id-1].room == room {
				gaps = append(gaps, fmt.Sprintf(`{"type":"gap","room":%q,"from":"e-%d","to":"e-%d"}`, room, at, id))
				break
			}
		}
	}
	for _, e := range log[from:] {
		switch {
		case !in(e.room):
		case s.spoil != nil:
			events = append(events, s.spoil(v.n, e.text)...)
		default:
			events = append(events, e.text)
		}
	}
	extra := ""
	if gaps != nil {
		extra = `"gaps":[` + strings.Join(gaps, ",") + `],`
	}
	return fmt.Sprintf(`{"rooms":["%s"],"cursor":"e-%d","recovered":%t,"events":[%s],%s"next_ms":0}`,
		strings.Join(rooms, `","`), len(log), at > 0 && gaps == nil, strings.Join(events, ","), extra)
}

func TestEachTransportInEachScenario(t *testing.T) {
	for _, way := range []string{"sse", "stream", "longpoll"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel() // mostly they wait
			common := func(s *stage, viewers int) Common {
				c := s.common(viewers)
				c.Transport = way
				return c
			}
			paced := Paced{Rooms: 2, Rate: 300, Size: 128, Duration: 300 * time.Millisecond, Warmup: 100 * time.Millisecond, Drain: time.Second, Event: "x"}
			r := mustRun(t, &Fanout{Common: common(newStage(t, 1000, nil), 50), Paced: paced})
			want(t, r, map[string]float64{"delivered": 50 * 120, "lost": 0, "faults": 0, "ended": 0})
			if rate, ok := r.Value("polls_per_s"); ok != (way == "longpoll") || ok && rate < 50 {
				t.Errorf("%g polls a second, %t", rate, ok)
			}
			if !strings.HasPrefix(r.Target, "http://") || strings.HasSuffix(r.Target, "ws") {
				t.Errorf("target %s", r.Target)
			}
			r = mustRun(t, &Saturate{Common: common(newStage(t, 1000, nil), 20), Rooms: 1, Window: 8, Size: 64, Duration: 200 * time.Millisecond, Event: "x"})
			want(t, r, map[string]float64{"lost": 0, "faults": 0})
			r = mustRun(t, &Connect{Common: common(newStage(t, 10, nil), 20), Rooms: 2, Hold: 10 * time.Millisecond})
			want(t, r, map[string]float64{"faults": 0, "ended": 0})
			r = mustRun(t, &Replay{Common: common(newStage(t, 1000, nil), 10), Rooms: 2, Duration: 10 * time.Second, Speed: 40, Drain: time.Second})
			want(t, r, map[string]float64{"lost": 0, "faults": 0})
			r = mustRun(t, &Slow{Common: common(newStage(t, 20, nil), 20), Paced: Paced{Rooms: 1, Rate: 400, Size: 2000, Duration: time.Second, Drain: time.Second, Event: "x"},
				Share: 10, Stall: 500 * time.Millisecond, RcvBuf: 4096, Catch: 200 * time.Millisecond})
			want(t, r, map[string]float64{"lost": 0, "faults": 0, "stalled": 2})
			r = mustRun(t, &Churn{Common: common(newStage(t, 100000, nil), 20), Paced: paced, Most: 2, Reconnects: 100, Resume: 70})
			want(t, r, map[string]float64{"lost": 0, "faults": 0, "connect_failed": 0})
			for _, key := range []string{"reconnects", "recovered"} {
				if n, _ := r.Value(key); n == 0 {
					t.Errorf("churn without any %s", key)
				}
			}
		})
	}
}

func TestFaultsOfEachTransportAreReported(t *testing.T) {
	for _, way := range []string{"sse", "stream", "longpoll"} {
		s := newStage(t, 1000, func(viewer int, f string) []string {
			switch {
			case viewer == 3 && strings.Contains(f, `"id":"e-7"`):
				return nil
			case viewer == 4 && strings.Contains(f, `"id":"e-9"`):
				return []string{f, f}
			}
			return []string{f}
		})
		c := s.common(10)
		c.Transport = way
		r := mustRun(t, &Fanout{Common: c, Paced: Paced{Rooms: 1, Rate: 200, Size: 64, Duration: 200 * time.Millisecond, Drain: 500 * time.Millisecond, Event: "x"}})
		want(t, r, map[string]float64{"lost": 1, "duplicated": 1, "id_order": 1, "faults": 2})
	}
}

func TestScenariosThatNeedAWayUp(t *testing.T) {
	c := Common{URL: "ws://127.0.0.1:1/live/ws", Viewers: 1, Loops: 1, Transport: "sse"}
	env := Env{Out: io.Discard, Err: io.Discard}
	if _, err := (&Echo{Common: c, Duration: 1}).Run(context.Background(), env); err == nil || !strings.Contains(err.Error(), "no way up") {
		t.Errorf("echo: %v", err)
	}
	churn := &Churn{Common: c, Paced: Paced{Rooms: 1, Rate: 1, Size: 64, Duration: 1}, Most: 1, Think: 1}
	if _, err := churn.Run(context.Background(), env); err == nil || !strings.Contains(err.Error(), "--think 0s") {
		t.Errorf("churn: %v", err)
	}
	c.Transport = "smoke"
	if _, err := (&Fanout{Common: c, Paced: churn.Paced}).Run(context.Background(), env); err == nil || !strings.Contains(err.Error(), "smoke") {
		t.Errorf("fanout: %v", err)
	}
}
