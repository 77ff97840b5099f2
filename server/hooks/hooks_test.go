package hooks

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

const testSecret = "a secret of 32 bytes, at least so"

// TestRequest holds what is sent to what doc.go says.
func TestRequest(t *testing.T) {
	a := newApp(t, always(200, `{"ack":["hi"],"data":{"n":1}}`))
	cfg := testConfig(a.URL + "/a%2Fb//hook?k=v")
	cfg.Secret, cfg.Headers = testSecret, []string{"Authorization: Bearer x"}
	c := newFakeClock()
	h := open(t, cfg, c)
	got, err := h.Ask(t.Context(), Call{
		Hook: Event, Socket: "s1", Namespace: "/n", Transport: "polling", Address: "::1", Event: "pic",
		Args: raw(`[ {"_placeholder":true,"num":0}, "<b>" ]`), Binary: [][]byte{{0, 255}},
		Rooms: []string{"r"}, Data: raw(`{"nick":"ada"}`),
	})
	if want := (Answer{Ack: raw(`["hi"]`), Data: raw(`{"n":1}`)}); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("Ask = %+v, %v, want %+v", got, err, want)
	}
	r := a.requests()[0]
	id := r.header.Get(HeaderID)
	want := `{"hook":"event","id":"` + id + `","time":"2030-01-02T03:04:05.678Z","socket":"s1","namespace":"/n","transport":"polling",` +
		`"address":"::1","event":"pic","args":[{"_placeholder":true,"num":0},"<b>"],"attachments":["AP8="],"rooms":["r"],"data":{"nick":"ada"}}`
	if string(r.body) != want || len(id) < 20 {
		t.Errorf("body %s\nwant %s", r.body, want)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", HeaderHook: "event", HeaderAttempt: "1", HeaderTimestamp: "1893553445",
		"Authorization": "Bearer x", HeaderSignature: Sign(testSecret, 1893553445, r.body),
	} {
		if got := r.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if r.method != "POST" || r.path != "/a%2Fb//hook?k=v" {
		t.Errorf("%s %s", r.method, r.path)
	}
	if err := Verify(testSecret, r.header.Get(HeaderTimestamp), r.header.Get(HeaderSignature), r.body, c.Now()); err != nil {
		t.Error(err)
	}
	if s := h.Stats(); s.Calls[Event][OK] != 1 || s.Requests != 1 || s.TookMS[0] != 1 {
		t.Errorf("Stats = %+v", s)
	}
}

