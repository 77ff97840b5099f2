package session

import "grandstand/session/room"

// Code is a stable name of an error, for programs.
type Code string

// The codes of the room side.
const (
	CodeBadRoom       Code = "bad_room"            // the name is not one
	CodeBadEvent      Code = "bad_event"           // the event's name is not one
	CodeBadData       Code = "bad_data"            // data is not JSON in UTF-8
	CodeTooLarge      Code = "too_large"           // data is over the limit
	CodeTooManyRooms  Code = "too_many_rooms"      // the server's limit
	CodeRoomLimit     Code = "room_limit"          // the session's limit
	CodeForbidden     Code = "forbidden"           // not allowed here
	CodeRate          Code = "rate_limited"        // publishes too fast
	CodeNotJoined     Code = "not_joined"          // is not in that room
	CodeAlreadyJoined Code = "already_joined"      // is in that room
	CodeBadCursor     Code = "bad_cursor"          // the cursor is not one
	CodeBusy          Code = "busy"                // the server has too much to do
	CodeBadMessage    Code = "bad_message"         // cannot be understood
	CodeNotFound      Code = "not_found"           // no such room or session
	CodeTooMany       Code = "too_many"            // a list is too long
	CodeUnavailable   Code = "publish_unavailable" // the broker refused
	CodeBadKey        Code = "bad_idempotency_key" // the key is not one
	CodeEnded         Code = "ended"               // the session is over
	CodeStopping      Code = "stopping"            // the server is going away
	CodeBadNamespace  Code = "bad_namespace"       // there is none of that name
	CodeTimeout       Code = "timeout"             // not everybody has answered in time

	// Why a since was of no use: see room.Why.
	CodeHistoryGone Code = Code(room.Trimmed)
	CodeOtherEpoch  Code = Code(room.Foreign)
	CodeCursorAhead Code = Code(room.Ahead)
)

// Error is a refusal: what was wrong, for programs and for people. As an
// argument of an answer it is what clients get in all others.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
}

// Error returns both.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Message }
