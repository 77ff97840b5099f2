package api

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"grandstand/session"
)

// TestPublish follows one log through every form of an order.
func TestPublish(t *testing.T) {
	r := newRig(t, nil)
	tests := []struct {
		name, path, body, header string
		want                     string
	}{
		{"one", "/v1/publish", `{"room":"a","event":"e","data":{"x":1}}`, "", `{"id":"EPOCH-1"}`},
		{"no data", "/v1/publish", `{"room":"a","event":"e"}`, "", `{"id":"EPOCH-2"}`},
		{"nulls", "/v1/publish", `{"room":"a","event":"e","data":null,"except":null,"events":null,"idempotency_key":null}`, "", `{"id":"EPOCH-3"}`},
		{"list", "/v1/publish", `{"events":[{"room":"a","event":"e","data":1},{"room":"b","event":"e","data":2}]}`, "", `{"ids":["EPOCH-4","EPOCH-5"]}`},
		{"list of one", "/v1/publish", `{"events":[{"room":"a","event":"e"}]}`, "", `{"ids":["EPOCH-6"]}`},
		{"broadcast", "/v1/broadcast", `{"rooms":["a","b","a"],"event":"e","data":[]}`, "", `{"id":"EPOCH-7"}`},
		{"key in the body", "/v1/publish", `{"room":"a","event":"e","idempotency_key":"k1"}`, "", `{"id":"EPOCH-8"}`},
		{"again", "/v1/publish", `{"room":"a","event":"e","idempotency_key":"k1"}`, "", `{"id":"EPOCH-8","repeated":true}`},
		{"again, in the header", "/v1/publish", `{"room":"a","event":"e"}`, "Idempotency-Key: k1", `{"id":"EPOCH-8","repeated":true}`},
		{"both, the same", "/v1/publish", `{"room":"a","event":"e","idempotency_key":"k1"}`, "Idempotency-Key: k1", `{"id":"EPOCH-8","repeated":true}`},
		{"key of a list", "/v1/publish", `{"events":[{"room":"a","event":"e"},{"room":"a","event":"f"}]}`, "Idempotency-Key: k2", `{"ids":["EPOCH-9","EPOCH-10"]}`},
		{"list again", "/v1/publish", `{"idempotency_key":"k2","events":[{"room":"a","event":"e"},{"room":"a","event":"f"}]}`, "", `{"ids":["EPOCH-9","EPOCH-10"],"repeated":true}`},
		{"key of a broadcast", "/v1/broadcast", `{"rooms":["a","b"],"event":"e","idempotency_key":"k3"}`, "", `{"id":"EPOCH-11"}`},
		{"broadcast again", "/v1/broadcast", `{"rooms":["a","b"],"event":"e"}`, "Idempotency-Key: k3", `{"id":"EPOCH-11","repeated":true}`},
		{"escaped names", "/v1/publish", `{"\u0072oom":"\u0061","event":"g\"o\\al"}`, "", `{"id":"EPOCH-12"}`},
		{"curl -d", "/v1/publish", `{"room":"a","event":"e"}`, "Content-Type: application/x-www-form-urlencoded", `{"id":"EPOCH-13"}`},
		{"with a charset", "/v1/publish", `{"room":"a","event":"e"}`, "Content-Type: Application/JSON; charset=utf-8", `{"id":"EPOCH-14"}`},
	}
	for _, tt := range tests {
		var headers []string
		if tt.header != "" {
			headers = append(headers, tt.header)
		}
		r.want(tt.name, r.do("POST", tt.path, tt.body, headers...), 200, tt.want)
	}
	got := r.do("GET", "/v1/rooms/b/history", "")
	if n := strings.Count(got.body, `"id":`); n != 3 {
		t.Errorf("room b has %d events, want 3: %s", n, got.body)
	}
}

