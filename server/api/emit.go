package api

import (
	"encoding/base64"
	"strconv"
	"time"

	"grandstand/epoll/wire/socketio"
	"grandstand/session"
)

// aim is whom a body is for: sockets of a namespace.
type aim struct {
	namespace  string
	to, except []string
}

// readAim reads a field that says so.
func (a *aim) read(name string, v value) (known bool, err error) {
	switch name {
	case "namespace":
		a.namespace, err = v.text(name)
	case "to":
		a.to, err = v.texts(name)
	case "except":
		a.except, err = v.texts(name)
	default:
		return false, nil
	}
	return true, err
}

// emitter finds the sockets.
func (s *Server) emitter(a *aim) (session.Emitter, error) {
	name := a.namespace
	if name == "" {
		name = "/"
	}
	ns, err := s.hub.Namespace(name)
	if err != nil {
		return session.Emitter{}, err
	}
	return ns.All().To(a.to...).Except(a.except...), nil
}

// emission is what a body of emit asks for.
type emission struct {
	aim
	event       string
	args        []byte // JSON array
	attachments [][]byte
	volatile    bool
	uncompress  bool
	ack         time.Duration // how long answers are waited for; 0: none are wanted
}

// emit sends an event to sockets: by the rooms' logs, or, when answers are
// wanted, to those that are there.
func (s *Server) emit(c *call) error {
	body, err := content(c.RequestCtx)
	if err != nil {
		return err
	}
	m, err := readEmission(body)
	if err != nil {
		return err
	}
	to, err := s.emitter(&m.aim)
	if err != nil {
		return err
	}
	args, err := session.ParseArgs(m.args, m.attachments)
	if err != nil {
		return err
	}
	if err := m.matched(); err != nil {
		return err
	}
	if m.volatile {
		to = to.Volatile()
	}
	to = to.Compress(!m.uncompress)
	if m.ack == 0 {
		if err := to.EmitArgs(m.event, args); err != nil {
			return err
		}
		c.answer([]byte("{\"ok\":true}\n"))
		return nil
	}
	if m.ack >= s.cfg.CallTimeout {
		return refusal(session.CodeBadMessage, "ack_ms: %d, want less than control.call_timeout (%v)", m.ack.Milliseconds(), s.cfg.CallTimeout)
	}
	replies, err := to.Timeout(m.ack).EmitArgsWithAck(m.event, args)
	complete := err == nil
	if err != nil && !isTimeout(err) {
		return err
	}
	c.answer(appendReplies(nil, replies, complete))
	return nil
}

// matched refuses attachments that are not those of the placeholders: clients
// would take the packet for broken, and end the connection, all of them.
func (m *emission) matched() error {
	if len(m.attachments) == 0 {
		return nil // an object that looks like one is just an object
	}
	nums, err := socketio.Placeholders(m.args)
	seen := make(map[int]bool, len(nums))
	for _, n := range nums {
		if n < len(m.attachments) {
			seen[n] = true
		}
	}
	if err != nil || len(nums) != len(m.attachments) || len(seen) != len(nums) {
		return refusal(session.CodeBadData, `attachments: want for each {"_placeholder":true,"num":N} in args once, N from 0`)
	}
	return nil
}

// isTimeout reports whether some answers are missing.
func isTimeout(err error) bool {
	e, ok := err.(*session.Error) //nolint:errorlint // as the session returns it
	return ok && e.Code == session.CodeTimeout
}

// appendReplies appends the answers of sockets. Binary in them is in
// attachments, in base64.
func appendReplies(dst []byte, replies []session.Reply, complete bool) []byte {
	dst = append(dst, `{"replies":[`...)
	for i, r := range replies {
		if i > 0 {
			dst = append(dst, ',')
		}
		args, attachments := r.Args.JSON()
		dst = appendText(append(dst, `{"socket":`...), r.Socket)
		dst = append(append(dst, `,"args":`...), args...)
		if len(attachments) > 0 {
			dst = append(dst, `,"attachments":[`...)
			for k, a := range attachments {
				if k > 0 {
					dst = append(dst, ',')
				}
				dst = append(base64.StdEncoding.AppendEncode(append(dst, '"'), a), '"')
			}
			dst = append(dst, ']')
		}
		dst = append(dst, '}')
	}
	dst = append(dst, `],"complete":`...)
	return append(strconv.AppendBool(dst, complete), "}\n"...)
}

// readEmission reads a body of emit.
func readEmission(body []byte) (m emission, err error) {
	top, err := parse(body)
	if err != nil {
		return m, err
	}
	m.args = []byte("[]")
	err = top.fields(func(name string, v value) (bool, error) {
		if known, err := m.aim.read(name, v); known || err != nil {
			return known, err
		}
		var err error
		switch name {
		case "event":
			m.event, err = v.text(name)
		case "args":
			if v.p[0] != '[' {
				return true, v.bad("args: want an array")
			}
			m.args = v.p
		case "attachments":
			err = v.each(func(v value) error {
				text, err := v.text(name)
				if err != nil {
					return err
				}
				p, err := base64.StdEncoding.DecodeString(text)
				if err != nil {
					return v.bad("attachments: not base64")
				}
				m.attachments = append(m.attachments, p)
				return nil
			})
		case "volatile":
			m.volatile, err = v.truth(name)
		case "compress":
			m.uncompress, err = v.truth(name)
			m.uncompress = !m.uncompress
		case "ack_ms":
			var ms int
			ms, err = v.number(name)
			m.ack = time.Duration(ms) * time.Millisecond
		default:
			return false, nil
		}
		return true, err
	})
	if err == nil && m.event == "" {
		err = refusal(session.CodeBadEvent, "the event's name is empty")
	}
	return m, err
}
