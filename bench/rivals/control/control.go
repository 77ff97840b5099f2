// Package control is what the Go rivals share: the port to publish at, the
// message a viewer gets, and the life of the process.
package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
)

// maxBody bounds a publish request: saturate publishes batches.
const maxBody = 64 << 20

// Publish hands one message to everyone in a room.
type Publish func(room string, message []byte)

// event is one event as it is published.
type event struct {
	Room  string          `json:"room"`
	Event string          `json:"event"`
	Data  json.RawMessage `json:"data"`
}

// port answers POST /v1/publish. Events get numbers, and reach viewers in their order.
type port struct {
	publish Publish
	mu      sync.Mutex // held while an event is handed out
	next    uint64
}

// Main serves viewers at the first argument of the command line and publishing
// at the second, until it is told to end. It gives the exit code.
func Main(viewers http.Handler, publish Publish) int {
	if len(os.Args) != 3 {
		fmt.Fprintf(os.Stderr, "%s HOST:PORT CONTROL_HOST:PORT\n", os.Args[0])
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	failed := make(chan error, 2)
	for i, h := range []http.Handler{viewers, &port{publish: publish}} {
		l, err := net.Listen("tcp", os.Args[1+i])
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 2
		}
		s := &http.Server{Handler: h}
		go func() { failed <- s.Serve(l) }() // stops: the process ends
	}
	select {
	case err := <-failed:
		fmt.Fprintln(os.Stderr, err)
		return 1
	case <-ctx.Done():
		return 0
	}
}

// ServeHTTP takes one event, or a list of them.
func (p *port) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/v1/publish" {
		_, _ = io.WriteString(w, "{}")
		return
	}
	var body struct {
		event
		Events []event `json:"events"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&body); err != nil && !errors.Is(err, io.EOF) {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if body.Events == nil {
		fmt.Fprintf(w, `{"id":"r-%d"}`, p.hand(body.event))
		return
	}
	ids := make([]string, len(body.Events))
	for i, e := range body.Events {
		ids[i] = "r-" + strconv.FormatUint(p.hand(e), 10)
	}
	_ = json.NewEncoder(w).Encode(map[string][]string{"ids": ids})
}

// hand numbers an event and gives it to the room.
func (p *port) hand(e event) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.next++
	m := append([]byte(nil), `{"type":"event","room":`...)
	m = strconv.AppendQuote(m, e.Room)
	m = fmt.Appendf(m, `,"id":"r-%d","event":`, p.next)
	m = strconv.AppendQuote(m, e.Event)
	m = append(append(append(m, `,"data":`...), e.Data...), '}')
	p.publish(e.Room, m)
	return p.next
}

// Joined is what a viewer of a room is told first.
func Joined(room string) []byte {
	b := strconv.AppendQuote([]byte(`{"type":"joined","room":`), room)
	return append(b, `,"cursor":"r-0","recovered":true}`...)
}
