package hooks

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"

	"grandstand/epoll/wire/socketio"
)

// binaries reads a list of binary values in base64. An empty one is nil.
func binaries(raw json.RawMessage) ([][]byte, error) {
	items, err := list(raw)
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for i, item := range items {
		if item[0] != '"' {
			return nil, fmt.Errorf("[%d]: want base64", i)
		}
		s, err := text(item)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		p, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return nil, fmt.Errorf("[%d]: want base64", i)
		}
		out = append(out, p)
	}
	return out, nil
}

// errPlaces is said of binary values that are not those of the placeholders.
var errPlaces = errors.New(`attachments: want for each {"_placeholder":true,"num":N} once, N from 0`)

// placed refuses attachments that are not those of the placeholders in values:
// clients would take the packet for broken, and end the connection. Without
// attachments an object that looks like a placeholder is just an object.
func placed(values json.RawMessage, attachments [][]byte) error {
	if len(attachments) == 0 {
		return nil
	}
	if values == nil {
		return errPlaces
	}
	nums, err := socketio.Placeholders(values)
	if err != nil || len(nums) != len(attachments) {
		return errPlaces
	}
	seen := make([]bool, len(nums))
	for _, n := range nums {
		if n >= len(seen) || seen[n] {
			return errPlaces
		}
		seen[n] = true
	}
	return nil
}
