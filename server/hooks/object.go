package hooks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// object calls field for every field of an object. p is valid, compact JSON.
//
// encoding/json would take names in any case and the last of two; so only its
// tokens are used. The raw values share p's memory.
func object(p []byte, field func(name string, raw json.RawMessage) (known bool, err error)) error {
	if p[0] != '{' {
		return errors.New("want an object")
	}
	dec := json.NewDecoder(bytes.NewReader(p))
	if _, err := dec.Token(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		name, ok := key.(string)
		if !ok || seen[name] {
			return fmt.Errorf("%.40q: given twice", name)
		}
		seen[name] = true
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		known, err := field(name, raw)
		if !known {
			return fmt.Errorf("%.40q: unknown field", name)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// list cuts an array into its elements; null has none.
func list(raw json.RawMessage) ([]json.RawMessage, error) {
	if isNull(raw) {
		return nil, nil
	}
	if raw[0] != '[' {
		return nil, errors.New("want an array")
	}
	var items []json.RawMessage
	err := json.Unmarshal(raw, &items)
	return items, err
}

// array returns an array as it is, nil for null.
func array(raw json.RawMessage) (json.RawMessage, error) {
	if isNull(raw) {
		return nil, nil
	}
	if raw[0] != '[' {
		return nil, errors.New("want an array")
	}
	return raw, nil
}

// texts reads an array of strings that are not empty. An empty array is nil.
func texts(raw json.RawMessage) ([]string, error) {
	items, err := list(raw)
	if err != nil {
		return nil, err
	}
	var out []string
	for i, item := range items {
		s, err := text(item)
		if err == nil && s == "" {
			err = errors.New("want a string that is not empty")
		}
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		out = append(out, s)
	}
	return out, nil
}

// text reads a string; null is the empty one.
func text(raw json.RawMessage) (string, error) {
	if isNull(raw) {
		return "", nil
	}
	if raw[0] != '"' {
		return "", errors.New("want a string")
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err
}

// truth reads true or false; null is false.
func truth(raw json.RawMessage) (bool, error) {
	switch string(raw) {
	case "true":
		return true, nil
	case "false", "null":
		return false, nil
	}
	return false, errors.New("want true or false")
}

func isNull(raw json.RawMessage) bool { return string(raw) == "null" }
