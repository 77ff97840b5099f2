package transport

import (
	"fmt"
	"net/url"
	"testing"
)

// TestReviewFormData: the data of a form is what a stranger typed. Nothing that
// is not JSON gets into the log, where it would stand in everybody's messages.
func TestReviewFormData(t *testing.T) {
	for _, data := range []string{`alert(1)`, `{"a":1`, `1,"room":"b"`, `x"abc`, `"abc`, `\"`, `a\"`, "\"a\nb\"", `{}{}`} {
		t.Run(data, func(t *testing.T) {
			h := openHouse(t, nil)
			c := carriers()[5] // NDJSON
			v := c.open(h, query{rooms: []string{"a"}})
			body := fmt.Sprintf("type=publish&room=a&event=n&session=%s&data=%s", v.joined[0].Session, url.QueryEscape(data))
			a := h.ask("POST /live/send HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n" +
				fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body))
			if a.status != 400 || a.code() != "bad_data" {
				t.Errorf("%d %q, want 400 bad_data", a.status, a.body)
			}
			v.wantEvent("a", h.publish("a", "n", "1"), "1")
			v.kill()
		})
	}
}

// TestReviewEventName: to an EventSource the server's own messages are events
// with a name, which no viewer may take: it would end all others.
func TestReviewEventName(t *testing.T) {
	h := openHouse(t, nil)
	v := carriers()[5].open(h, query{rooms: []string{"a"}})
	for _, name := range []string{"grandstand:end", "grandstand:reconnect", "grandstand:"} {
		body := fmt.Sprintf(`{"session":%q,"type":"publish","room":"a","event":%q,"data":{"type":"end"}}`, v.joined[0].Session, name)
		a := h.ask(fmt.Sprintf("POST /live/send HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
		if a.status != 400 || a.code() != "bad_event" {
			t.Errorf("event %s: %d %q, want 400 bad_event", name, a.status, a.body)
		}
	}
	v.kill()
}
