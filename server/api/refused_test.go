package api

import (
	"strings"
	"testing"

	"grandstand/session"
)

// badOrder is a body that is refused.
type badOrder struct {
	name, body string
	code       session.Code
	message    string // a part of it
}

// badPublish lists bodies of publish.
func badPublish() []badOrder {
	long := strings.Repeat("x", 129) // more than a key or, here, data may have
	return []badOrder{
		{"not JSON", `{"room":"a",}`, session.CodeBadMessage, "byte 13"},
		{"cut off", `{"room":"a"`, session.CodeBadMessage, "byte 11: unexpected end"},
		{"two values", `{"room":"a","event":"e"} {}`, session.CodeBadMessage, "byte 26"},
		{"array", `[]`, session.CodeBadMessage, "byte 1: want an object"},
		{"unknown field", `{"room":"a","evnt":"e"}`, session.CodeBadMessage, `byte 13: unknown field \"evnt\"`},
		{"other case", `{"Room":"a","event":"e"}`, session.CodeBadMessage, `unknown field \"Room\"`},
		{"twice", `{"room":"a","event":"e","room":"b"}`, session.CodeBadMessage, `byte 25: field \"room\" twice`},
		{"twice, escaped", `{"room":"a","event":"e","\u0072oom":"b"}`, session.CodeBadMessage, `twice`},
		{"unknown in a list", `{"events":[{"room":"a","event":"e"}, {"rum":"a"}]}`, session.CodeBadMessage, `byte 39: unknown field \"rum\"`},
		{"room is a number", `{"room": 5,"event":"e"}`, session.CodeBadMessage, "byte 10: room: want a string"},
		{"not UTF-8", "{\"room\":\"a\",\"event\":\"\xff\"}", session.CodeBadMessage, "event: not UTF-8"},
		{"events is an object", `{"events":{}}`, session.CodeBadMessage, "byte 11: want an array"},
		{"events of strings", `{"events":["x"]}`, session.CodeBadMessage, "byte 12: want an object"},
		{"events is empty", `{"events":[]}`, session.CodeBadMessage, "events is empty"},
		{"events and room", `{"events":[{"room":"a","event":"e"}],"room":"a"}`, session.CodeBadMessage, "either events"},
		{"events within events", `{"events":[{"events":[]}]}`, session.CodeBadMessage, "unknown field"},
		{"rooms in publish", `{"rooms":["a"],"event":"e"}`, session.CodeBadMessage, "unknown field"},
		{"no room", `{"event":"e"}`, session.CodeBadRoom, "no room"},
		{"null room", `{"room":null,"event":"e"}`, session.CodeBadRoom, "empty"},
		{"no room in a list", `{"events":[{}]}`, session.CodeBadRoom, "no room"},
		{"bad room", `{"room":"a b","event":"e"}`, session.CodeBadRoom, ""},
		{"long room", `{"room":"123456789","event":"e"}`, session.CodeBadRoom, "limit is 8"},
		{"no event", `{"room":"a"}`, session.CodeBadEvent, ""},
		{"bad event", `{"room":"a","event":"a\nb"}`, session.CodeBadEvent, "control"},
		{"data is not UTF-8", "{\"room\":\"a\",\"event\":\"e\",\"data\":\"\xff\"}", session.CodeBadData, ""},
		{"data too large", `{"room":"a","event":"e","data":"` + long + `"}`, session.CodeTooLarge, "limit is 32"},
		{"except", `{"room":"a","event":"e","except":"me"}`, session.CodeBadMessage, "byte 34: except"},
		{"too many events", `{"events":[` + strings.Repeat(`{"room":"a","event":"e"},`, 3) + `{"room":"a","event":"e"}]}`, session.CodeTooMany, "limit is 3"},
		{"one bad in a list", `{"events":[{"room":"a","event":"e"},{"room":"?","event":"e"}]}`, session.CodeBadRoom, ""},
		{"too many rooms", `{"events":[{"room":"a","event":"e"},{"room":"b","event":"e"},{"room":"c","event":"e"}]}`, session.CodeTooManyRooms, "2 rooms"},
		{"long key", `{"room":"a","event":"e","idempotency_key":"` + long + `"}`, session.CodeBadKey, ""},
	}
}

// badBroadcast lists bodies of broadcast.
func badBroadcast() []badOrder {
	return []badOrder{
		{"no rooms", `{"event":"e"}`, session.CodeBadRoom, ""},
		{"null rooms", `{"rooms":null,"event":"e"}`, session.CodeBadRoom, ""},
		{"empty rooms", `{"rooms":[],"event":"e"}`, session.CodeBadRoom, ""},
		{"rooms is a string", `{"rooms":"a","event":"e"}`, session.CodeBadMessage, "byte 10: want an array"},
		{"room in broadcast", `{"room":"a","event":"e"}`, session.CodeBadMessage, "unknown field"},
		{"events in broadcast", `{"events":[]}`, session.CodeBadMessage, "unknown field"},
		{"too many in a broadcast", `{"rooms":["a","a","a","a"],"event":"e"}`, session.CodeTooMany, ""},
		{"rooms of numbers", `{"rooms":[1],"event":"e"}`, session.CodeBadMessage, "byte 11: room: want a string"},
	}
}

// TestRefusedOrders: what is wrong is named, and nothing is committed.
func TestRefusedOrders(t *testing.T) {
	r := newRig(t, func(s *settings) {
		s.hub.MaxBatch, s.hub.MaxData, s.hub.MaxRooms, s.hub.MaxRoomName = 3, 32, 2, 8
	})
	for _, tt := range badPublish() {
		r.refused(tt.name, r.do("POST", "/v1/publish", tt.body), tt.code, tt.message)
	}
	for _, tt := range badBroadcast() {
		r.refused(tt.name, r.do("POST", "/v1/broadcast", tt.body), tt.code, tt.message)
	}
	if n := r.hub.Stats().Events; n != 0 {
		t.Errorf("%d events were committed, want 0", n)
	}
}
