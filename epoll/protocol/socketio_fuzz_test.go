package protocol

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"grandstand/epoll/wire/socketio"
	"grandstand/session"
)

// FuzzTalk: a client says anything in any order, a message a line: "T " and
// text, "B " and bytes, "C" the engine's change to another carrier, "S" and "G"
// that it takes nothing, or something again. What it hears are packets as its
// decoder reads them, and the house stands.
//
// way chooses revision, parser and whether there is an application.
func FuzzTalk(f *testing.F) {
	for _, s := range []string{
		"T 0\nT 2[\"echo\",1]\nT 21[\"echo\",{\"a\":1}]\nT 1",
		"T 0/chat,{\"rooms\":[\"r\"]}\nT 2/chat,1[\"publish\",\"r\",\"e\",1]\nT 2/chat,2[\"leave\",\"r\"]\nT 1/chat,",
		"T 0\nT 52-7[\"echo\",{\"_placeholder\":true,\"num\":1},[{\"_placeholder\":true,\"num\":0}]]\nB a\nB b\nB c",
		"T 0\nT 21[\"join\",\"r\"]\nS\nT 2[\"publish\",\"r\",\"e\",1]\nC\nG\nT 2[\"ask\"]\nT 30[1]\nT 30[1]\nT 61-1[{\"_placeholder\":true,\"num\":0}]\nB x",
		"T 0\nT 0\nT 2[\"a\"]", "T 2[\"a\"]", "T 0/nope,\nT 1/nope,\nT 4{}", "B x\nT 0", "T 0{\"pid\":\"x\",\"offset\":\"e-1\"}",
		"B \x82\xa4type\x00\xa3nsp\xa1/\nB \x84\xa4type\x02\xa3nsp\xa1/\xa4data\x92\xa4echo\xc4\x01x\xa2id\x01\nB \x82\xa4type\x01\xa3nsp\xa1/",
	} {
		for way := range uint8(8) {
			f.Add(way, []byte(s))
		}
	}
	rigs := [4]*socketRig{}
	for i := range rigs {
		rigs[i] = fuzzRig(f, i&1 != 0, i&2 != 0)
	}
	f.Fuzz(func(t *testing.T, way uint8, said []byte) {
		r := *rigs[way>>1&3]
		at := *r.stage
		at.t, r.stage = t, &at
		e := r.client(3+int(way&1), "room=r")
		e.live(bytes.SplitN(said, []byte{'\n'}, 33))
		e.close(session.AllReasons().Left)
		if err := e.read(r.io.cfg.Parser == parserMsgpack); err != nil {
			t.Fatalf("%d, %q: %v", way, said, err)
		}
		for i, sh := range r.hub.Stats().Shards {
			if sh.Panics != 0 {
				t.Fatalf("%d, %q: shard %d panicked", way, said, i)
			}
		}
	})
}

// fuzzRig is a dialect, with an application in the root namespace or not.
func fuzzRig(f *testing.F, msgpack, applied bool) *socketRig {
	cfg, rooms := DefaultSocketIO(), session.DefaultConfig()
	rooms.PublishRate, rooms.PublishBurst = 1<<20, 1<<20
	cfg.Namespaces, cfg.MaxNamespaces, cfg.Recovery = []string{"/", "/chat"}, 2, true
	if msgpack {
		cfg.Parser = parserMsgpack
	}
	r := &socketRig{stage: openStage(f, rooms)}
	r.io = NewSocketIO(cfg, r.hub)
	if applied {
		ns := r.hub.Of("/")
		ns.On("echo", func(_ *session.Socket, args session.Args, ack session.Ack) { _ = ack.ReplyArgs(args) }) // an error: none was wanted
		ns.On("ask", func(s *session.Socket, _ session.Args, _ session.Ack) {
			_, _ = s.EmitWithAck(time.Millisecond, "asked", []byte("x")) // an error: it is gone, or silent
		})
	}
	return r
}

// live has the client do what the lines say, up to what ends it.
func (e *fakeEngine) live(lines [][]byte) {
	for _, line := range lines {
		kind, p, _ := bytes.Cut(line, []byte{' '})
		failed := false
		e.rig.within(func() {
			switch string(kind) {
			case "T":
				failed = e.talk.Receive(bytes.Clone(p), false) != nil
			case "B":
				failed = e.talk.Receive(bytes.Clone(p), true) != nil
			case "C":
				e.form = &fakeForm{e.form.version}
				e.talk.Moved()
			case "S", "G":
				e.mu.Lock()
				e.shut = kind[0] == 'S'
				e.mu.Unlock()
				e.talk.Ready()
			}
		})
		if failed {
			return
		}
	}
}

// read reads all that the client heard.
func (e *fakeEngine) read(msgpack bool) error {
	rev, lim := socketio.V5, socketio.DefaultLimits()
	if e.form.version == 3 {
		rev = socketio.V4
	}
	var d socketio.Decoder
	for _, line := range e.heard() {
		kind, text, _ := strings.Cut(line, " ")
		p, err := []byte(text), error(nil)
		switch {
		case kind == "ended:":
			continue
		case kind == "B":
			if p, err = hex.DecodeString(text); err != nil {
				return fmt.Errorf("heard %q: %w", line, err)
			}
			if msgpack {
				_, err = socketio.ParseMsgpack(&lim, p)
			} else {
				_, _, err = d.Binary(&lim, p)
			}
		case msgpack:
			return fmt.Errorf("heard %q, which is text", line)
		default:
			_, _, err = d.Text(rev, &lim, p)
		}
		if err != nil {
			return fmt.Errorf("heard %q: %w", line, err)
		}
	}
	if d.Waiting() {
		return errors.New("attachments did not come")
	}
	return nil
}
