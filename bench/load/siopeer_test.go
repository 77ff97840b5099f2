package load

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
)

const (
	openPacket = `0{"sid":"AAAAAAAAAAAAAAAAAAAB","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`
	space      = "/arena"
	connected  = `40/arena,{"sid":"x"}`
)

// shape is what a server says behind the data of an event.
type shape struct {
	name string
	tail string // with the number of the id for each %[1]d
}

func shapes() []shape {
	return []shape{
		{name: "bare"},
		{name: "meta", tail: `,{"room":"a","id":"e-%[1]d"}`},
		{name: "offset", tail: `,"e-%[1]d"`},
		{name: "both", tail: `,{"room":"a","id":"e-%[1]d"},"e-%[1]d"`},
	}
}

// packet is event seq of room a, with id seq+1.
func (s shape) packet(seq uint32) string {
	tail := s.tail
	if tail != "" {
		tail = fmt.Sprintf(tail, seq+1)
	}
	return fmt.Sprintf(`42/arena,["chat",%s%s]`, AppendString(nil, 1, seq, 60), tail)
}

// clientText reads one frame of a viewer: its text, or how reading ended.
func clientText(r io.Reader) string {
	var h [8]byte // of frames under 64 KiB, masked
	if _, err := io.ReadFull(r, h[:6]); err != nil {
		return err.Error()
	}
	n, key := int(h[1]&0x7F), h[2:6]
	if n == 126 {
		if _, err := io.ReadFull(r, h[6:]); err != nil {
			return err.Error()
		}
		n, key = int(h[2])<<8|int(h[3]), h[4:8]
	}
	p := make([]byte, n)
	if _, err := io.ReadFull(r, p); err != nil {
		return err.Error()
	}
	for i := range p {
		p[i] ^= key[i%4]
	}
	return string(p)
}

// newSioPeer greets a viewer by WebSocket, waits for begin, and then says the packets.
func newSioPeer(t *testing.T, u cutter, begin, hold <-chan struct{}, sent []string) *peer {
	t.Helper()
	return newPeer(t, func(_ int, c net.Conn, _ []string) {
		u.write(c, serverFrame(opText, openPacket))
		if got := clientText(c); got != `40/arena,{"rooms":["a"]}` {
			t.Errorf("connected with %q", got)
		}
		u.write(c, serverFrame(opText, connected))
		<-begin
		for _, p := range sent {
			u.write(c, serverFrame(opText, p))
		}
		<-hold
	})
}

// newSioPoller does the same by polling, in answers of some packets each.
func newSioPoller(t *testing.T, u cutter, begin, hold <-chan struct{}, sent []string, each int) *peer {
	t.Helper()
	answers := []string{connected}
	for part := range slices.Chunk(sent, each) {
		answers = append(answers, strings.Join(part, "\x1e"))
	}
	return newPeerAs(t, "", nil, func(_ int, c net.Conn, r *bufio.Reader, req *http.Request) {
		for next := 0; req != nil; req, _ = http.ReadRequest(r) {
			switch sid := req.URL.Query().Get("sid"); {
			case req.Method == http.MethodPost:
				if body, _ := io.ReadAll(req.Body); next == 0 && string(body) != `40/arena,{"rooms":["a"]}` {
					t.Errorf("connected with %q", body)
				}
				u.write(c, ok200("ok"))
			case sid == "":
				u.write(c, ok200(openPacket))
			case next < len(answers):
				if next > 0 {
					<-begin
				}
				u.write(c, ok200(answers[next]))
				next++
			default:
				<-hold
				return
			}
		}
	})
}

// sioPeers are both ways, each with the packets sent in some pieces.
type sioPeers struct {
	name string
	way  Transport
	make func(t *testing.T, begin, hold <-chan struct{}, sent []string) *peer
}

func bothWays() (all []sioPeers) {
	for _, u := range []cutter{{name: "whole"}, {name: "bytes", piece: 1}, {name: "sevens", piece: 7}} {
		all = append(all, sioPeers{"socketio/" + u.name, SocketIO, func(t *testing.T, begin, hold <-chan struct{}, sent []string) *peer {
			return newSioPeer(t, u, begin, hold, sent)
		}})
		for _, each := range []int{1, 2, 100} {
			all = append(all, sioPeers{fmt.Sprintf("socketio-polling/%s/%d in each", u.name, each), SocketIOPolling,
				func(t *testing.T, begin, hold <-chan struct{}, sent []string) *peer {
					return newSioPoller(t, u, begin, hold, sent, each)
				}})
		}
	}
	return all
}

