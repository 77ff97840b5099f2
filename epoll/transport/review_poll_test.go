package transport

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// pollFrom is the request of a long-poll, to be parked.
func (h *house) pollFrom(since uint64, query string) string {
	return fmt.Sprintf("GET /live/%s&wait=20s&since=%s HTTP/1.1\r\nHost: a\r\n\r\n", query, h.hub.Cursor(since))
}

// TestReviewCallback: a callback is checked with every poll, not only with the
// first of a connection: nothing but a name gets into a script.
func TestReviewCallback(t *testing.T) {
	h := openHouse(t, nil)
	c := h.dial(0)
	r := bufio.NewReader(c)
	at := h.publish("a", "n", "0")
	for _, callback := range []string{"", "alert(1)//", "<b>", strings.Repeat("x", 65)} {
		io.WriteString(c, h.pollFrom(at, "jsonp?room=a&callback=f"))
		await(t, "the poll to be parked", func() bool { return h.hub.Stats().Members == 1 })
		at = h.publish("a", "n", "1")
		if a, err := readReply(r, "GET"); err != nil || a.status != 200 {
			t.Fatalf("%d %q, %v", a.status, a.body, err)
		}
		// One that was let in would wait: so there is an answer in any case.
		before := h.srv.Requests()
		io.WriteString(c, h.pollFrom(at, "jsonp?room=a&callback="+callback))
		await(t, "the poll to be there", func() bool { return h.srv.Requests() > before })
		next := h.publish("a", "n", "2")
		a, err := readReply(r, "GET")
		if err != nil || a.status != 400 || a.code() != "bad_callback" {
			t.Fatalf("callback %q: %d %q, %v, want 400 bad_callback", callback, a.status, a.body, err)
		}
		at = next
	}
}

// TestReviewNextPoller: a connection may carry the polls of several viewers, as
// a proxy's do. What was meant for the one before does not answer the next.
func TestReviewNextPoller(t *testing.T) {
	h := openHouse(t, nil)
	c := h.dial(0)
	r := bufio.NewReader(c)
	at := h.publish("a", "n", "0")
	io.WriteString(c, h.pollFrom(at, "poll?room=a&session=one"))
	await(t, "the first to be parked", func() bool { return h.hub.Stats().Members == 1 })
	h.publish("a", "n", "1")
	if a, err := readReply(r, "GET"); err != nil || a.status != 200 {
		t.Fatalf("%d %q, %v", a.status, a.body, err)
	}
	// The shards are busy while news for the first comes in, and the poll of
	// the second.
	free := h.busy()
	at = h.publish("a", "secret", "2")
	io.WriteString(c, h.pollFrom(at, "poll?room=b&session=two"))
	await(t, "the second to be parked", func() bool { return h.hub.Stats().Opened == 2 })
	free()
	await(t, "the second to be in its room", func() bool {
		_, err := h.hub.Room("b")
		return err == nil
	})
	h.publish("b", "n", "3")
	a, err := readReply(r, "GET")
	if err != nil || !strings.Contains(a.body, `"room":"b"`) || strings.Contains(a.body, "secret") || !strings.Contains(a.body, `"data":3`) {
		t.Errorf("the second got %d %q, %v, want the event of b", a.status, a.body, err)
	}
}

// TestReviewIdleAfterSend: also a connection whose last request waited behind
// another, and was answered by a shard, is closed when nothing more comes.
func TestReviewIdleAfterSend(t *testing.T) {
	h := openHouse(t, func(s *settings) {
		s.cfg.HeadTimeout, s.cfg.IdleTimeout = time.Second, 1500*time.Millisecond
	})
	v := carriers()[5].open(h, query{rooms: []string{"a"}})
	body := `{"type":"ping"}`
	send := fmt.Sprintf("POST /live/send?session=%s HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s",
		v.joined[0].Session, len(body), body)
	c := h.dial(0)
	r := bufio.NewReader(c)
	free := h.busy()
	before := h.srv.Requests()
	io.WriteString(c, send+send)
	await(t, "the first to wait for its answer", func() bool { return h.srv.Requests() == before+1 })
	free()
	for range 2 {
		if a, err := readReply(r, "POST"); err != nil || a.status != 200 {
			t.Fatalf("%d %q, %v", a.status, a.body, err)
		}
	}
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, err := r.ReadByte(); err != io.EOF {
		t.Errorf("%v, want the end: the connection is idle", err)
	}
	v.kill()
}

// busy keeps the shards from everything else until free is called.
func (h *house) busy() (free func()) {
	h.t.Helper()
	over := make(chan struct{})
	for i := range h.srv.answers {
		begun := make(chan struct{})
		if err := h.hub.Post(i, func() { close(begun); <-over }); err != nil {
			h.t.Fatal(err)
		}
		<-begun
	}
	return func() { close(over) }
}
