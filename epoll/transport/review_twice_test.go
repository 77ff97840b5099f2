package transport

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"grandstand/session"
	"grandstand/session/room"
)

// brake is a viewer whose sink takes as long as the test likes, and keeps its
// shard for that time.
type brake struct {
	session.Session
	begun, over chan struct{}
}

var _ session.Transport = (*brake)(nil)

func (b *brake) WriteShared(p []byte, _ func(n int) int) (int, bool) {
	if b.over != nil {
		close(b.begun)
		<-b.over
		b.over = nil
	}
	return len(p), true
}

func (b *brake) Gap(string, uint64, uint64)         {}
func (b *brake) Evict(string)                       {}
func (b *brake) AppendMessage(dst, _ []byte) []byte { return dst }
func (b *brake) Write([]byte)                       {}
func (b *brake) Reconnect(time.Duration)            {}
func (b *brake) End(session.Reason)                 {}
func (b *brake) Info() (name, peer string)          { return "brake", "" }
func (b *brake) sit(h *house, on int, name string) error {
	return h.hub.Open(&b.Session, on, b, func() { b.Join(name, h.srv.polled, room.Start{}) })
}

// pollerOf returns the only poller there is.
func (h *house) pollerOf() (p *poller) {
	h.t.Helper()
	found := make(chan *poller, 1)
	err := h.hub.Spread(context.Background(), 0, func(s *session.Session) { found <- s.Transport().(*poller) })
	if err != nil {
		h.t.Fatal(err)
	}
	return <-found
}

// TestReviewTwice: a poll that was answered while its poller was still on the
// way to another place in the log has no part in what answers the next.
func TestReviewTwice(t *testing.T) {
	h := openHouse(t, func(s *settings) { s.rooms.Room.History = kept })
	c := h.dial(0)
	r := bufio.NewReader(c)
	ask := func(since uint64) { io.WriteString(c, h.pollFrom(since, "poll?room=a")) }
	answer := func(want string) {
		t.Helper()
		if a, err := readReply(r, "GET"); err != nil || a.status != 200 || !strings.Contains(a.body, want) {
			t.Fatalf("%d %q, %v, want %s", a.status, a.body, err, want)
		}
	}
	at := h.publish("a", "n", `"0"`)
	ask(at)
	await(t, "the poll to be parked", func() bool { return h.hub.Stats().Members == 1 })
	p := h.pollerOf()
	h.publish("a", "n", `"1"`)
	answer(`"data":"1"`)
	b := &brake{begun: make(chan struct{}), over: make(chan struct{})}
	if err := b.sit(h, p.h.conn.Loop().Index(), "a"); err != nil {
		t.Fatal(err)
	}
	await(t, "the brake to sit", func() bool { return h.hub.Stats().Members == 2 })
	release := b.over

	// While the shard is busy, the poller falls off the log and asks to go on
	// behind it.
	free := h.busy()
	for i := range 2 * kept {
		at = h.publish("a", "n", fmt.Sprintf(`"old %d"`, i))
	}
	ask(at)
	await(t, "the poll to be parked again", func() bool { return p.parked() })
	free()
	<-b.begun // the poller is visited before the brake

	next := h.publish("a", "n", `"new"`)
	told := !p.parked()
	if told { // answered by the visit: ask for the new one
		answer(h.hub.Cursor(at))
		ask(at)
		answer(`"data":"new"`)
		ask(next)
		await(t, "the last poll to be parked", func() bool { return p.parked() })
	}
	close(release)
	if told {
		last := h.publish("a", "n", `"last"`)
		a, err := readReply(r, "GET")
		if err != nil || strings.Contains(a.body, `"new"`) || !strings.Contains(a.body, h.hub.Cursor(last)) {
			t.Errorf("since %d: %q, %v, want only the event %d", next, a.body, err, last)
		}
	} else {
		answer(`"data":"new"`)
	}
	b.Close()
	h.srv.counts.begin("brake")
	h.srv.counts.end("brake", session.AllReasons().Left)
}