func TestSocketIOCountsWhatThePeerDoes(t *testing.T) {
	meta := shapes()[1]
	room := func(s string) string { return strings.Replace(s, `"room":"a"`, `"room":"b"`, 1) }
	for _, tt := range []struct {
		name      string
		sent      []string
		want      Counters // Lost, Unstamped and Faults are compared
		delivered int64
	}{
		{name: "one lost", sent: []string{meta.packet(0), meta.packet(2)}, want: Counters{Lost: 1}, delivered: 2},
		{name: "the last lost", sent: []string{meta.packet(0), meta.packet(1)}, want: Counters{Lost: 1}, delivered: 2},
		{name: "one twice", sent: []string{meta.packet(0), meta.packet(1), meta.packet(1), meta.packet(2)}, want: Counters{Faults: Faults{Duplicated: 1, IDOrder: 1}}, delivered: 4},
		{name: "two swapped", sent: []string{meta.packet(1), meta.packet(0), meta.packet(2)}, want: Counters{Faults: Faults{Reordered: 1, IDOrder: 1}}, delivered: 3},
		{name: "two swapped, without ids", sent: []string{shapes()[0].packet(1), shapes()[0].packet(0), shapes()[0].packet(2)}, want: Counters{Faults: Faults{Reordered: 1}}, delivered: 3},
		{name: "another's room", sent: []string{meta.packet(0), room(meta.packet(1)), meta.packet(1), meta.packet(2)}, want: Counters{Faults: Faults{Foreign: 1}}, delivered: 3},
		{name: "another namespace", sent: []string{meta.packet(0), `42/other,["chat",1]`, `42["chat",1]`, meta.packet(1), meta.packet(2)}, want: Counters{Faults: Faults{Foreign: 2}}, delivered: 3},
		{name: "a hole in one", sent: []string{meta.packet(0), strings.Replace(meta.packet(1), "grand", "grnd", 1), meta.packet(2)}, want: Counters{Lost: 1, Faults: Faults{Broken: 1}}, delivered: 2},
		{name: "one cut", sent: []string{meta.packet(0), meta.packet(1)[:50], meta.packet(2)}, want: Counters{Lost: 1, Faults: Faults{Broken: 1}}, delivered: 2},
		{name: "garbage", sent: []string{meta.packet(0), "abc", "", "3", "4", "48/arena,[]", "45/arena,1-[]", meta.packet(1), meta.packet(2)}, want: Counters{Faults: Faults{Broken: 6}}, delivered: 3},
		{name: "connected twice", sent: []string{meta.packet(0), connected, meta.packet(1), meta.packet(2)}, want: Counters{Faults: Faults{Broken: 1}}, delivered: 3},
		{name: "an ack and a noop", sent: []string{meta.packet(0), "43/arena,7[]", "6", meta.packet(1), meta.packet(2)}, delivered: 3},
		{name: "not ours", sent: []string{meta.packet(0), `42/arena,["chat"]`, `42/arena,["chat",7,"x"]`, `42/arena,["chat",{"text":"a\"}],["},{"room":"a","id":"e-2"}]`, meta.packet(1), meta.packet(2)},
			want: Counters{Unstamped: 3, Faults: Faults{IDOrder: 1}}, delivered: 3},
	} {
		for _, peers := range bothWays() {
			t.Run(tt.name+"/"+peers.name, func(t *testing.T) {
				begin, hold := make(chan struct{}), make(chan struct{})
				defer close(hold)
				f := peers.make(t, begin, hold, append(slices.Clip(tt.sent), "2")).fleet(Config{Conns: 1, Transport: peers.way, Namespace: space})
				close(begin)
				until(t, f, func(c Counters) bool { return c.Pings == 1 || c.Ended == 1 })
				f.Settle(published(3), Everyone)
				got := f.Counters()
				if got.Lost != tt.want.Lost || got.Faults != tt.want.Faults || got.Unstamped != tt.want.Unstamped || got.Delivered != tt.delivered || got.Ended != 0 {
					t.Errorf("counters %+v %v, want %+v, %d delivered", got, f.Endings(), tt.want, tt.delivered)
				}
			})
		}
	}
}

func TestManySocketIOViewers(t *testing.T) {
	const viewers, events = 200, 50
	for _, s := range shapes() {
		var sent []string
		for seq := range uint32(events) {
			sent = append(sent, s.packet(seq))
		}
		for _, way := range []Transport{SocketIO, SocketIOPolling} {
			t.Run(s.name+"/"+way.String(), func(t *testing.T) {
				begin, hold := make(chan struct{}), make(chan struct{})
				defer close(hold)
				p := newSioPeer(t, cutter{}, begin, hold, sent)
				if way == SocketIOPolling {
					p = newSioPoller(t, cutter{}, begin, hold, sent, 5)
				}
				f := p.fleet(Config{Conns: viewers, Loops: 2, Transport: way, Namespace: space})
				f.Track(make(chan struct{}, 1))
				f.Measure(0)
				close(begin)
				until(t, f, func(c Counters) bool { return c.Delivered == viewers*events && f.Done() == events })
				f.Settle(published(events), Everyone)
				c := f.Counters()
				if c.Live != viewers || c.Joined != viewers || c.Measured != viewers*events || c.Faults != (Faults{}) || c.Lost != 0 {
					t.Errorf("counters %+v", c)
				}
				if f.Close(); f.Counters().Live != 0 || f.Counters().Ended != 0 {
					t.Errorf("after Close: %+v", f.Counters())
				}
			})
		}
	}
}
