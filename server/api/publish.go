package api

import (
	"strings"

	"grandstand/session"
	"grandstand/session/broker"
)

// order is what a body of publish or broadcast asks for.
type order struct {
	key  string // idempotency key, "" for none
	list bool   // given as events, answered as ids
	// batch borrows the data from the body; the hub makes its own.
	batch []broker.Message
}

// publish commits events, each for one room.
func (s *Server) publish(c *call) error { return s.commit(c, readPublish) }

// broadcast commits one event for several rooms.
func (s *Server) broadcast(c *call) error { return s.commit(c, readBroadcast) }

// commit reads an order, has the hub carry it out and answers with the ids.
func (s *Server) commit(c *call, read func(body []byte) (order, error)) error {
	body, err := content(c.RequestCtx)
	if err != nil {
		return err
	}
	o, err := read(body)
	if err != nil {
		return err
	}
	if header := c.Request.Header.Peek("Idempotency-Key"); len(header) > 0 {
		if o.key != "" && o.key != string(header) {
			return refusal(session.CodeBadKey, "the header and the body give different keys")
		}
		o.key = string(header)
	}
	ctx, cancel := s.deadline()
	defer cancel()
	ids, again, err := s.hub.Publish(ctx, o.key, o.batch)
	if err != nil {
		return err
	}
	if len(ids) != len(o.batch) {
		return refusal(session.CodeBadKey, "the key was used before, with %d events", len(ids))
	}
	c.answer(s.appendIDs(nil, ids, o.list, again))
	return nil
}

// appendIDs appends the answer to an order.
func (s *Server) appendIDs(dst []byte, ids []uint64, list, again bool) []byte {
	if list {
		dst = append(dst, `{"ids":[`...)
	} else {
		dst = append(dst, `{"id":`...)
	}
	for i, id := range ids {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '"')
		dst = s.hub.AppendCursor(dst, id)
		dst = append(dst, '"')
	}
	if list {
		dst = append(dst, ']')
	}
	if again {
		dst = append(dst, `,"repeated":true`...)
	}
	return append(dst, "}\n"...)
}

// readPublish reads a body of publish.
func readPublish(body []byte) (o order, err error) {
	top, err := parse(body)
	if err != nil {
		return o, err
	}
	var one broker.Message
	single := false
	err = top.fields(func(name string, v value) (bool, error) {
		switch name {
		case "idempotency_key":
			o.key, err = v.text(name)
			return true, err
		case "events":
			o.list = !v.null()
			return true, v.each(func(v value) error {
				m, err := readMessage(v)
				o.batch = append(o.batch, m)
				return err
			})
		}
		single = true
		return readField(&one, name, v)
	})
	switch {
	case err != nil:
		return o, err
	case o.list && single:
		return o, top.bad("either events, or one event's own fields")
	case o.list && len(o.batch) == 0:
		return o, top.bad("events is empty")
	case o.list:
		return o, nil
	}
	o.batch = []broker.Message{one}
	return o, complete(&one)
}

// readBroadcast reads a body of broadcast.
func readBroadcast(body []byte) (o order, err error) {
	top, err := parse(body)
	if err != nil {
		return o, err
	}
	var m broker.Message
	err = top.fields(func(name string, v value) (bool, error) {
		switch name {
		case "idempotency_key":
			o.key, err = v.text(name)
			return true, err
		case "rooms":
			return true, v.each(func(v value) error {
				room, err := v.text("room")
				m.Rooms = append(m.Rooms, room)
				return err
			})
		case "room":
			return false, nil
		}
		return readField(&m, name, v)
	})
	if err != nil {
		return o, err
	}
	o.batch = []broker.Message{m}
	return o, complete(&m)
}

// readMessage reads one of events.
func readMessage(v value) (m broker.Message, err error) {
	err = v.fields(func(name string, v value) (bool, error) { return readField(&m, name, v) })
	if err != nil {
		return m, err
	}
	return m, complete(&m)
}

// readField reads a field that an event for one room has.
func readField(m *broker.Message, name string, v value) (known bool, err error) {
	switch name {
	case "room":
		room, err := v.text(name)
		m.Rooms = []string{room}
		return true, err
	case "event":
		m.Name, err = v.text(name)
	case "data":
		m.Data, m.Parsed = v.p, true
	case "except":
		m.Except, err = v.text(name)
		if err == nil && m.Except != "" && !socketID(m.Except) {
			err = v.bad("except: not the id of a session")
		}
	default:
		return false, nil
	}
	return true, err
}

// socketID reports whether text can be the id of a session: of sockets of 2.x
// clients it stands behind their namespace.
func socketID(text string) bool {
	if namespace, id, ok := strings.Cut(text, "#"); ok && strings.HasPrefix(namespace, "/") {
		text = id
	}
	_, ok := session.ParseID(text)
	return ok
}

// complete refuses a message without what it cannot do without. It comes
// before the hub's own check so that a long list of empty objects costs
// nothing.
func complete(m *broker.Message) error {
	if len(m.Rooms) == 0 {
		return refusal(session.CodeBadRoom, "no room given")
	}
	if m.Name == "" {
		return refusal(session.CodeBadEvent, "the event's name is empty")
	}
	return nil
}
