package load

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// text is event seq of room a, with id seq+1, as the native protocol has it.
func text(seq uint32) string {
	return fmt.Sprintf(`{"type":"event","room":"a","id":"e-%d","event":"chat","data":%s}`, seq+1, AppendString(nil, 1, seq, 60))
}

const joinedText = `{"type":"joined","room":"a","cursor":"e-0","recovered":false,"viewers":1}`

// cutter writes an answer in pieces of some size, by chunks of another.
type cutter struct {
	name         string
	piece, chunk int // bytes in each; 0: all at once
}

// cutters are the ways an answer may come apart on its way.
func cutters() []cutter {
	return []cutter{{name: "whole"}, {name: "bytes", piece: 1}, {name: "chunks of 7", chunk: 7}, {name: "chunks of 1 in sevens", chunk: 1, piece: 7}}
}

func (u cutter) write(c net.Conn, p []byte) {
	for len(p) > 0 {
		n := len(p)
		if u.piece > 0 {
			n = min(n, u.piece)
		}
		_, _ = c.Write(p[:n])
		p = p[n:]
	}
}

// chunked is p as chunks.
func (u cutter) chunked(p string) (out []byte) {
	for len(p) > 0 {
		n := len(p)
		if u.chunk > 0 {
			n = min(n, u.chunk)
		}
		out = fmt.Appendf(out, "%x\r\n%s\r\n", n, p[:n])
		p = p[n:]
	}
	return out
}

// wrap is a message as it stands in the body of a stream.
func wrap(way Transport, msg string) string {
	switch way {
	case Stream:
		return msg + "\n"
	case Iframe:
		return scriptHead + msg + scriptTail + "\n"
	case Multipart:
		return fmt.Sprintf("Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s\r\n--grandstand\r\n", len(msg), msg)
	}
	id := ""
	if _, rest, ok := strings.Cut(msg, `"id":"`); ok {
		id, _, _ = strings.Cut(rest, `"`)
		id = "id: " + id + "\n"
	}
	return id + "data: " + msg + "\n\n"
}

const streamHead = "HTTP/1.1 200 OK\r\nContent-Type: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"

// newStreamer says joined, waits for begin, and then the messages.
func newStreamer(t *testing.T, way Transport, u cutter, begin, hold <-chan struct{}, sent []string) *peer {
	t.Helper()
	return newPeerAs(t, "", nil, func(_ int, c net.Conn, _ *bufio.Reader, _ *http.Request) {
		lead := map[Transport]string{
			SSE: "retry: 1000\n\n:\n\n", Stream: strings.Repeat(" ", 100) + "\n\n", Multipart: "--grandstand\r\n",
			Iframe: "<!doctype html><meta charset=utf-8><script>function g(m){parent.g(m)}</script>\n<!--   -->\n",
		}[way]
		u.write(c, append([]byte(streamHead), u.chunked(lead+wrap(way, joinedText))...))
		<-begin
		for _, m := range append(slices.Clip(sent), `{"type":"keepalive"}`) {
			u.write(c, u.chunked(wrap(way, m)))
		}
		<-hold
	})
}

// newPageServer answers one poll after the other with pages of messages.
func newPageServer(t *testing.T, u cutter, begin, hold <-chan struct{}, pages []string) *peer {
	t.Helper()
	return newPeerAs(t, "", nil, func(_ int, c net.Conn, r *bufio.Reader, req *http.Request) {
		ok200 := func(body string) []byte {
			if name := req.URL.Query().Get("callback"); name != "" {
				body = "/**/" + name + "(" + body + ");"
			}
			return ok200(body)
		}
		u.write(c, ok200(`{"room":"a","cursor":"e-0","recovered":false,"events":[],"next_ms":7}`))
		<-begin
		for _, body := range pages {
			if req, _ = http.ReadRequest(r); req == nil {
				return
			}
			u.write(c, ok200(body))
		}
		<-hold
	})
}

func ok200(body string) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\ncontent-length: %d\r\nETag: \"x\"\r\n\r\n%s", len(body), body)
}

// pages puts messages into the answers of polls: a gap begins a new one, since
// what it tells of precedes the events of its answer. An empty one ends them.
func pages(sent []string) (out []string) {
	var events, gaps []string
	last := 0
	flush := func() {
		extra := ""
		if len(gaps) > 0 {
			extra = `,"gaps":[` + strings.Join(gaps, ",") + "]"
		}
		out = append(out, fmt.Sprintf(`{"room":"a","cursor":"e-%d","recovered":%t,"events":[%s]%s,"next_ms":0}`, last, gaps == nil, strings.Join(events, ","), extra))
		events, gaps = nil, nil
	}
	for _, m := range sent {
		if strings.Contains(m, `"gap"`) {
			if events != nil {
				flush()
			}
			gaps = append(gaps, m)
			continue
		}
		events = append(events, m)
		_, id, _ := strings.Cut(m, `"id":"e-`)
		n, _ := fmt.Sscanf(id, "%d", new(int))
		last += n
	}
	flush()
	return append(out, fmt.Sprintf(`{"room":"a","cursor":"e-%d","recovered":true,"events":[],"next_ms":0}`, last))
}

