package transport

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestHostileNextPoll: the poll that follows one of the same connection goes a
// shorter way, and is checked as the first is.
func TestHostileNextPoll(t *testing.T) {
	h := openListed(t, nil)
	other := h.bystanders()
	c := h.dial(0)
	r := bufio.NewReader(c)
	base := entry{"", "jsonp", []string{"room=a", "room=b", "callback=f", "session=s", "wait=20"}}
	at := h.hub.Cursor(h.publish("a", "n", "0"))
	refuse := func(target, code string) bool {
		// One that waits, and gets its answer: the next finds its poller.
		fmt.Fprintf(c, get, base.with("since", at), "")
		await(t, "the poll to be in both rooms", func() bool { return h.hub.Stats().Members == 4 })
		at = h.hub.Cursor(h.publish("b", "n", "1"))
		if a, err := readReply(r, "GET"); err != nil || a.status != 200 || !strings.HasPrefix(a.body, "/**/f({") {
			t.Fatalf("%d %s, %v, want 200", a.status, a.body, err)
		}
		c.SetDeadline(time.Now().Add(5 * time.Second))
		fmt.Fprintf(c, get, strings.Replace(target, "AT", at, 1), "")
		a, err := readReply(r, "GET")
		if err == nil && a.status == 400 && a.code() == code && !strings.Contains(a.body, mark) && !a.last() {
			return true
		}
		t.Errorf("%s: %d %s, %v, want 400 %s", target, a.status, a.body, err, code)
		c.Close()
		await(t, "it to be gone", func() bool { return h.hub.Stats().Members == 2 })
		c = h.dial(0)
		r.Reset(c)
		return false
	}
	both := base // one room, whose name is as two are noted
	both.args = append([]string{"room=a%0Ab"}, base.args[2:]...)
	refuse(both.with("since", "AT"), "bad_room")
	for _, arg := range arguments() {
		if !strings.Contains(arg.ways, " longpoll-jsonp ") {
			continue
		}
		for _, v := range append(arg.values, injections()...) {
			next := base
			next.args = append([]string{"since=AT"}, base.args...)
			target := next.with(arg.key, v)
			if arg.key == "room" {
				target = "/live/jsonp?room=" + v + "&" + strings.Join(next.args, "&")
			}
			if !refuse(target, arg.code) {
				break
			}
		}
		other.unharmed()
	}
}

// TestHostilePipeline: a megabyte of polls in one piece is answered in order, as
// far as the answers are read in time; it costs what one connection may cost.
func TestHostilePipeline(t *testing.T) {
	h := openHouse(t, nil)
	other := h.bystanders()
	var all strings.Builder
	n := 0
	for ; all.Len() < 1<<20; n++ {
		fmt.Fprintf(&all, get, fmt.Sprintf("/live/poll?room=r%d", n), "")
	}
	c := h.dial(0)
	go io.WriteString(c, all.String()) // stops: the connection ends
	r := bufio.NewReader(c)
	for i := range n {
		a, err := readReply(r, "GET")
		if err != nil && i > 0 && h.group.Stats().PendingOverflow == 1 {
			break // more than epoll.max_pending was not read yet
		}
		if want := fmt.Sprintf(`{"room":"r%d",`, i); err != nil || a.status != 200 || !strings.HasPrefix(a.body, want) {
			t.Fatalf("answer %d of %d: %d %s, %v, want %s", i, n, a.status, a.body, err, want)
		}
	}
	c.Close()
	other.unharmed()

	before := heapNow()
	for range 20 {
		deaf := h.dial(4 << 10)
		io.WriteString(deaf, all.String()) // an error: it was closed before the end
		await(t, "the deaf one to be closed", func() bool { return h.group.Stats().Open == 2 })
	}
	if grown := heapNow() - before; grown > 4<<20 {
		t.Errorf("heap grew by %d KiB", grown>>10)
	}
	if s := h.hub.Stats(); s.Rooms != 1 {
		t.Errorf("%d rooms, want 1", s.Rooms)
	}
	other.unharmed()
}

