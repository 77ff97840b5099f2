package ws

import "fmt"

// HandshakeError is why an opening request was refused, in the terms of the
// HTTP response to send.
type HandshakeError struct {
	// Status is 400, 405 or 426.
	Status int
	// Code is a word that names the cause: bad_method, not_websocket,
	// bad_connection, bad_version, bad_key, bad_protocol or bad_extensions.
	Code string
	// Message is one line for a person.
	Message string
	// Fields are header fields the response must carry, name and value each,
	// for instance Sec-WebSocket-Version beside a 426 (RFC 6455 §4.4).
	Fields [][2]string
}

// Error names the status and the cause.
func (e *HandshakeError) Error() string {
	return fmt.Sprintf("ws: handshake %d %s: %s", e.Status, e.Code, e.Message)
}

// refuse builds a HandshakeError; fields are names and values in turn.
func refuse(status int, code, message string, fields ...string) *HandshakeError {
	e := &HandshakeError{Status: status, Code: code, Message: message}
	for i := 0; i+1 < len(fields); i += 2 {
		e.Fields = append(e.Fields, [2]string{fields[i], fields[i+1]})
	}
	return e
}
