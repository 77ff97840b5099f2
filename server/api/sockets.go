package api

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"grandstand/session"
)

// listSockets shows sockets of a namespace, or of all, by id.
func (s *Server) listSockets(c *call) error {
	limit, err := c.limit(maxListed)
	if err != nil {
		return err
	}
	all, err := s.sockets(c.param("namespace"), c.param("room"))
	if err != nil {
		return err
	}
	slices.SortFunc(all, func(x, y session.SocketInfo) int { return strings.Compare(x.ID, y.ID) })
	after := c.param("after")
	all = slices.DeleteFunc(all, func(i session.SocketInfo) bool { return i.ID <= after && after != "" })
	more := len(all) > limit
	if more {
		all = all[:limit]
	}
	dst := []byte(`{"sockets":[`)
	for i := range all {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendSocket(dst, &all[i])
	}
	dst = strconv.AppendBool(append(dst, `],"more":`...), more)
	c.answer(append(dst, "}\n"...))
	return nil
}

// sockets describes those of a namespace and a room; "" is any.
func (s *Server) sockets(namespace, room string) ([]session.SocketInfo, error) {
	var rooms []string
	if room != "" {
		rooms = []string{room}
	}
	if namespace == "" {
		return s.hub.Sockets(rooms...)
	}
	to, err := s.emitter(&aim{namespace: namespace, to: rooms})
	if err != nil {
		return nil, err
	}
	return to.Sockets()
}

// maxListed is how many sockets one answer holds at most.
const maxListed = 1000

func appendSocket(dst []byte, i *session.SocketInfo) []byte {
	dst = appendText(append(dst, `{"id":`...), i.ID)
	dst = appendText(append(dst, `,"namespace":`...), i.Namespace)
	dst = appendText(append(dst, `,"transport":`...), i.Transport)
	dst = appendText(append(dst, `,"peer":`...), i.Peer)
	dst = append(dst, `,"rooms":[`...)
	for k, name := range i.Rooms {
		if k > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(dst, name)
	}
	dst = append(dst, `],"age_ms":`...)
	dst = strconv.AppendInt(dst, int64(i.Age/time.Millisecond), 10)
	if i.Handshake != nil {
		dst = appendHandshake(append(dst, `,"handshake":`...), i.Handshake)
	}
	if json.Valid(i.Data) { // an application may keep anything
		dst = append(append(dst, `,"data":`...), i.Data...)
	}
	return append(dst, '}')
}

// appendHandshake appends what a client said when it came. What only its page
// and its server should know is left out: whoever may list sockets may not
// pretend to be one.
func appendHandshake(dst []byte, h *session.Handshake) []byte {
	headers := make(map[string]string, len(h.Headers))
	for name, value := range h.Headers {
		if name != "cookie" && name != "authorization" && name != "proxy-authorization" {
			headers[name] = value
		}
	}
	p, err := json.Marshal(struct {
		Time    time.Time           `json:"time"`
		Address string              `json:"address"`
		Secure  bool                `json:"secure"`
		Version int                 `json:"version"`
		Query   map[string][]string `json:"query"`
		Headers map[string]string   `json:"headers"`
		Auth    json.RawMessage     `json:"auth,omitempty"`
	}{h.Time.UTC().Truncate(time.Millisecond), h.Address, h.Secure, h.Version, h.Query, headers, h.Auth})
	if err != nil { // the auth came as JSON, the rest is text
		return append(dst, "null"...)
	}
	return append(dst, p...)
}

// moving is a body of join, leave or disconnect.
type moving struct {
	aim
	rooms []string
	all   bool
}

// readMoving reads it. Without to it would be for everybody, which is to be
// said by "to": [].
func readMoving(c *call, rooms bool) (m moving, err error) {
	body, err := content(c.RequestCtx)
	if err != nil {
		return m, err
	}
	top, err := parse(body)
	if err != nil {
		return m, err
	}
	aimed := false
	err = top.fields(func(name string, v value) (bool, error) {
		aimed = aimed || name == "to"
		if known, err := m.aim.read(name, v); known || err != nil {
			return known, err
		}
		var err error
		switch {
		case name == "rooms" && rooms:
			m.rooms, err = v.texts(name)
		case name == "close" && !rooms:
			m.all, err = v.truth(name)
		default:
			return false, nil
		}
		return true, err
	})
	switch {
	case err != nil:
	case !aimed:
		err = top.bad(`to is missing; "to": [] is every socket of the namespace`)
	case rooms && len(m.rooms) == 0:
		err = refusal(session.CodeBadRoom, "no room given")
	}
	return m, err
}

// joinSockets puts sockets into rooms.
func (s *Server) joinSockets(c *call) error {
	return s.move(c, func(to session.Emitter, rooms []string) error { return to.Join(rooms...) })
}

// leaveSockets takes sockets out of rooms.
func (s *Server) leaveSockets(c *call) error {
	return s.move(c, func(to session.Emitter, rooms []string) error { return to.Leave(rooms...) })
}

func (s *Server) move(c *call, f func(to session.Emitter, rooms []string) error) error {
	m, err := readMoving(c, true)
	if err != nil {
		return err
	}
	to, err := s.emitter(&m.aim)
	if err != nil {
		return err
	}
	if err := f(to, m.rooms); err != nil {
		return err
	}
	c.answer([]byte("{\"ok\":true}\n"))
	return nil
}

// disconnectSockets takes sockets out of their namespace.
func (s *Server) disconnectSockets(c *call) error {
	m, err := readMoving(c, false)
	if err != nil {
		return err
	}
	to, err := s.emitter(&m.aim)
	if err != nil {
		return err
	}
	n, err := to.Disconnect(m.all)
	if err != nil {
		return err
	}
	c.answer(append(strconv.AppendInt([]byte(`{"disconnected":`), int64(n), 10), "}\n"...))
	return nil
}