// TestVerify refuses what is not from us, and what is old.
func TestVerify(t *testing.T) {
	now, body := time.Unix(1_700_000_000, 0), []byte(`{}`)
	good := Sign(testSecret, now.Unix(), body)
	tests := []struct {
		name, secret, timestamp, signature string
		later                              time.Duration
		want                               error
	}{
		{name: "good", timestamp: "1700000000", signature: good},
		{name: "late", timestamp: "1700000000", signature: good, later: MaxAge},
		{name: "early", timestamp: "1700000000", signature: good, later: -MaxAge},
		{name: "too late", timestamp: "1700000000", signature: good, later: MaxAge + time.Second, want: ErrTimestamp},
		{name: "too early", timestamp: "1700000000", signature: good, later: -MaxAge - time.Second, want: ErrTimestamp},
		{name: "no timestamp", signature: good, want: ErrTimestamp},
		{name: "other form", timestamp: "+1700000000", signature: good, want: ErrTimestamp},
		{name: "other timestamp", timestamp: "1700000001", signature: good, want: ErrSignature},
		{name: "other secret", secret: "x", timestamp: "1700000000", signature: good, want: ErrSignature},
		{name: "no signature", timestamp: "1700000000", want: ErrSignature},
		{name: "other version", timestamp: "1700000000", signature: "v2" + good[2:], want: ErrSignature},
		{name: "cut", timestamp: "1700000000", signature: good[:len(good)-1], want: ErrSignature},
	}
	for _, tt := range tests {
		secret := testSecret + tt.secret
		if err := Verify(secret, tt.timestamp, tt.signature, body, now.Add(tt.later)); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	// printf '1.{}' | openssl dgst -sha256 -hmac key
	if got, want := Sign("key", 1, []byte("{}")), "v1=1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224"; got != want {
		t.Errorf("Sign = %q, want %q", got, want)
	}
}

// TestWants asks only for what is configured.
func TestWants(t *testing.T) {
	cfg := testConfig("http://127.0.0.1:1/")
	cfg.Events, cfg.Names = []string{"join", "event", "publish"}, []string{"chat:*", "go"}
	h := open(t, cfg, newFakeClock())
	for _, tt := range []struct {
		kind  Kind
		event string
		want  bool
	}{
		{Join, "", true}, {Connect, "", false}, {Disconnect, "", false}, {Event, "chat:x", true}, {Publish, "go", true},
		{Event, "gone", false}, {Publish, "chat", false}, {Kind(9), "", false},
	} {
		if got := h.Wants(tt.kind, tt.event); got != tt.want {
			t.Errorf("Wants(%v, %q) = %t", tt.kind, tt.event, got)
		}
	}
	off, none := open(t, DefaultConfig(), newFakeClock()), (*Hooks)(nil)
	if off.Wants(Connect, "") || none.Wants(Connect, "") {
		t.Error("wants something although off")
	}
	if err := none.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestResponses holds each status and body to what it means: how often it is
// asked again, how the call ends, and how long the pauses are.
func TestResponses(t *testing.T) {
	ms := time.Millisecond
	date := newFakeClock().Now().Add(3 * time.Second).UTC().Format(http.TimeFormat)
	tests := []struct {
		name     string
		status   int
		body     string
		after    string // Retry-After
		requests int
		outcome  Outcome
		pauses   []time.Duration
	}{
		{name: "empty", status: 204, requests: 1, outcome: OK},
		{name: "created", status: 201, body: `{}`, requests: 1, outcome: OK},
		{name: "rejected", status: 200, body: `{"reject":{"code":"x"}}`, requests: 1, outcome: Rejected},
		{name: "bad answer", status: 200, body: `{"rejekt":{}}`, requests: 1, outcome: Failed},
		{name: "huge answer", status: 200, body: strings.Repeat(" ", 2<<20+1), requests: 1, outcome: Failed},
		{name: "redirect", status: 302, requests: 1, outcome: Failed},
		{name: "refused", status: 401, requests: 1, outcome: Failed},
		{name: "missing", status: 404, requests: 1, outcome: Failed},
		{name: "failed", status: 500, requests: 4, outcome: Failed, pauses: []time.Duration{100 * ms, 200 * ms, 300 * ms}},
		{name: "busy", status: 429, after: "2", requests: 4, outcome: Failed, pauses: []time.Duration{2000 * ms, 2000 * ms, 2000 * ms}},
		{name: "date", status: 503, after: date, requests: 4, outcome: Failed,
			pauses: []time.Duration{2321098766, 200 * ms, 300 * ms}},
		{name: "nonsense", status: 503, after: "-1", requests: 4, outcome: Failed, pauses: []time.Duration{100 * ms, 200 * ms, 300 * ms}},
		{name: "beyond the deadline", status: 503, after: "15", requests: 1, outcome: Failed},
	}
	for _, tt := range tests {
		a := newApp(t, func(w http.ResponseWriter, _ *http.Request, _ int) {
			if tt.after != "" {
				w.Header().Set("Retry-After", tt.after)
			}
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(tt.status)
			io.WriteString(w, tt.body)
		})
		cfg, c := testConfig(a.URL), newFakeClock()
		cfg.Attempts, cfg.MaxBackoff = 4, 300*ms
		h := open(t, cfg, c)
		_, err := h.Ask(t.Context(), Call{Hook: Join, ID: "x"})
		rs, s := a.requests(), h.Stats()
		if len(rs) != tt.requests || s.Calls[Join][tt.outcome] != 1 || (err == nil) != (tt.outcome <= Rejected) {
			t.Errorf("%s: %d requests, %v, %v; want %d, %v", tt.name, len(rs), s.Calls[Join], err, tt.requests, tt.outcome)
		}
		if got := c.waited(); !reflect.DeepEqual(got, tt.pauses) {
			t.Errorf("%s: pauses %v, want %v", tt.name, got, tt.pauses)
		}
		for _, r := range rs {
			if r.header.Get(HeaderID) != "x" || string(r.body) != string(rs[0].body) {
				t.Errorf("%s: not the same in each attempt: %s", tt.name, r.body)
			}
		}
	}
}

// TestWhenDown decides without an answer.
func TestWhenDown(t *testing.T) {
	a := newApp(t, always(404, ""))
	for _, policy := range []Policy{Allow, Deny} {
		cfg := testConfig(a.URL)
		cfg.WhenDown = policy
		h, out := openLogged(t, cfg, newFakeClock())
		got, err := h.Ask(t.Context(), Call{Hook: Connect})
		var status *StatusError
		if !errors.As(err, &status) || status.Status != 404 {
			t.Errorf("%s: error %v, want status 404", policy, err)
		}
		if denied := got.Reject != nil && got.Reject.Code == CodeDown; denied != (policy == Deny) {
			t.Errorf("%s: %+v", policy, got)
		}
		h.Ask(t.Context(), Call{Hook: Connect})
		s := h.Stats()
		if s.Allowed[Connect]+s.Denied[Connect] != 2 || (s.Denied[Connect] == 2) != (policy == Deny) {
			t.Errorf("%s: allowed %d, denied %d", policy, s.Allowed[Connect], s.Denied[Connect])
		}
		if n := strings.Count(out.String(), "status 404"); n != 1 {
			t.Errorf("%s: %d complaints, want 1: %s", policy, n, out)
		}
	}
}

// TestAskContext leaves the call to itself when its caller is gone.
func TestAskContext(t *testing.T) {
	release := make(chan struct{})
	a := newApp(t, func(http.ResponseWriter, *http.Request, int) { <-release })
	h := open(t, testConfig(a.URL), wallClock{})
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan error, 1)
	go func() { _, err := h.Ask(ctx, Call{Hook: Join}); asked <- err }()
	cancel()
	if err := receive(t, "Ask", asked); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	close(release)
}

// TestBadCall ends what cannot be sent.
func TestBadCall(t *testing.T) {
	a := newApp(t, always(200, ""))
	h := open(t, testConfig(a.URL), newFakeClock())
	for _, call := range []Call{{Hook: Kind(Kinds)}, {Hook: Event, Args: json.RawMessage("[")}} {
		if _, err := h.Ask(t.Context(), call); err == nil {
			t.Errorf("%+v was sent", call)
		}
	}
	if n := len(a.requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
}
