package api

import (
	"encoding/json"
	"strings"
	"time"

	"grandstand/session"
	"grandstand/session/room"
)

// maxRooms is how many rooms one answer lists: about 100 KB.
const maxRooms = 1000

// roomLine is a room in a list.
type roomLine struct {
	Name    string `json:"name"`
	Head    string `json:"head"` // cursor of the newest event
	Viewers int    `json:"viewers"`
	Events  int    `json:"events"` // kept
	Bytes   int    `json:"bytes"`  // of them
}

// roomPage is a part of the list.
type roomPage struct {
	Rooms []roomLine `json:"rooms"`
	// Next is to be given as after for the rest; "" when there is none.
	Next string `json:"next,omitempty"`
}

// roomDetail is one room.
type roomDetail struct {
	roomLine
	// Trimmed is the cursor of the newest event that is no longer kept.
	Trimmed string     `json:"trimmed"`
	Config  roomPolicy `json:"config"`
}

// roomPolicy is a room's configuration, with the keys and the notation of the
// configuration file.
type roomPolicy struct {
	History       int         `json:"history"`
	HistoryBytes  int         `json:"history_bytes"`
	HistoryAge    string      `json:"history_age"`
	MaxReplay     int         `json:"max_replay"`
	FlushInterval string      `json:"flush_interval"`
	FlushDuty     int         `json:"flush_duty"`
	Slow          room.Policy `json:"slow"`
}

// ending says how many sessions were ended.
type ending struct {
	Ended int `json:"ended"`
}

func lineOf(i session.RoomInfo) roomLine {
	return roomLine{Name: i.Name, Head: i.Head, Viewers: i.Viewers, Events: i.Events, Bytes: i.Bytes}
}

// listRooms answers with the rooms by name.
func (s *Server) listRooms(c *call) error {
	limit, err := c.limit(maxRooms)
	if err != nil {
		return err
	}
	prefix, after := c.param("prefix"), c.param("after")
	page := roomPage{Rooms: []roomLine{}}
	for _, i := range s.hub.Rooms() {
		if i.Name <= after || !strings.HasPrefix(i.Name, prefix) {
			continue
		}
		if len(page.Rooms) == limit {
			page.Next = page.Rooms[limit-1].Name
			break
		}
		page.Rooms = append(page.Rooms, lineOf(i))
	}
	return c.marshal(page)
}

// showRoom answers with one room.
func (s *Server) showRoom(c *call) error {
	i, err := s.hub.Room(c.arg)
	if err != nil {
		return err
	}
	k := &i.Config
	return c.marshal(roomDetail{lineOf(i), i.Trimmed, roomPolicy{
		History: k.History, HistoryBytes: k.HistoryBytes, HistoryAge: k.HistoryAge.String(), MaxReplay: k.MaxReplay,
		FlushInterval: k.FlushInterval.String(), FlushDuty: k.FlushDuty, Slow: k.Slow,
	}})
}

// clearRoom ends the sessions of a room's viewers.
func (s *Server) clearRoom(c *call) error {
	ctx, cancel := s.deadline()
	defer cancel()
	n, err := s.hub.Kick(ctx, c.arg)
	if err != nil {
		return err
	}
	s.log.Info("room cleared", "room", c.arg, "sessions", n, "by", c.RemoteAddr().String())
	return c.marshal(ending{n})
}

// showSession answers with one session.
func (s *Server) showSession(c *call) error {
	ctx, cancel := s.deadline()
	defer cancel()
	i, err := s.hub.Session(ctx, c.arg)
	if err != nil {
		return err
	}
	rooms := i.Rooms
	if rooms == nil {
		rooms = []string{}
	}
	return c.marshal(struct {
		ID        string   `json:"id"`
		Transport string   `json:"transport"`
		Peer      string   `json:"peer"`
		Rooms     []string `json:"rooms"`
		Cursor    string   `json:"cursor"`
		Behind    uint64   `json:"behind"`  // ids between the cursor and the head of its rooms
		Blocked   bool     `json:"blocked"` // its socket takes no more for now
		Age       int64    `json:"age_seconds"`
	}{i.ID, i.Transport, i.Peer, rooms, i.Cursor, i.Behind, i.Blocked, int64(i.Age / time.Second)})
}

// endSession ends one session, for good.
func (s *Server) endSession(c *call) error {
	ctx, cancel := s.deadline()
	defer cancel()
	if err := s.hub.End(ctx, c.arg, session.AllReasons().Kicked); err != nil {
		return err
	}
	s.log.Info("session ended", "session", c.arg, "by", c.RemoteAddr().String())
	return c.marshal(ending{1})
}

// marshal answers with v.
func (c *call) marshal(v any) error {
	p, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.answer(append(p, '\n'))
	return nil
}
