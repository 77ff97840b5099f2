package load

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestPage(t *testing.T) {
	one, two := text(0), text(1)
	hard := `{"type":"event","room":"a","id":"e-3","event":"x","data":{"s":"}],\"next_ms\":1}\\","l":[{},[]]}}`
	for _, tt := range []struct {
		name, in string
		slow     bool // by the decoder of JSON
		broken   bool
		cursor   string
		events   []string
		gaps     int
	}{
		{name: "empty", in: `{"room":"a","cursor":"k3-7","recovered":true,"events":[],"next_ms":0}`, cursor: "k3-7"},
		{name: "first", in: `{"room":"a","cursor":"k3-7","recovered":false,"events":[],"next_ms":1000}`, cursor: "k3-7"},
		{name: "one", in: pageOf(0), cursor: "e-1", events: []string{one}},
		{name: "three of several rooms", in: `{"rooms":["a","b]"],"cursor":"e-3","recovered":true,"events":[` + one + "," + two + "," + hard + `],"next_ms":0}`, cursor: "e-3", events: []string{one, two, hard}},
		{name: "a room to deceive", in: `{"room":"a\",\"cursor\":\"e-9","cursor":"e-1","recovered":true,"events":[` + one + `],"next_ms":0}`, cursor: "e-1", events: []string{one}},
		{name: "rooms to deceive", in: `{"rooms":["a\"]","b"],"cursor":"e-1","recovered":true,"events":[` + one + `],"next_ms":0}`, cursor: "e-1", events: []string{one}, slow: true},
		{name: "a gap", in: `{"room":"a","cursor":"e-2","recovered":false,"events":[` + two + `],"gaps":[{"type":"gap","room":"a","from":"e-0","to":"e-1"}],"next_ms":0}`, cursor: "e-2", events: []string{two}, gaps: 1, slow: true},
		{name: "spaces", in: `{"room": "a", "cursor": "e-2", "recovered": true, "events": [ ` + two + ` ]}`, cursor: "e-2", events: []string{two}, slow: true},
		{name: "no next_ms", in: `{"room":"a","cursor":"e-2","recovered":true,"events":[]}`, cursor: "e-2", slow: true},
		{name: "not JSON", in: `{"room":"a","cursor":"e-2","recovered":true,"events":[` + one + `,],"next_ms":0}`, broken: true},
		{name: "an event that doesn't end", in: `{"room":"a","cursor":"e-2","recovered":true,"events":[` + one[:60] + `],"next_ms":0}`, broken: true},
		{name: "no cursor", in: `{"room":"a","events":[]}`, broken: true},
		{name: "a cursor without number", in: `{"room":"a","cursor":"abc","recovered":true,"events":[],"next_ms":0}`, broken: true},
		{name: "nothing", in: ``, broken: true},
		{name: "half", in: `{"room":"a`, broken: true},
	} {
		var g, q page
		err := g.parse([]byte(tt.in))
		if tt.broken {
			if err == nil {
				t.Errorf("%s: %+v, want it refused", tt.name, g)
			}
			continue
		}
		var events []string
		for _, e := range g.events {
			events = append(events, string(e))
		}
		if err != nil || string(g.cursor) != tt.cursor || fmt.Sprint(events) != fmt.Sprint(tt.events) || len(g.gaps) != tt.gaps || g.recovered != strings.Contains(strings.ReplaceAll(tt.in, " ", ""), `"recovered":true`) {
			t.Errorf("%s: %q %q %t %d gaps, %v", tt.name, g.cursor, events, g.recovered, len(g.gaps), err)
		}
		if q.quick([]byte(tt.in)) == tt.slow {
			t.Errorf("%s: quick is %t", tt.name, !tt.slow)
		}
	}
}

// FuzzPage holds that a JSON body read by position means what it means as JSON.
func FuzzPage(f *testing.F) {
	f.Add([]byte(pageOf(0)))
	f.Add([]byte(`{"rooms":["a","b"],"cursor":"e-1","recovered":false,"events":[{"a":"\\\""},{"b":[1,{}]}],"next_ms":12}`))
	f.Add([]byte(`{"room":"\"]","cursor":"e-1","recovered":true,"events":[],"gaps":[{"type":"gap"}],"next_ms":0}`))
	f.Fuzz(func(t *testing.T, p []byte) {
		var g page
		if !g.quick(p) || !json.Valid(p) {
			return
		}
		var a struct {
			Cursor    *string
			Recovered *bool
			Events    []json.RawMessage
			NextMs    int64 `json:"next_ms"`
		}
		if err := json.Unmarshal(p, &a); err != nil {
			return // a number too large, of which we make nothing
		}
		var cursor string
		_ = json.Unmarshal([]byte(`"`+string(g.cursor)+`"`), &cursor)
		if a.Cursor == nil || cursor != *a.Cursor || a.Recovered == nil || *a.Recovered != g.recovered || len(a.Events) != len(g.events) {
			t.Fatalf("%q: by position %q %t %q, as JSON %+v", p, g.cursor, g.recovered, g.events, a)
		}
		for i := range a.Events {
			if string(a.Events[i]) != string(g.events[i]) {
				t.Fatalf("%q: event %d is %q, as JSON %q", p, i, g.events[i], a.Events[i])
			}
		}
	})
}
