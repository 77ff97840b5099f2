package socketio

// Error is why a packet was refused. After one the connection is of no more
// use: both reference servers close it.
//
// Values are shared by all and never to be changed.
type Error struct {
	// Code names the cause in snake_case. It is stable: logs and metrics carry
	// it.
	Code string
	// Message says it to a person. It never quotes the packet.
	Message string
}

// Error gives code and message in one line.
func (e *Error) Error() string { return "socketio: " + e.Code + ": " + e.Message }

// The closed table of what is refused.
var (
	errType        = &Error{Code: "bad_packet_type", Message: "a packet begins with its type, 0 to 6"}
	errNamespace   = &Error{Code: "bad_namespace", Message: "a namespace begins with a slash and has at most so many bytes as the limit says"}
	errID          = &Error{Code: "bad_packet_id", Message: "an ack has an id, an event may have one, nothing else has; at most 2^53-1"}
	errAttachments = &Error{Code: "bad_attachments", Message: "a binary packet has a count of attachments, at least 1, and a dash behind it"}
	errTooMany     = &Error{Code: "too_many_attachments", Message: "the attachments of a packet are above the limit"}
	errText        = &Error{Code: "unexpected_text", Message: "attachments are awaited"}
	errBinary      = &Error{Code: "unexpected_binary", Message: "no attachments are awaited"}
	errPlaceholder = &Error{Code: "bad_placeholder", Message: "each attachment has one placeholder with its number, and nothing else in it"}
	errPayload     = &Error{Code: "bad_payload", Message: "the payload does not have the shape that the packet's type asks for"}
	errReserved    = &Error{Code: "reserved_event", Message: "this event name is not for packets"}
	errJSON        = &Error{Code: "bad_json", Message: "the payload is not JSON"}
	errUTF8        = &Error{Code: "bad_utf8", Message: "text must be UTF-8"}
	errDepth       = &Error{Code: "too_deep", Message: "the payload is nested above the limit"}
	errTooLarge    = &Error{Code: "packet_too_large", Message: "the packet with its attachments is above the limit"}
	errMsgpack     = &Error{Code: "bad_msgpack", Message: "the message is not one msgpack value of known types"}
)
