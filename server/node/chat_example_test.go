package node_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"

	"grandstand/server/config"
	"grandstand/server/node"
	"grandstand/session"
)

// chat has clients with a nick, in auth or the query, emit enter(room), say(room, text), quit(room), and hear line, came, left.
func chat(ns *session.Namespace) {
	ns.Use(func(s *session.Socket) error {
		auth := struct{ Nick string }{s.Handshake().Query.Get("nick")}
		if json.Unmarshal(s.Handshake().Auth, &auth); auth.Nick == "" || len(auth.Nick) > 60 {
			return &session.Refusal{Message: "a nick is needed"}
		}
		nick, err := json.Marshal(auth.Nick)
		s.SetData(nick)
		return err
	})
	ns.OnAny(func(s *session.Socket, event string, args session.Args, ack session.Ack) {
		room, text := args.String(0), args.String(1)
		rooms, err := s.Rooms()
		switch {
		case err == nil && event == "enter":
			if err = s.Join(room); err == nil {
				err = s.To(room).Emit("came", s.Data())
			}
		case !slices.Contains(rooms, room):
			err = &session.Error{Code: session.CodeNotJoined, Message: "enter first"}
		case event == "say" && text != "" && len(text) <= 1000:
			err = ns.To(room).Emit("line", map[string]any{"nick": s.Data(), "text": text})
		case event == "quit" && s.Leave(room) == nil:
			err = s.To(room).Emit("left", s.Data())
		default:
			err = &session.Error{Code: session.CodeBadData, Message: "want enter, say with 1 to 1000 bytes, or quit"}
		}
		ack.Reply(err)
	})
	ns.OnDisconnect(func(s *session.Socket, _ string) {
		if rooms, _ := s.Rooms(); len(rooms) > 0 { // those it was in; to none would be to all
			s.To(rooms...).Emit("left", s.Data())
		}
	})
}

func Example_chat() {
	cfg := config.Default()
	cfg.Viewers.Transports = nil // Socket.IO alone: viewers on other ways in enter any room
	n, err := node.New(cfg, slog.Default())
	if err == nil {
		chat(n.Hub().Of("/"))
		err = n.Run(context.Background())
	}
	slog.Error("chat", "error", err)
}
