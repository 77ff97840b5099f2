package session

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestEmitsInOrder: what one goroutine sends to a socket, alone and by a room,
// comes in that order, whatever others publish meanwhile.
func TestEmitsInOrder(t *testing.T) {
	for _, recovery := range []bool{false, true} {
		t.Run(fmt.Sprintf("recovery=%t", recovery), func(t *testing.T) {
			g := newRig(t, nil)
			ns := g.Of("/")
			p := g.connect(ns, 0, Entry{Rooms: []string{"r"}, Recover: recovery})
			stop, done := make(chan struct{}), make(chan struct{})
			go func() { // stops: stop
				defer close(done)
				for {
					select {
					case <-stop:
						return
					default:
						_ = ns.To("r").Emit("noise") // an error shows below
					}
				}
			}()
			const rounds = 300
			for i := range rounds {
				if err := errors.Join(p.socket.Emit("o", 2*i), ns.To("r").Emit("o", 2*i+1)); err != nil {
					t.Fatal(err)
				}
			}
			close(stop)
			<-done
			next := 0
			for next < 2*rounds {
				p.do(func() {})
				p.mu.Lock()
				lines := p.lines
				p.lines = nil
				p.mu.Unlock()
				for _, one := range strings.Split(strings.Join(lines, "|"), "|") {
					var n int
					i := strings.Index(one, "[")
					if _, err := fmt.Sscanf(one[max(i, 0):], "[%d]", &n); err != nil {
						continue // noise
					}
					if n != next {
						t.Fatalf("got %q, want %d", one, next)
					}
					next++
				}
			}
		})
	}
}
