package threads

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// maxBody bounds a publish request, as in package limit.
const maxBody = 4 << 20

// publication is an event as the control port takes it.
type publication struct {
	Room  string          `json:"room"`
	Event string          `json:"event"`
	Data  json.RawMessage `json:"data"`
}

// control serves the second port. It is no part of what is measured, so it may
// be as comfortable as it likes.
func (s *Server) control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/publish", s.publish)
	return mux
}

// publish logs the events and answers their ids: one bare, several as a list.
func (s *Server) publish(w http.ResponseWriter, req *http.Request) {
	var body struct {
		publication
		Events []publication `json:"events"`
	}
	w.Header().Set("Content-Type", "application/json")
	p, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	if err == nil {
		err = json.Unmarshal(p, &body)
	}
	if err != nil {
		s.complain(w, errors.New("the body is not the JSON of an event or of a list of them"))
		return
	}
	list := body.Events
	if len(list) == 0 {
		list = []publication{body.publication}
	}
	ids, err := s.log(list)
	if err != nil {
		s.complain(w, err)
		return
	}
	answer := any(map[string][]string{"ids": ids})
	if len(body.Events) == 0 {
		answer = map[string]string{"id": ids[0]}
	}
	_ = json.NewEncoder(w).Encode(answer) // a publisher that has gone needs no answer
}

func (s *Server) complain(w http.ResponseWriter, err error) {
	s.refused.Add(1)
	w.WriteHeader(http.StatusBadRequest)
	_, _ = w.Write(appendError(nil, "bad_message", err)) // as above
}

// log puts events into their rooms, all or none, and wakes who waits for them.
func (s *Server) log(list []publication) ([]string, error) {
	rooms := make([]*room, len(list))
	for i := range list {
		if list[i].Room == "" || len(list[i].Room) > maxName {
			return nil, errors.New("an event needs a room")
		}
		var err error
		if rooms[i], err = s.room(list[i].Room); err != nil {
			return nil, err
		}
	}
	ids := make([]string, len(list))
	for i, e := range list {
		if len(e.Data) == 0 {
			e.Data = []byte("null")
		}
		ids[i] = string(appendCursor(nil, rooms[i].publish(quote(e.Event), e.Data)))
	}
	s.events.Add(int64(len(list)))
	// Once for a run of events of one room: a thread that is woken for the first
	// would answer with it alone and be asked again for each of the others.
	for i, r := range rooms {
		if i+1 == len(rooms) || rooms[i+1] != r {
			r.wake()
		}
	}
	return ids, nil
}
