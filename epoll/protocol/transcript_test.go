package protocol

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"grandstand/session"
	"grandstand/session/room"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata with what happens now")

// TestTranscripts plays the conversations of testdata/*.txt. A block is
// commands, a line of four hyphens, and what every viewer is sent; a blank line
// ends it. Lines that begin with # are for the reader. The commands:
//
//	config KEY=VALUE ...            history, slow, max_replay, rooms, publish, burst; first of all
//	open NAME [KEY=VALUE ...]       a viewer, with room, since and history as in a URL
//	NAME {...}                      a message from that viewer
//	publish ROOM EVENT DATA         by the control port
//	stall NAME | resume NAME        its socket takes nothing, or everything again
//	close NAME                      it is gone
//
// The epoch is shown as E, a session's id as S.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d transcripts, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(script))
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			compare(t, string(script), string(got))
		})
	}
}

// compare reports the first line that differs.
func compare(t *testing.T, want, got string) {
	t.Helper()
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		a, b := "(end)", "(end)"
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			t.Fatalf("line %d:\n got %s\nwant %s", i+1, b, a)
		}
	}
}

// player is a conversation under way.
type player struct {
	*stage
	cfg     session.Config
	viewers map[string]*fake
	names   []string // in the order of opening
}

// play runs a script and returns it with what really happened.
func play(t *testing.T, script string) []byte {
	p := &player{cfg: session.DefaultConfig(), viewers: make(map[string]*fake)}
	var out bytes.Buffer
	expecting := false
	for line := range strings.Lines(script) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "----":
			expecting = true
			fmt.Fprintln(&out, line)
			p.told(&out)
		case line == "":
			expecting = false
			fmt.Fprintln(&out)
		case expecting: // told already
		default:
			fmt.Fprintln(&out, line)
			if !strings.HasPrefix(line, "#") {
				p.run(t, line)
			}
		}
	}
	return out.Bytes()
}

// told prints what every viewer was sent since the last time.
func (p *player) told(out *bytes.Buffer) {
	epoch := strings.TrimSuffix(p.hub.Cursor(0), "0")
	for _, name := range p.names {
		v := p.viewers[name]
		for _, m := range v.take() {
			m = strings.ReplaceAll(m, epoch, "E-")
			m = strings.ReplaceAll(m, v.ID(), "S")
			fmt.Fprintf(out, "%s <- %s\n", name, m)
		}
	}
}

// run carries one command out.
func (p *player) run(t *testing.T, line string) {
	t.Helper()
	verb, rest, _ := strings.Cut(line, " ")
	if verb == "config" {
		p.configure(t, strings.Fields(rest))
		return
	}
	if p.stage == nil {
		p.stage = openStage(t, p.cfg)
	}
	defer p.settle() // each command is done before the next
	switch verb {
	case "open":
		p.enter(t, strings.Fields(rest))
	case "publish":
		f := strings.SplitN(rest, " ", 3)
		p.publish(f[0], f[1], f[2])
	case "stall", "resume":
		p.viewers[rest].stall(verb == "stall")
	case "close":
		p.viewers[rest].Close()
	default:
		v := p.viewers[verb]
		if v == nil {
			t.Fatalf("no viewer %q in %q", verb, line)
		}
		p.native.Receive(&v.Session, p.enc, []byte(p.here(rest)))
	}
}

// here puts the epoch of this run where a script says E.
func (p *player) here(text string) string {
	return strings.ReplaceAll(text, "E-", strings.TrimSuffix(p.hub.Cursor(0), "0"))
}

// enter opens a viewer as a request for a URL does.
func (p *player) enter(t *testing.T, args []string) {
	t.Helper()
	var rooms []string
	var since string
	var history int
	for _, a := range args[1:] {
		key, value, _ := strings.Cut(a, "=")
		switch key {
		case "room":
			rooms = append(rooms, value)
		case "since":
			since = p.here(value)
		case "history":
			history, _ = strconv.Atoi(value)
		}
	}
	o, err := p.native.Opening(rooms, since, history)
	if err != nil {
		t.Fatalf("open %v: %v", args, err)
	}
	v := p.open()
	p.viewers[args[0]] = v
	p.names = append(p.names, args[0])
	err = v.Post(func() {
		v.Write(p.native.Open(&v.Session, &o, p.enc, nil))
		v.Visit()
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (p *player) configure(t *testing.T, args []string) {
	t.Helper()
	c := &p.cfg
	c.Sweep = time.Hour
	for _, a := range args {
		key, value, _ := strings.Cut(a, "=")
		n, _ := strconv.Atoi(value)
		switch key {
		case "history":
			c.Room.History = n
		case "slow":
			c.Room.Slow = room.Policy(value)
		case "max_replay":
			c.Room.MaxReplay = n
		case "rooms":
			c.MaxRoomsPerSession = n
		case "burst":
			c.PublishRate, c.PublishBurst = 0, n
		case "publish":
			c.ClientPublish = value == "yes"
		default:
			t.Fatalf("config %q", a)
		}
	}
}