// TestHostilePipelineBehind: behind a request that waits, a megabyte is too
// much, and the one that waits is told so, as the last one.
func TestHostilePipelineBehind(t *testing.T) {
	h := openHouse(t, nil)
	other := h.bystanders()
	line := fmt.Sprintf(get, "/live/poll?room="+mark, "")
	for _, target := range []string{"poll?room=b&wait=50s", "jsonp?room=b&wait=50s&callback=" + mark} {
		c := h.dial(0)
		fmt.Fprintf(c, get, "/live/"+target+"&since="+h.hub.Cursor(0), "")
		go io.WriteString(c, strings.Repeat(line, 1<<20/len(line))) // stops: the connection ends
		r := bufio.NewReader(c)
		a, err := readReply(r, "GET")
		if err != nil || a.status != 400 || a.code() != "too_much_pipelined" || !a.last() || strings.Contains(a.body, mark) {
			t.Errorf("%s: %d %s, %v, want 400 too_much_pipelined and the end", target, a.status, a.body, err)
		}
		if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
			t.Errorf("%s: then %.60q, %v, want the end", target, rest, err)
		}
		other.unharmed()
	}
	await(t, "only the others to be there", func() bool { return h.hub.Stats().Sessions == 2 && h.group.Stats().Open == 2 })
}

// heapNow is the live heap, once what is not used has gone.
func heapNow() int64 {
	runtime.GC()
	runtime.GC() // what the first one took from pools
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestHostileGrowth: twenty thousand requests, no two of the same rooms,
// callback, session, origin or cursor, leave nothing behind but what tables may
// hold; and some thousands of the longest ones no more than these.
func TestHostileGrowth(t *testing.T) {
	for _, tt := range []struct {
		name     string
		requests int
		pad      string // makes rooms and origins as long as they may be
		most     int64  // bytes of heap
	}{
		{name: "short", requests: 20000, most: 4 << 20},
		// The tables of both loops may be as full as they get.
		{name: "long", requests: 8000, pad: strings.Repeat("x", 100), most: 2*maxPageBytes + 4<<20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := openListed(t, func(s *settings) {
				s.cfg.Poll.MaxPerIP, s.cfg.Stream.MaxPerIP, s.rooms.Sweep = 1000, 1000, 100*time.Millisecond
			})
			other := h.bystanders()
			h.swarm(200, tt.pad) // pools and tables of the runtime are in use
			other.unharmed()
			before := heapNow()
			for i := range 10 {
				h.swarm(tt.requests/10, tt.pad)
				h.crowd(i)
				other.unharmed()
			}
			await(t, "the rooms to be swept", func() bool { return h.hub.Stats().Rooms == 1 && h.group.Stats().Open == 2 })
			if grown := heapNow() - before; grown > tt.most {
				t.Errorf("heap grew by %d KiB, want at most %d", grown>>10, tt.most>>10)
			}
			h.bounded()
		})
	}
}

// swarm sends requests of all kinds on one connection and reads the answers.
func (h *house) swarm(requests int, pad string) {
	h.t.Helper()
	c := h.dial(0)
	defer c.Close()
	r := bufio.NewReader(c)
	const batch = 100
	for done := 0; done < requests; done += batch {
		first := h.srv.Requests() // no two are the same
		var all strings.Builder
		for i := range int64(batch) {
			all.WriteString(swarmer(first+i, pad))
		}
		if _, err := io.WriteString(c, all.String()); err != nil {
			h.t.Fatal(err)
		}
		c.SetDeadline(time.Now().Add(patience))
		for range batch {
			if a, err := readReply(r, "GET"); err != nil || a.status == 500 || a.status == 503 {
				h.t.Fatalf("%d %s, %v", a.status, a.body, err)
			}
		}
	}
}

