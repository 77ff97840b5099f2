package node_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"os/signal"
	"unicode/utf8"

	"grandstand/server/config"
	"grandstand/server/node"
	"grandstand/session"
)

// line is what people in a room see. Nick is "" when the chat itself speaks.
type line struct {
	Nick string `json:"nick"`
	Text string `json:"text"`
}

// chat makes a namespace a chat. Clients connect with a nick, in auth or, those
// of 2.x, in the query. They emit enter(room), say(room, text) and quit(room),
// each with an ack, and listen for line({nick, text}).
func chat(ns *session.Namespace) {
	ns.Use(func(s *session.Socket) error {
		auth := struct{ Nick string }{s.Handshake().Query.Get("nick")}
		json.Unmarshal(s.Handshake().Auth, &auth) // no nick then
		if n := utf8.RuneCountInString(auth.Nick); n == 0 || n > 20 {
			return &session.Refusal{Message: "a nick is needed"}
		}
		nick, err := json.Marshal(auth.Nick)
		s.SetData(nick)
		return err
	})
	ns.On("enter", func(s *session.Socket, args session.Args, ack session.Ack) {
		room := args.String(0)
		err := s.Join(room)
		if err == nil {
			err = s.To(room).Emit("line", line{Text: nick(s) + " came"})
		}
		answer(ack, err)
	})
	ns.On("say", func(s *session.Socket, args session.Args, ack session.Ack) {
		room, text := args.String(0), args.String(1)
		switch {
		case !s.Session().Named(room):
			answer(ack, &session.Error{Code: session.CodeNotJoined, Message: "enter first"})
		case text == "" || len(text) > 1000:
			answer(ack, &session.Error{Code: session.CodeBadData, Message: "a line has 1 to 1000 bytes"})
		default:
			answer(ack, ns.To(room).Emit("line", line{Nick: nick(s), Text: text}))
		}
	})
	quit := func(s *session.Socket, room string) error {
		return s.To(room).Emit("line", line{Text: nick(s) + " left"})
	}
	ns.On("quit", func(s *session.Socket, args session.Args, ack session.Ack) {
		err := s.Leave(args.String(0))
		if err == nil {
			err = quit(s, args.String(0))
		}
		answer(ack, err)
	})
	ns.OnDisconnect(func(s *session.Socket, _ string) {
		rooms, _ := s.Rooms() // those it was in
		for _, room := range rooms {
			quit(s, room) // the server is going away too
		}
	})
}

// nick is what Use has kept.
func nick(s *session.Socket) (name string) {
	json.Unmarshal(s.Data(), &name) // it is ours
	return name
}

// answer acknowledges an event: with {}, or {code, message} if something is wrong.
func answer(ack session.Ack, err error) {
	reply := map[string]any{}
	if e, ok := err.(*session.Error); ok {
		reply["code"], reply["message"] = e.Code, e.Message
	}
	ack.Reply(reply) // it is JSON
}

// A chat for stock Socket.IO clients in a Go program.
func Example_chat() {
	cfg := config.Default()
	// The events of the application are all there are.
	socketIO := &cfg.Viewers.EngineIO[0].SocketIO
	socketIO.Join, socketIO.Leave, socketIO.Publish = "", "", ""
	cfg.Rooms.ClientPublish = false

	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	n, err := node.New(cfg, log)
	if err != nil {
		log.Error("chat", "error", err)
		return
	}
	chat(n.Hub().Of("/"))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := n.Run(ctx); err != nil {
		log.Error("chat", "error", err)
	}
}
