package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"grandstand/server/config"
	"grandstand/server/node"
	"grandstand/session"
)

// sioApp is the application of testdata/clients/sio_app.mjs, in Go.
type sioApp struct {
	t  *testing.T
	mu sync.Mutex
	// ends are the reasons of sockets that went, waiting who asks for them.
	ends    map[string]string
	waiting map[string][]func(reason string)
}

// ended notes the reason of a socket's end.
func (a *sioApp) ended(id, reason string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ends[id] = reason
	for _, tell := range a.waiting[id] {
		tell(reason)
	}
	delete(a.waiting, id)
}

// await calls tell with the reason of a socket's end, once it has one.
func (a *sioApp) await(id string, tell func(reason string)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if reason, ok := a.ends[id]; ok {
		tell(reason)
		return
	}
	a.waiting[id] = append(a.waiting[id], tell)
}

// check reports an error of the server's that a client would wait for.
func (a *sioApp) check(what string, err error) {
	if err != nil {
		a.t.Logf("%s: %v", what, err)
	}
}

// handle sets the handlers of a namespace.
func (a *sioApp) handle(ns *session.Namespace) {
	ns.OnConnect(func(s *session.Socket) { a.check("welcome", s.Emit("welcome", s.Namespace().Name())) })
	ns.OnDisconnect(func(s *session.Socket, reason string) { a.ended(s.ID(), reason) })
	a.handleOwn(ns)
	a.handleRooms(ns)
	a.handleOrder(ns)
}

// handleOwn sets the handlers that are about the socket alone.
func (a *sioApp) handleOwn(ns *session.Namespace) {
	ns.On("echo", func(_ *session.Socket, args session.Args, ack session.Ack) { a.check("echo", ack.ReplyArgs(args)) })
	ns.On("bounce", func(s *session.Socket, args session.Args, _ session.Ack) {
		a.check("bounce", s.EmitArgs("bounced", args))
	})
	ns.On("ask-me", func(s *session.Socket, args session.Args, ack session.Ack) {
		go func() { // the next event need not wait for the client's answer
			answer, err := s.EmitArgsWithAck(10*time.Second, "question", args)
			a.check("ask-me", err)
			a.check("ask-me", ack.ReplyArgs(answer))
		}()
	})
	ns.On("ask-late", func(s *session.Socket, args session.Args, ack session.Ack) {
		outcome := "answered"
		if _, err := s.EmitWithAck(millis(args, 0), "question"); err != nil {
			outcome = "timeout"
		}
		a.check("ask-late", ack.Reply(outcome))
	})
	ns.On("silent", func(*session.Socket, session.Args, session.Ack) {})
	ns.On("volatile-me", func(s *session.Socket, args session.Args, ack session.Ack) {
		var n int
		a.check("volatile-me", args.Decode(1, &n))
		for i := range n {
			a.check("volatile-me", s.EmitVolatile(args.String(0), i))
		}
		a.check("volatile-me", ack.Reply("sent"))
	})
	ns.On("disconnect-me", func(s *session.Socket, args session.Args, _ session.Ack) { s.Disconnect(args.Value(0) == true) })
	ns.On("ended", func(_ *session.Socket, args session.Args, ack session.Ack) {
		a.await(args.String(0), func(reason string) { a.check("ended", ack.Reply(reason)) })
	})
	ns.On("whoami", func(s *session.Socket, _ session.Args, ack session.Ack) {
		query := map[string]string{}
		for k, v := range s.Handshake().Query {
			query[k] = v[0]
		}
		auth := s.Handshake().Auth
		if auth == nil {
			auth = json.RawMessage("{}")
		}
		a.check("whoami", ack.Reply(map[string]any{"id": s.ID(), "nsp": s.Namespace().Name(), "recovered": s.Recovered(),
			"rooms": a.rooms(s), "query": query, "auth": auth}))
	})
	ns.On("big", func(_ *session.Socket, args session.Args, ack session.Ack) {
		var size int
		a.check("big", args.Decode(0, &size))
		a.check("big", ack.Reply(strings.Repeat("x", size)))
	})
}