// swarmer is request number i: half of them are in order.
func swarmer(i int64, pad string) string {
	rooms, origin := fmt.Sprintf("room=r%d%s", i, pad), fmt.Sprintf("Origin: https://o%d%s.club.example\r\n", i, strings.Repeat(pad, 2))
	if pad != "" {
		rooms = strings.TrimSuffix(strings.Repeat(rooms+"&", 30), "&")
	}
	switch i % 10 {
	case 0:
		return fmt.Sprintf(get, "/live/poll?"+rooms+"&history=1", "")
	case 1:
		return fmt.Sprintf(get, fmt.Sprintf("/live/jsonp?%s&callback=cb%d&wait=20", rooms, i), origin)
	case 2:
		return fmt.Sprintf(get, fmt.Sprintf("/live/poll?%s&session=s%d&wait=20&since=e%d-1", rooms, i, i), origin)
	case 3:
		return fmt.Sprintf(get, fmt.Sprintf("/live/jsonp?room=a&callback=cb%d&since=e-%d", i, i), "")
	case 4:
		return fmt.Sprintf(get, "/live/info?"+rooms, origin)
	case 5:
		return fmt.Sprintf(get, fmt.Sprintf("/live/jsonp?room=a&callback=%d", i), fmt.Sprintf("Origin: https://o%d.example\r\n", i))
	case 6:
		return fmt.Sprintf(get, fmt.Sprintf("/live/%d?%s", i, rooms), fmt.Sprintf("X%d: %d\r\n", i, i))
	case 7:
		return post(fmt.Sprintf("?session=s%d&token=t%d", i, i), asJSON, fmt.Sprintf(`{"type":"join","room":"r%d"}`, i))
	case 8:
		return post("", asForm, fmt.Sprintf("type=publish&room=r%d&event=n&token=t%d", i, i))
	default:
		return fmt.Sprintf(get, fmt.Sprintf("/live/sse?room=r%d&since=%d&callback=cb%d", i, i, i), "Last-Event-ID: e-x\r\n")
	}
}

// crowd opens what stays open, in rooms of its own, and leaves.
func (h *house) crowd(round int) {
	h.t.Helper()
	var all []net.Conn
	for i := range 60 {
		c := h.dial(0)
		all = append(all, c)
		room := fmt.Sprintf("room=crowd-%d-%d&room=crowd", round, i)
		target := "/live/" + []string{"sse?", "stream?", "iframe?callback=f&", "multipart?"}[i%4] + room
		if i%2 == 0 {
			target = fmt.Sprintf("/live/poll?%s&wait=50&session=crowd-%d-%d&since=%s", room, round, i, h.hub.Cursor(h.hub.Stats().Head))
		}
		fmt.Fprintf(c, get, target, "")
	}
	await(h.t, "the crowd to be in", func() bool { return h.hub.Stats().Members == 2+2*len(all) })
	for _, c := range all {
		c.Close()
	}
	await(h.t, "the crowd to be gone", func() bool { return h.hub.Stats().Sessions == 2 })
}

// bounded checks all tables that requests add to: two are left, one with a
// poll.
func (h *house) bounded() {
	h.t.Helper()
	s := h.srv
	for _, mu := range []*sync.Mutex{&s.sets.mu, &s.looks.mu, &s.pages[0].mu, &s.pages[1].mu, &s.named.mu, &s.polling.mu, &s.streaming.mu, &s.counts.mu} {
		mu.Lock()
		defer mu.Unlock() // no two of them are ever held together elsewhere
	}
	for _, tt := range []struct {
		name      string
		got, most int
	}{
		{"room sets", len(s.sets.all), maxInterned}, {"looks", len(s.looks.all), maxInterned},
		{"pages of a loop", len(s.pages[0].all), maxPages}, {"pages of the other", len(s.pages[1].all), maxPages},
		{"bytes of pages", s.pages[0].bytes + s.pages[1].bytes, 2 * maxPageBytes},
		{"names of pollers", len(s.named.n), 1}, {"addresses that poll", len(s.polling.n), 1}, {"addresses with streams", len(s.streaming.n), 0},
		{"codes of refusals", len(s.counts.rejected), 20}, {"reasons of ends", len(s.counts.ended), 20},
		{"ways in", len(s.counts.viewers), len(ways())},
	} {
		if tt.got > tt.most {
			h.t.Errorf("%d %s, want at most %d", tt.got, tt.name, tt.most)
		}
	}
	if st := h.hub.Stats(); st.Sessions != 2 || st.Members != 2 || st.Rooms != 1 {
		h.t.Errorf("%d sessions, %d members, %d rooms are left", st.Sessions, st.Members, st.Rooms)
	}
}

// TestHostilePages: pages of long lists of rooms hold these, too: the bound of
// their bytes is for both.
func TestHostilePages(t *testing.T) {
	var kept pages
	var sets roomSets
	for i := range maxPages {
		set := sets.get(fmt.Appendf(nil, "%d%s\n", i, strings.Repeat("\n"+strings.Repeat("x", 100), 39)))
		kept.put(pageKey{rooms: set}, &page{empty: true})
		held := 0
		for key := range kept.all {
			held += 2 * len(key.rooms.key) // and the names
		}
		if held > maxPageBytes {
			t.Fatalf("%d pages hold %d bytes of names, want at most %d", len(kept.all), held, maxPageBytes)
		}
	}
}
