package session

import (
	"strconv"
	"strings"
)

// Cursor is an id as viewers see it: "epoch-number". It is opaque to them.
func (h *Hub) Cursor(id uint64) string {
	return string(h.AppendCursor(nil, id))
}

// AppendCursor appends the cursor of an id to dst.
func (h *Hub) AppendCursor(dst []byte, id uint64) []byte {
	dst = append(dst, h.epoch...)
	dst = append(dst, '-')
	return strconv.AppendUint(dst, id, 10)
}

// ParseCursor reads a cursor. foreign: it is one, but of another epoch, so its
// number says nothing. The error is an *Error with CodeBadCursor.
func (h *Hub) ParseCursor(s string) (id uint64, foreign bool, err error) {
	epoch, number, ok := strings.Cut(s, "-")
	if !ok || epoch == "" || len(epoch) > 16 || !alphanumeric(epoch) || len(number) > 20 {
		return 0, false, &Error{CodeBadCursor, "a cursor is an epoch, a hyphen and a number, as the server gave it"}
	}
	for i := range len(number) {
		if number[i] < '0' || number[i] > '9' {
			return 0, false, &Error{CodeBadCursor, "a cursor ends with a number"}
		}
	}
	id, perr := strconv.ParseUint(number, 10, 64)
	if perr != nil {
		return 0, false, &Error{CodeBadCursor, "a cursor ends with a number"}
	}
	return id, epoch != h.epoch, nil
}

func alphanumeric(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