func millis(args session.Args, i int) time.Duration {
	ms, _ := args.Value(i).(float64)
	return time.Duration(ms * float64(time.Millisecond))
}

// rooms is the sorted list of a socket's rooms.
func (a *sioApp) rooms(s *session.Socket) []string {
	rooms, err := s.Rooms()
	a.check("rooms", err)
	slices.Sort(rooms)
	return append([]string{}, rooms...)
}

// handleOrder sets the handlers that do several things at once.
func (a *sioApp) handleOrder(ns *session.Namespace) {
	on := func(name string, f func(s *session.Socket, args session.Args, room string) error) {
		ns.On(name, func(s *session.Socket, args session.Args, ack session.Ack) {
			a.check(name, f(s, args, args.String(0)))
			a.check(name, ack.Reply("done"))
		})
	}
	ns.On("in-order", func(s *session.Socket, args session.Args, ack session.Ack) {
		event := args.String(1)
		a.check("in-order", errors.Join(s.Emit(event, 1), s.Namespace().To(args.String(0)).Emit(event, 2), s.Emit(event, 3),
			s.Namespace().To(s.ID()).Emit(event, 4), s.Emit(event, 5), ack.Reply("in order")))
	})
	on("join-emit-leave", func(s *session.Socket, args session.Args, room string) error {
		return errors.Join(s.Join(room), s.Namespace().To(room).Emit(args.String(1), args.Value(2)), s.Leave(room))
	})
	on("last-words", func(s *session.Socket, args session.Args, room string) error {
		event := args.String(1)
		err := errors.Join(s.Emit(event, 1), s.Namespace().To(s.ID()).Emit(event, 2), s.Namespace().To(room).Emit(event, 3))
		s.Disconnect(args.Value(2) == true)
		return err
	})
	on("except-then-leave", func(s *session.Socket, args session.Args, room string) error {
		other := args.String(1)
		return errors.Join(s.Join(other), s.Namespace().To(room).Except(other).Emit(args.String(2), args.Value(3)), s.Leave(other))
	})
	ns.On("except-then-join", func(s *session.Socket, args session.Args, ack session.Ack) {
		room, other := args.String(0), args.String(1)
		a.check("except-then-join", errors.Join(s.Namespace().To(room).Except(other).Emit(args.String(2), args.Value(3)),
			s.Join(other), ack.Reply("done"), s.Leave(other)))
	})
}

// handleRooms sets the handlers that are about rooms.
func (a *sioApp) handleRooms(ns *session.Namespace) {
	ns.On("join-room", func(s *session.Socket, args session.Args, ack session.Ack) {
		a.check("join-room", s.Join(args.String(0)))
		a.check("join-room", ack.Reply(a.rooms(s)))
	})
	ns.On("leave-room", func(s *session.Socket, args session.Args, ack session.Ack) {
		a.check("leave-room", s.Leave(args.String(0)))
		a.check("leave-room", ack.Reply(a.rooms(s)))
	})
	ns.On("room-ids", func(s *session.Socket, args session.Args, ack session.Ack) {
		all, err := s.Namespace().To(args.String(0)).Sockets()
		a.check("room-ids", err)
		ids := []string{}
		for _, i := range all {
			ids = append(ids, i.ID)
		}
		slices.Sort(ids)
		a.check("room-ids", ack.Reply(ids))
	})
	emit := func(name string, skip int, to func(s *session.Socket, args session.Args) session.Emitter) {
		ns.On(name, func(s *session.Socket, args session.Args, ack session.Ack) {
			a.check(name, to(s, args).EmitArgs(args.String(skip), args.From(skip+1)))
			a.check(name, ack.Reply("sent"))
		})
	}
	emit("emit-room", 1, func(s *session.Socket, args session.Args) session.Emitter { return s.Namespace().To(args.String(0)) })
	emit("broadcast-room", 1, func(s *session.Socket, args session.Args) session.Emitter { return s.To(args.String(0)) })
	emit("except-room", 2, func(s *session.Socket, args session.Args) session.Emitter {
		return s.Namespace().To(args.String(0)).Except(args.String(1))
	})
	emit("emit-all", 0, func(s *session.Socket, _ session.Args) session.Emitter { return s.Namespace().All() })
	emit("broadcast-all", 0, func(s *session.Socket, _ session.Args) session.Emitter { return s.Broadcast() })
	ns.On("ask-room", func(s *session.Socket, args session.Args, ack session.Ack) {
		replies, err := s.Namespace().To(args.String(0)).Timeout(millis(args, 1)).EmitWithAck("question", args.Value(2))
		outcome := "all"
		if err != nil {
			outcome = "timeout"
		}
		first := []string{}
		for _, r := range replies {
			first = append(first, r.Args.String(0))
		}
		slices.Sort(first)
		a.check("ask-room", ack.Reply(outcome, first))
	})
}

