package main

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"grandstand/server/config"
)

// publish commits an event of a room and returns once it is in the log.
func (s served) publish(t *testing.T, room, data string) {
	t.Helper()
	body := fmt.Sprintf(`{"room":%q,"event":"e","data":%s}`, room, data)
	res, err := http.Post("http://"+s.control+"/v1/publish", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("publish: %s", res.Status)
	}
}

// TestMissedBeforeAck: what is published between two polls comes before the
// answer to what is sent after it.
func TestMissedBeforeAck(t *testing.T) {
	s := startServer(t)
	p := openPoller(t, s.viewers, "/socket.io/", "")
	p.ask(`40{"sid"`, `40{"rooms":["g"]}`)
	for round := range 20 {
		for n := range 3 {
			s.publish(t, "g", fmt.Sprint(10*round+n))
		}
		p.post(fmt.Sprintf(`42%d["leave","nobody"]`, round))
		var got []string
		for len(got) < 4 {
			got = append(got, strings.Split(p.get(), "\x1e")...)
		}
		for n := range 3 {
			if want := fmt.Sprintf(`42["e",%d,`, 10*round+n); !strings.HasPrefix(got[n], want) {
				t.Fatalf("round %d: packet %d is %s, want %s...", round, n, got[n], want)
			}
		}
		if want := fmt.Sprintf(`43%d[`, round); !strings.HasPrefix(got[3], want) {
			t.Fatalf("round %d: the last is %s, want %s...", round, got[3], want)
		}
	}
}

// TestOverlappingPolls: of two polls of one session one is refused, the other
// told that it is over, and so it is.
func TestOverlappingPolls(t *testing.T) {
	cfg := config.Default()
	cfg.Listener.Loops = 2 // so that the two may come on different ones
	s := startServer(t, cfg)
	for range 10 {
		p := openPoller(t, s.viewers, "/socket.io/", "")
		p.ask(`40{"sid"`, `40`)
		answers := make(chan string, 2)
		poll := func() {
			res, err := http.Get(p.base)
			if err != nil {
				answers <- err.Error()
				return
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			answers <- fmt.Sprint(res.StatusCode, " ", string(body), err)
		}
		go poll() // stops: with its answer
		go poll() // stops: with its answer
		got := []string{<-answers, <-answers}
		slices.Sort(got)
		if want := []string{"200 1<nil>", "400 <nil>"}; !slices.Equal(got, want) {
			t.Fatalf("answered %q, want %q", got, want)
		}
		poll()
		if got, want := <-answers, `400 {"code":1,"message":"Session ID unknown"}<nil>`; got != want {
			t.Fatalf("afterwards: %s, want %s", got, want)
		}
	}
}
