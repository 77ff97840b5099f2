package transport

import (
	"encoding/json"

	"grandstand/epoll/wire/http1"
	"grandstand/session"
)

// info is what a client learns before it connects.
type info struct {
	Transports []infoWay           `json:"transports"`
	Limits     infoLimits          `json:"limits"`
	Rooms      map[string]infoRoom `json:"rooms,omitempty"`
	Send       string              `json:"send"`
	Token      string              `json:"token,omitempty"`
}

// infoWay is a way in.
type infoWay struct {
	Name string `json:"name"`
	Path string `json:"path"`
}

// infoLimits are those a client can run into.
type infoLimits struct {
	MaxRooms    int   `json:"max_rooms"`
	MaxMessage  int   `json:"max_message"`
	MaxMessages int   `json:"max_messages"`
	MaxHistory  int   `json:"max_history"`
	WaitMS      int64 `json:"wait_ms"`
	IntervalMS  int64 `json:"interval_ms"`
	KeepaliveMS int64 `json:"keepalive_ms"`
}

// infoRoom is where a room stands.
type infoRoom struct {
	Cursor string `json:"cursor"`
}

// openInfo answers PREFIX/info.
func (s *Server) openInfo(h *httpConn, req *http1.Request) after {
	if m := req.Method(); m != http1.MethodGet && m != http1.MethodHead {
		return s.refuse(h, req, http1.MethodNotAllowed(readMethods))
	}
	rooms, _, _, err := s.opening(req)
	if err != nil {
		return s.refuse(h, req, asHTTP(err))
	}
	cfg := &s.cfg
	i := info{Send: cfg.Prefix + "/send", Limits: infoLimits{
		MaxRooms: cfg.MaxURLRooms, MaxMessage: min(cfg.WebSocket.MaxMessage, cfg.HTTP.MaxBody), MaxMessages: cfg.Send.MaxMessages,
		MaxHistory: cfg.Poll.MaxEvents, WaitMS: cfg.Poll.MaxWait.Milliseconds(),
		IntervalMS: cfg.Poll.Interval.Milliseconds(), KeepaliveMS: cfg.PingInterval.Milliseconds(),
	}}
	may := len(rooms) == 0
	for _, way := range ways() { // in the order to be tried, whatever the file's
		if s.open(way) {
			i.Transports = append(i.Transports, infoWay{way, s.pathOf(way)})
		}
	}
	for _, name := range rooms {
		if err := s.hub.CheckRoom(name); err != nil {
			return s.refuse(h, req, asHTTP(err))
		}
		if i.Rooms == nil {
			i.Rooms = make(map[string]infoRoom)
		}
		i.Rooms[name] = infoRoom{s.hub.Cursor(s.hub.Newest([]string{name}))}
		may = may || s.hub.MayPublish(name)
	}
	if may { // nothing to publish with where nobody may
		i.Token = s.tokens.Anonymous()
	}
	body, err := json.Marshal(&i)
	if err != nil {
		return s.refuse(h, req, asHTTP(err))
	}
	return s.respond(h, req, http1.Response{Status: 200, ContentType: "application/json", Body: body,
		Header: []http1.Field{{Name: "Cache-Control", Value: "no-store"}, {Name: "X-Content-Type-Options", Value: "nosniff"}}})
}

// pathOf is where a way begins.
func (s *Server) pathOf(way string) string {
	switch way {
	case wayWebSocket:
		way = "ws"
	case wayLongPoll:
		way = wayPoll
	}
	return s.cfg.Prefix + "/" + way
}

// open reports whether a way in is open.
func (s *Server) open(way string) bool { return s.opened[way] }

// errTransportOff refuses a way that the operator has closed.
var errTransportOff = &http1.Error{Status: 404, Code: "transport_off", Message: "this way in is closed here; see info"}

// errNotFound is for everything else.
func (s *Server) errNotFound() *http1.Error {
	return &http1.Error{Status: 404, Code: string(session.CodeNotFound), Message: "nothing here; see " + s.cfg.Prefix + "/info"}
}