// startSioApp serves the application.
func startSioApp(t *testing.T, edit ...func(*config.Config)) served {
	t.Helper()
	cfg := config.Default()
	socket := cfg.Viewers.EngineIO[0]
	socket.SocketIO.Recovery, socket.SocketIO.Namespaces = true, []string{"/", "/chat", "/dyn-*", "/admin"}
	// Crowds that only watch join rooms by themselves, beside the application.
	socket.SocketIO.HandshakeRooms, socket.SocketIO.Join = "always", "join"
	some := socket
	some.Path, some.PingInterval, some.PingTimeout, some.SocketIO.Recovery = "/someapi/socket.io", time.Second, time.Second, false
	packed := socket
	packed.Path, packed.SocketIO.Parser = "/msgpack/", "msgpack"
	raw := socket
	raw.Path, raw.Dialect = "/engine.io/", "raw"
	cfg.Viewers.EngineIO = append(cfg.Viewers.EngineIO[:0], socket, some, packed, raw)
	for _, f := range edit {
		f(&cfg)
	}
	return startNode(t, cfg, func(n *node.Node) {
		a := &sioApp{t: t, ends: make(map[string]string), waiting: make(map[string][]func(string))}
		for _, name := range []string{"/", "/chat", "/dyn-*", "/admin"} {
			a.handle(n.Hub().Of(name))
		}
		n.Hub().Of("/admin").Use(func(s *session.Socket) error {
			var auth struct{ Token string }
			if json.Unmarshal(s.Handshake().Auth, &auth) != nil || auth.Token != "secret" {
				return &session.Refusal{Message: "not authorised", Data: map[string]string{"content": "show me a token"}}
			}
			return nil
		})
		a.handleRaw(n.Hub().RawPath("/engine.io/"))
	})
}

// handleRaw is the application of sio_raw.mjs.
func (a *sioApp) handleRaw(h *session.RawHandlers) {
	h.OnClose(func(r *session.Raw, reason string) { a.ended(r.ID(), reason) })
	h.OnMessage(func(r *session.Raw, p []byte, binary bool) {
		command, argument, _ := strings.Cut(string(p), " ")
		switch {
		case binary:
			a.check("send", r.Send(p, true))
		case command == "/close":
			r.Close()
		case command == "/ended":
			a.await(argument, func(reason string) { a.check("send", r.Send([]byte(reason), false)) })
		case command == "/burst", command == "/pairs":
			var n int
			_, err := fmt.Sscan(argument, &n)
			a.check(command, err)
			for i := range n {
				a.check("send", r.Send([]byte(fmt.Sprint(i)), false))
				if command == "/pairs" {
					a.check("send", r.Send([]byte{byte(i >> 24), byte(i >> 16), byte(i >> 8), byte(i)}, true))
				}
			}
		default:
			a.check("send", r.Send(p, false))
		}
	})
}
