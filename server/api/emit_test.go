package api

import (
	"strings"
	"testing"

	"grandstand/session"
)

// TestEmitAttachments: what would be a broken packet to every client is refused.
func TestEmitAttachments(t *testing.T) {
	r := newRig(t, nil)
	r.hub.Of("/")
	const one, other = `{"_placeholder":true,"num":0}`, `{"num":1,"_placeholder":true}`
	tests := []struct {
		name, args, attachments string
		ok                      bool
	}{
		{"none", `[` + one + `]`, `[]`, true},
		{"one", `[{"a":` + one + `}]`, `["AA=="]`, true},
		{"two, in any order", `[` + other + `,` + one + `]`, `["AA==","AQ=="]`, true},
		{"without a place", `[1]`, `["AA=="]`, false},
		{"beyond", `[` + other + `]`, `["AA=="]`, false},
		{"twice", `[` + one + `,` + one + `]`, `["AA==","AQ=="]`, false},
		{"more places", `[` + one + `,` + other + `]`, `["AA=="]`, false},
	}
	for _, tt := range tests {
		got := r.do("POST", "/v1/emit", `{"event":"e","args":`+tt.args+`,"attachments":`+tt.attachments+`}`)
		if tt.ok {
			r.want(tt.name, got, 200, `{"ok":true}`)
		} else {
			r.refused(tt.name, got, session.CodeBadData, "attachments")
		}
	}
}

// TestEmitText: likewise what is not UTF-8, whichever way it would go out.
func TestEmitText(t *testing.T) {
	r := newRig(t, nil)
	r.hub.Of("/")
	for _, how := range []string{``, `,"volatile":true`, `,"ack_ms":10`} {
		got := r.do("POST", "/v1/emit", "{\"event\":\"e\",\"args\":[\"\xff\"]"+how+"}")
		r.refused("args that are not UTF-8"+how, got, session.CodeBadData, "UTF-8")
	}
}

// TestEmitLarge: what an application emits may be larger than what is published.
func TestEmitLarge(t *testing.T) {
	r := newRig(t, nil)
	r.hub.Of("/")
	text := func(n int) string { return `"` + strings.Repeat("x", n) + `"` }
	for _, to := range []string{`["a"]`, `[]`} {
		r.want("100 kB to "+to, r.do("POST", "/v1/emit", `{"to":`+to+`,"event":"e","args":[`+text(100000)+`]}`), 200, `{"ok":true}`)
		r.refused("2 MiB to "+to, r.do("POST", "/v1/emit", `{"to":`+to+`,"event":"e","args":[`+text(2<<20)+`]}`), session.CodeTooLarge, "limit is 1048576")
	}
	if events, _, err := r.hub.History("a", "", 1); err != nil || len(events) != 1 || len(events[0].Data) != 100000+len(`[""]`) {
		t.Errorf("kept %d, %v, want one of 100 kB", len(events), err)
	}
	r.refused("published", r.do("POST", "/v1/publish", `{"room":"a","event":"e","data":`+text(100000)+`}`), session.CodeTooLarge, "limit is 65536")
}
