package load

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// news is a server of one log for all rooms: text/event-stream at /sse, polls at
// /poll, Centrifugo's API at /api/batch and publishing by a form at /form.
type news struct {
	mu    sync.Mutex
	grown *sync.Cond
	log   []posted
	ended bool
}

type posted struct {
	Room string          `json:"channel"`
	Data json.RawMessage `json:"data"`
}

func newNews(t *testing.T) (*news, string) {
	t.Helper()
	b := new(news)
	b.grown = sync.NewCond(&b.mu)
	mux := http.NewServeMux()
	mux.HandleFunc("/sse", b.sse)
	mux.HandleFunc("/poll", b.poll)
	mux.HandleFunc("/api/batch", func(w http.ResponseWriter, r *http.Request) {
		var req struct{ Commands []struct{ Publish posted } }
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil || r.Header.Get("X-API-Key") != "secret" {
			http.Error(w, "no", http.StatusBadRequest)
			return
		}
		for _, c := range req.Commands {
			b.post(c.Publish)
		}
		_, _ = io.WriteString(w, `{"replies":[]}`)
	})
	mux.HandleFunc("/form", func(w http.ResponseWriter, r *http.Request) {
		b.post(posted{r.FormValue("topic"), json.RawMessage(r.FormValue("data"))})
		_, _ = io.WriteString(w, "posted")
	})
	s := httptest.NewServer(mux)
	t.Cleanup(func() {
		b.mu.Lock()
		b.ended = true
		b.grown.Broadcast()
		b.mu.Unlock()
		s.CloseClientConnections()
		s.Close()
	})
	return b, strings.TrimPrefix(s.URL, "http://")
}

func (b *news) post(p posted) {
	b.mu.Lock()
	b.log = append(b.log, p)
	b.grown.Broadcast()
	b.mu.Unlock()
}

// after waits for what follows a place in the log.
func (b *news) after(at int) []posted {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(b.log) <= at && !b.ended {
		b.grown.Wait()
	}
	return b.log[min(at, len(b.log)):]
}

func (b *news) sse(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = io.WriteString(w, ":\n\n")
	w.(http.Flusher).Flush()
	for at := 0; r.Context().Err() == nil; {
		more := b.after(at)
		if more == nil {
			return
		}
		for _, p := range more {
			at++
			_, _ = fmt.Fprintf(w, "id: urn:%d\nevent: chat\ndata: {\"topic\":%q,\"at\":%d,\ndata: \"text\":%q}\n\n", at, p.Room, at, p.Data)
		}
		w.(http.Flusher).Flush()
	}
}

// poll answers at once without a cursor, and otherwise when there is more.
func (b *news) poll(w http.ResponseWriter, r *http.Request) {
	at, err := strconv.Atoi(r.URL.Query().Get("after"))
	var list []posted
	if err == nil {
		list = b.after(at)
	}
	at += len(list)
	w.Header().Set("X-Next", strconv.Itoa(at))
	answer := map[string]any{"result": map[string]any{"next": strconv.Itoa(at), "list": list}}
	if r.URL.Query().Get("big") != "" { // more than net/http buffers: in chunks
		answer["more"] = strings.Repeat("x", 8<<10)
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// TestForeignDrivers has viewers at servers of other shapes.
func TestForeignDrivers(t *testing.T) {
	form := func(addr string) Publishing {
		return Publishing{To: "http://" + addr + "/form", Header: []string{"Content-Type: application/x-www-form-urlencoded"},
			Body: "topic={room:url}&data={data:url}", OK: "posted"}
	}
	batch := func(addr string) Publishing {
		return Publishing{To: "http://" + addr + "/api/batch", APIKey: "secret",
			Body: `{"commands":[{items}]}`, Item: `{"publish":{"channel":"{room}","data":{data}}}`, Header: []string{"X-API-Key: secret"}}
	}
	polled := Dialect{Driver: DriverLongPoll, Events: "result.list", Cursor: "result.next"}
	byField := Dialect{Driver: DriverLongPoll, Events: "result.list", Cursor: "header:X-Next", Event: `{"channel":"{room}","data":{data}}`}
	sse := Dialect{Driver: DriverSSE}
	shaped := Dialect{Driver: DriverSSE, Event: "{\"topic\":\"{room}\",\"at\":{id},\n\"text\":\"\\\"{any}"}
	for _, tt := range []struct {
		name, path string
		cfg        Config
		publish    func(string) Publishing
	}{
		{name: "sse, data in a string", path: "/sse?topic={room}", cfg: Config{Dialect: sse, Transport: SSE}, publish: form},
		{name: "longpoll", path: "/poll?after={cursor}", cfg: Config{Dialect: polled, Transport: LongPoll}, publish: batch},
		{name: "longpoll, rooms and chunks", path: "/poll?big=1&room={room}&after={cursor}&n={viewer}",
			cfg: Config{Dialect: byField, Transport: LongPoll, Rooms: []string{"a", "b c"}}, publish: batch},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, addr := newNews(t)
			cfg := tt.cfg
			cfg.Conns = 10
			if cfg.Rooms == nil {
				cfg.Rooms = []string{"a"}
			}
			checkRun(t, "http://"+addr+tt.path, cfg, tt.publish(addr))
		})
	}
	if _, err := newTongue(&Config{Dialect: shaped}, 1); err == nil {
		t.Error("a shape without data is taken")
	}
}

