package hooks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Answer is what the application wants done. All JSON in it is valid, UTF-8
// and without white space between tokens.
type Answer struct {
	// Reject refuses what was asked about.
	Reject *Rejection
	// Ack is the array of arguments of the acknowledgement; nil is none.
	Ack json.RawMessage
	// Attachments is what the placeholders in Ack stand for.
	Attachments [][]byte
	// Emit is events to send, in order.
	Emit []Emit
	// Join and Leave are rooms that the socket joins and leaves, joins first.
	Join, Leave []string
	// Disconnect ends the socket after all else.
	Disconnect bool
	// Data replaces what is stored with the socket; nil leaves it, null
	// clears it.
	Data json.RawMessage
}

// Rejection is why something is refused, for the client.
type Rejection struct {
	// Code is for programs. "rejected" when the application gave none.
	Code string
	// Message is for people.
	Message string
	// Data is whatever the application wants to add; nil is nothing.
	Data json.RawMessage
}

// Emit is an event to send.
type Emit struct {
	// To is rooms and ids of sockets. None, and not All: the socket itself.
	To []string
	// All sends to every socket of the namespace.
	All bool
	// Except is rooms and ids of sockets that do not get it.
	Except []string
	// Namespace is where; "" is the one of the call.
	Namespace string
	// Event is the event's name.
	Event string
	// Args is the array of its arguments. nil when Data is given.
	Args json.RawMessage
	// Data is its one argument, for events that native viewers get as well.
	Data json.RawMessage
	// Attachments is what the placeholders in Args or Data stand for.
	Attachments [][]byte
}

// ParseAnswer reads the body of a 2xx response: nothing, or one JSON object.
//
// It is strict, because a misspelt "rejekt" that is passed over lets in
// everybody: names have to be known, spelt exactly and given once.
func ParseAnswer(body []byte) (Answer, error) {
	var a Answer
	body = bytes.Trim(body, " \t\r\n")
	if len(body) == 0 {
		return a, nil
	}
	if !utf8.Valid(body) {
		return Answer{}, errors.New("not UTF-8") // encoding/json would patch it
	}
	var compact bytes.Buffer
	compact.Grow(len(body))
	if err := json.Compact(&compact, body); err != nil {
		return Answer{}, fmt.Errorf("not JSON: %w", err)
	}
	if err := object(compact.Bytes(), a.field); err != nil {
		return Answer{}, err
	}
	if a.Reject != nil && (a.Ack != nil || a.Join != nil || a.Leave != nil || a.Data != nil || a.Attachments != nil) {
		return Answer{}, errors.New("reject: with it there is no ack, join, leave or data")
	}
	if err := placed(a.Ack, a.Attachments); err != nil {
		return Answer{}, err
	}
	return a, nil
}

// field reads one field of the answer. null is the same as absent, but for
// data.
func (a *Answer) field(name string, raw json.RawMessage) (known bool, err error) {
	switch name {
	case "reject":
		if isNull(raw) {
			return true, nil
		}
		a.Reject = &Rejection{Code: "rejected"}
		return true, object(raw, a.Reject.field)
	case "ack":
		a.Ack, err = array(raw)
	case "attachments":
		a.Attachments, err = binaries(raw)
	case "emit":
		a.Emit, err = emits(raw)
	case "join":
		a.Join, err = texts(raw)
	case "leave":
		a.Leave, err = texts(raw)
	case "disconnect":
		a.Disconnect, err = truth(raw)
	case "data":
		a.Data = raw
	default:
		return false, nil
	}
	return true, err
}

// field reads one field of a rejection.
func (r *Rejection) field(name string, raw json.RawMessage) (known bool, err error) {
	switch name {
	case "code":
		var code string
		if code, err = text(raw); code != "" {
			r.Code = code
		}
	case "message":
		r.Message, err = text(raw)
	case "data":
		if !isNull(raw) {
			r.Data = raw
		}
	default:
		return false, nil
	}
	return true, err
}

// emits reads the list of events to send.
func emits(raw json.RawMessage) ([]Emit, error) {
	items, err := list(raw)
	if err != nil {
		return nil, err
	}
	var out []Emit
	for i, item := range items {
		e, err := emit(item)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		out = append(out, e)
	}
	return out, nil
}

// emit reads one event to send.
func emit(raw json.RawMessage) (Emit, error) {
	var e Emit
	if err := object(raw, e.field); err != nil {
		return Emit{}, err
	}
	switch {
	case e.Event == "":
		return Emit{}, errors.New("event: missing")
	case e.All && len(e.To) > 0:
		return Emit{}, errors.New("all: given together with to")
	case e.Args != nil && e.Data != nil:
		return Emit{}, errors.New("args: given together with data")
	}
	values := e.Args
	if e.Data != nil {
		values = e.Data
	}
	if err := placed(values, e.Attachments); err != nil {
		return Emit{}, err
	}
	return e, nil
}

// field reads one field of an event to send.
func (e *Emit) field(name string, raw json.RawMessage) (known bool, err error) {
	switch name {
	case "to":
		// An empty list is an application's mistake, not its socket's name.
		if e.To, err = texts(raw); err == nil && e.To == nil && !isNull(raw) {
			err = errors.New("empty; leave it out for the socket itself")
		}
	case "all":
		e.All, err = truth(raw)
	case "except":
		e.Except, err = texts(raw)
	case "namespace":
		e.Namespace, err = text(raw)
	case "event":
		e.Event, err = text(raw)
	case "args":
		e.Args, err = array(raw)
	case "data":
		e.Data = raw
	case "attachments":
		e.Attachments, err = binaries(raw)
	default:
		return false, nil
	}
	return true, err
}