// TestPassThrough: data comes out as it went in.
func TestPassThrough(t *testing.T) {
	r := newRig(t, nil)
	v := r.view(0, "raw")
	for i, data := range []string{
		`12345678901234567890123456789`, `1.10`, `-0`, `1E+2`, `1e400`,
		`"\u0041\/\ud83d\ude00 \ud800 é` + "\u2028" + `<&>"`,
		`{"z":1,"a":2,"z":3}`, `{"":{"":[]}}`, `[[],{},null,true,false]`, `""`, `null`,
		`"}],{\"room\":\"x\"\\"`,
	} {
		r.publish("raw", data)
		var want strings.Builder
		fmt.Fprintf(&want, "raw e %s\n", data)
		eventually(t, "delivery of "+data, func() bool { return strings.HasSuffix(v.received(), want.String()) })
		got := r.do("GET", fmt.Sprintf("/v1/rooms/raw/history?since=%s", r.hub.Cursor(uint64(i))), "")
		if !strings.Contains(got.body, `"event":"e","data":`+data+`,"time":"`) {
			t.Errorf("history of %s: %s", data, got.body)
		}
	}
	r.publish("raw", " { \"a\" : [ 1 , 2 ] , \"b c\" : \" d \" }\n ")
	eventually(t, "compact form", func() bool { return strings.HasSuffix(v.received(), "raw e {\"a\":[1,2],\"b c\":\" d \"}\n") })
}

// TestExcept: the session named gets everything but that event.
func TestExcept(t *testing.T) {
	r := newRig(t, nil)
	v, w := r.view(0, "x"), r.view(1, "x")
	body := fmt.Sprintf(`{"room":"x","event":"e","data":1,"except":%q}`, v.ID())
	r.want("publish", r.do("POST", "/v1/publish", body), 200, `{"id":"EPOCH-1"}`)
	r.publish("x", "2")
	eventually(t, "w has both", func() bool { return w.received() == "x e 1\nx e 2\n" })
	eventually(t, "v has one", func() bool { return v.received() == "x e 2\n" })
}

// TestKeyMisused: a key belongs to one order.
func TestKeyMisused(t *testing.T) {
	r := newRig(t, nil)
	one := `{"room":"a","event":"e","idempotency_key":"k"}`
	r.want("first", r.do("POST", "/v1/publish", one), 200, `{"id":"EPOCH-1"}`)
	r.refused("two keys", r.do("POST", "/v1/publish", one, "Idempotency-Key: other"), session.CodeBadKey, "different")
	two := `{"events":[{"room":"a","event":"e"},{"room":"a","event":"e"}]}`
	r.refused("other order", r.do("POST", "/v1/publish", two, "Idempotency-Key: k"), session.CodeBadKey, "with 1 events")
}

// TestKeyConcurrent: of many at once with one key, one is committed and all
// get its id.
func TestKeyConcurrent(t *testing.T) {
	r := newRig(t, nil)
	const callers = 16
	replies := make([]reply, callers)
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			replies[i] = r.do("POST", "/v1/publish", `{"room":"a","event":"e","data":1}`, "Idempotency-Key: same")
		})
	}
	wg.Wait()
	first := 0
	for _, got := range replies {
		if !strings.Contains(got.body, "repeated") {
			first++
			r.want("the first", got, 200, `{"id":"EPOCH-1"}`)
			continue
		}
		r.want("another", got, 200, `{"id":"EPOCH-1","repeated":true}`)
	}
	if st := r.hub.Stats(); first != 1 || st.Events != 1 || st.Repeated != callers-1 {
		t.Errorf("%d first answers, %d events, %d repeated, want 1, 1, %d", first, st.Events, st.Repeated, callers-1)
	}
}

// TestStopping: a broker that has closed is on its way out, not broken.
func TestStopping(t *testing.T) {
	r := newRig(t, nil)
	r.broker.Close()
	got := r.do("POST", "/v1/publish", `{"room":"a","event":"e"}`)
	r.refused("publish", got, session.CodeStopping, "")
	if got.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After = %q, want 1", got.header.Get("Retry-After"))
	}
}