// newCentrifugo is a peer of Centrifugo's JSON protocol.
func newCentrifugo(t *testing.T, b *news) *peer {
	t.Helper()
	return newPeer(t, func(_ int, c net.Conn, _ []string) {
		var rooms []string
		reply := func(s string) { _, _ = c.Write(serverFrame(opText, s)) }
		for {
			text := clientText(c)
			if text == "{}" {
				continue
			}
			for _, line := range strings.Split(text, "\n") {
				var cmd struct {
					ID        int
					Connect   *struct{ Token string }
					Subscribe *struct{ Channel string }
					Publish   *posted
				}
				if json.Unmarshal([]byte(line), &cmd) != nil {
					return
				}
				switch {
				case cmd.Connect != nil && cmd.Connect.Token != "t":
					reply(fmt.Sprintf(`{"id":%d,"error":{"code":3500,"message":"invalid token"}}`, cmd.ID))
				case cmd.Connect != nil:
					reply(fmt.Sprintf(`{"id":%d,"connect":{"client":"c","ping":25,"pong":true}}`, cmd.ID) + "\n{}")
				case cmd.Subscribe != nil:
					rooms = append(rooms, cmd.Subscribe.Channel)
					reply(fmt.Sprintf(`{"id":%d,"subscribe":{}}`, cmd.ID))
				case cmd.Publish != nil:
					reply(fmt.Sprintf(`{"id":%d,"publish":{}}`, cmd.ID))
					b.post(*cmd.Publish)
				}
			}
			if len(rooms) == 2 {
				go b.push(c) // stops: the connection ends
				rooms = nil
			}
		}
	})
}

// push writes all there is in one frame each time.
func (b *news) push(c net.Conn) {
	for at := 0; ; {
		more := b.after(at)
		if more == nil {
			return
		}
		var lines []string
		for _, p := range more {
			at++
			lines = append(lines, fmt.Sprintf(`{"push":{"channel":%q,"pub":{"data":%s,"offset":%d}}}`, p.Room, p.Data, at))
		}
		if _, err := c.Write(serverFrame(opText, strings.Join(lines, "\n"))); err != nil {
			return
		}
	}
}

func TestCentrifugo(t *testing.T) {
	for _, tt := range []struct {
		name string
		how  func(addr string) Publishing
	}{
		{name: "by its API", how: func(addr string) Publishing { return Publishing{To: "http://" + addr, APIKey: "secret"} }},
		{name: "by a client", how: func(string) Publishing { return Publishing{To: PublishClient} }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, addr := newNews(t)
			p := newCentrifugo(t, b)
			cfg := Config{Conns: 5, Rooms: []string{"a", "news:b"}, Dialect: Dialect{Driver: DriverCentrifugo, Auth: `{"token":"t"}`}}
			checkRun(t, "ws://"+p.ln.Addr().String()+"/connection/websocket", cfg, tt.how(addr))
		})
	}
}

// TestWrongTargets tells in one line what was expected and what came.
func TestWrongTargets(t *testing.T) {
	web := func(_ int, c net.Conn, _ *bufio.Reader, _ *http.Request) {
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
	}
	says := func(text string) func(int, net.Conn, []string) {
		return func(_ int, c net.Conn, _ []string) {
			_, _ = c.Write(serverFrame(opText, text))
			_, _ = io.Copy(io.Discard, c)
		}
	}
	foreign := func(d Driver) Config { return Config{Dialect: Dialect{Driver: d}} }
	polling := Config{Dialect: Dialect{Driver: DriverSocketIO}, Transport: SocketIOPolling}
	for _, tt := range []struct {
		name   string
		cfg    Config
		plain  func(int, net.Conn, *bufio.Reader, *http.Request)
		script func(int, net.Conn, []string)
		want   string
	}{
		{name: "a page", cfg: foreign(DriverWebSocket), plain: web, want: `want the 101 of a WebSocket, got "HTTP/1.1 200 OK"`},
		{name: "a page for events", cfg: Config{Dialect: Dialect{Driver: DriverSSE}, Transport: SSE}, plain: web, want: "want a stream without end"},
		{name: "a page for a poll", cfg: Config{Transport: LongPoll}, plain: web, want: `poll answer "hello"`},
		{name: "a page for JSONP", cfg: Config{Transport: JSONP}, plain: web, want: `want a script that calls g, got "hello"`},
		{name: "a page for Socket.IO", cfg: polling, plain: web, want: `want the open packet of Engine.IO, got "hello"`},
		{name: "a list that isn't", cfg: Config{Dialect: Dialect{Driver: DriverLongPoll, Events: "a"}, Transport: LongPoll},
			plain: func(_ int, c net.Conn, _ *bufio.Reader, _ *http.Request) {
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}")
			}, want: `want a list of events at "a" of the answer, got "{\"a\":1}"`},
		{name: "another protocol", script: says("hello"), want: `want a message of Grandstand's protocol, got "hello"`},
		{name: "no Centrifugo", cfg: foreign(DriverCentrifugo), script: says("hello"), want: `want a reply of Centrifugo's JSON protocol, got "hello"`},
		{name: "a refused token", cfg: foreign(DriverCentrifugo), script: says(`{"id":1,"error":{"code":101,"message":"unauthorized"}}`), want: "command 1 refused: 101 unauthorized"},
		{name: "a server of Socket.IO 2", cfg: Config{Dialect: Dialect{Driver: DriverSocketIO}, Transport: SocketIO},
			script: func(n int, c net.Conn, rooms []string) {
				_, _ = c.Write(serverFrame(opText, openPacket))
				says("40")(n, c, rooms)
			}, want: "speak Engine.IO 3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPeerAs(t, acceptKey(), tt.script, tt.plain)
			cfg := tt.cfg
			cfg.Conns, cfg.Rooms = 1, []string{"a"}
			target, err := ParseTarget("ws://" + p.ln.Addr().String() + "/x")
			if err != nil {
				t.Fatal(err)
			}
			cfg.Target = target
			f, err := NewFleet(cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			if err = f.Open(ctx, 0); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("Open: %v, want %q in one line", err, tt.want)
			}
		})
	}
}