func TestEachTransportCountsWhatThePeerDoes(t *testing.T) {
	const gap = `{"type":"gap","room":"a","from":"e-1","to":"e-%d"}`
	for _, tt := range []struct {
		name string
		sent []string
		want Counters // Lost and Faults are compared
	}{
		{name: "all well", sent: []string{text(0), text(1), text(2)}},
		{name: "one lost", sent: []string{text(0), text(2)}, want: Counters{Lost: 1}},
		{name: "the last lost", sent: []string{text(0), text(1)}, want: Counters{Lost: 1}},
		{name: "one twice", sent: []string{text(0), text(1), text(1), text(2)}, want: Counters{Faults: Faults{Duplicated: 1, IDOrder: 1}}},
		{name: "two swapped", sent: []string{text(1), text(0), text(2)}, want: Counters{Faults: Faults{Reordered: 1, IDOrder: 1}}},
		{name: "another's room", sent: []string{text(0), strings.Replace(text(1), `"a"`, `"b"`, 1), text(1), text(2)}, want: Counters{Faults: Faults{Foreign: 1}}},
		{name: "a hole in one", sent: []string{text(0), strings.Replace(text(1), "grand", "grnd", 1), text(2)}, want: Counters{Lost: 1, Faults: Faults{Broken: 1}}},
		{name: "not ours", sent: []string{text(0), text(1), text(2), `{"type":"event","room":"a","id":"e-4","event":"chat","data":{"text":"a\"}],[{","n":[1,{}]}}`}},
		{name: "a gap that fits", sent: []string{text(0), fmt.Sprintf(gap, 2), text(2)}},
		{name: "a gap that lies", sent: []string{text(0), fmt.Sprintf(gap, 3), text(2)}, want: Counters{Faults: Faults{BadGaps: 1}}},
	} {
		for _, way := range []Transport{SSE, Stream, Iframe, Multipart, LongPoll, JSONP, Poll} {
			for _, u := range cutters() {
				t.Run(tt.name+"/"+way.String()+"/"+u.name, func(t *testing.T) {
					begin, hold := make(chan struct{}), make(chan struct{})
					defer close(hold)
					var p *peer
					if way.asks() {
						p = newPageServer(t, u, begin, hold, pages(tt.sent))
					} else {
						p = newStreamer(t, way, u, begin, hold, tt.sent)
					}
					f := p.fleet(Config{Conns: 1, Transport: way})
					leads := f.Counters().Pings
					close(begin)
					until(t, f, func(c Counters) bool { return c.Pings > leads || c.Empty == 1 || c.Ended == 1 })
					f.Settle(published(3), Everyone)
					if got := f.Counters(); got.Lost != tt.want.Lost || got.Faults != tt.want.Faults || got.Ended != 0 {
						t.Errorf("lost %d, faults %+v, ended %d %v, want %d, %+v", got.Lost, got.Faults, got.Ended, f.Endings(), tt.want.Lost, tt.want.Faults)
					}
				})
			}
		}
	}
}

func TestManyViewersOfEachTransport(t *testing.T) {
	const viewers, events = 200, 50
	for _, way := range []Transport{SSE, Stream, Iframe, Multipart, LongPoll, JSONP, Poll} {
		t.Run(way.String(), func(t *testing.T) {
			begin, hold := make(chan struct{}), make(chan struct{})
			defer close(hold)
			var sent []string
			for seq := range uint32(events) {
				sent = append(sent, text(seq))
			}
			p := newStreamer(t, way, cutter{}, begin, hold, sent)
			if way.asks() {
				var all []string
				for i := 0; i < events; i += 5 {
					all = append(all, pages(sent[i : i+5])[0])
				}
				p = newPageServer(t, cutter{}, begin, hold, all)
			}
			f := p.fleet(Config{Conns: viewers, Loops: 2, Transport: way})
			f.Track(make(chan struct{}, 1))
			f.Measure(0)
			close(begin)
			c := until(t, f, func(c Counters) bool { return c.Delivered == viewers*events && f.Done() == events })
			if c.Live != viewers || c.Measured != viewers*events || c.Faults != (Faults{}) || c.Lost != 0 {
				t.Errorf("counters %+v", c)
			}
			if way.asks() && c.Polls != viewers*(events/5+1) {
				t.Errorf("%d answers, want %d", c.Polls, viewers*(events/5+1))
			}
			if f.Close(); f.Counters().Live != 0 || f.Counters().Ended != 0 {
				t.Errorf("after Close: %+v", f.Counters())
			}
		})
	}
}

// mustFail opens one viewer and gives why it could not.
func mustFail(t *testing.T, way Transport, plain func(n int, c net.Conn, r *bufio.Reader, req *http.Request)) string {
	t.Helper()
	return refusal(t, newPeerAs(t, "", nil, plain), way)
}

// refusal is why a peer lets nobody in.
func refusal(t *testing.T, p *peer, way Transport) string {
	t.Helper()
	target, err := ParseTarget("http://" + p.ln.Addr().String() + "/live/ws?x=1")
	if err != nil {
		t.Fatal(err)
	}
	f, err := NewFleet(Config{Target: target.By(way), Rooms: []string{"a"}, Conns: 1, Transport: way, Namespace: space})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err = f.Open(ctx, 0); err == nil {
		err = io.EOF
	}
	return err.Error() + fmt.Sprint(f.Endings())
}

// echoed is the line of a request, to compare.
func echoed(req *http.Request) string {
	var b bytes.Buffer
	_ = req.Write(&b)
	line, _, _ := strings.Cut(b.String(), "\r\n")
	return line
}
