package api

import (
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
