package room

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the transcripts in testdata")

// TestTranscripts plays the conversations in testdata. Each block is commands,
// a line "----" and what they lead to, which -update rewrites.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("transcripts: %v, %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			p := &play{stage: newStage(t, 1, ShardConfig{Chunk: 256, Mailbox: 64}), viewers: map[string]*fakeSink{}}
			out := p.rewrite(string(src))
			if *update {
				if err := os.WriteFile(file, []byte(out), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if out != string(src) {
				t.Errorf("the transcript is now (go test -update rewrites it):\n%s", out)
			}
		})
	}
}

// play is a stage with named viewers, driven by a script.
type play struct {
	*stage
	viewers map[string]*fakeSink
	order   []string // of viewers
	said    []string // by commands
}

// rewrite runs the blocks of a script and returns it with the outcome as it is.
func (p *play) rewrite(src string) string {
	var out strings.Builder
	asked := false // in the commands of a block
	skip := false  // in the old outcome of a block
	for _, line := range strings.SplitAfter(src, "\n") {
		text, _, _ := strings.Cut(strings.TrimSpace(line), " #")
		switch {
		case text == "----":
			p.run()
			fmt.Fprintf(&out, "----\n%s", p.outcome())
			asked, skip = false, true
		case text == "" && skip:
			skip = false
			out.WriteString(line)
		case skip:
		default:
			out.WriteString(line)
			if text != "" && text[0] != '#' {
				asked = true
				p.command(strings.Fields(text))
			}
		}
	}
	if asked {
		p.t.Error("commands at the end without ----")
	}
	return out.String()
}

// outcome is what the commands said and what the viewers got since.
func (p *play) outcome() string {
	said := p.said
	p.said = nil
	for _, name := range p.order {
		s := p.viewers[name]
		if got := s.got(); got != "" {
			said = append(said, name+" <- "+got)
		}
		if s.evicted != "" {
			said = append(said, name+": evicted from "+s.evicted)
			p.shards[0].Detach(&s.m)
			s.evicted = ""
		}
	}
	if len(said) == 0 {
		return "nothing\n"
	}
	return strings.Join(said, "\n") + "\n"
}

// command runs one line: a verb, names, and key=value pairs.
func (p *play) command(words []string) {
	handlers := map[string]func(a args){
		"room": p.handleRoom, "publish": p.handlePublish, "join": p.handleJoin, "leave": p.handleLeave,
		"block": p.handleBlock, "unblock": p.handleUnblock, "take": p.handleTake, "tick": p.handleTick,
		"trim": p.handleTrim, "show": p.handleShow, "reset": p.handleReset, "suspend": p.handleSuspend,
	}
	a := args{keys: map[string]string{}}
	for _, w := range words[1:] {
		if k, v, ok := strings.Cut(w, "="); ok {
			a.keys[k] = v
		} else {
			a.words = append(a.words, w)
		}
	}
	handle := handlers[words[0]]
	if handle == nil {
		p.t.Fatalf("no command %q", words)
	}
	handle(a)
}

// args is what follows a verb.
type args struct {
	words []string
	keys  map[string]string
}

func (p *play) number(a args, key string, otherwise int) int {
	if a.keys[key] == "" {
		return otherwise
	}
	n, err := strconv.Atoi(a.keys[key])
	if err != nil {
		p.t.Fatalf("%s: %v", key, err)
	}
	return n
}

func (p *play) duration(s string) time.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		p.t.Fatal(err)
	}
	return d
}

// room NAME [history=N] [age=D] [replay=N] [slow=POLICY] [interval=D] [duty=N]
func (p *play) handleRoom(a args) {
	cfg := DefaultConfig()
	cfg.History = p.number(a, "history", cfg.History)
	cfg.MaxReplay = p.number(a, "replay", cfg.MaxReplay)
	cfg.FlushDuty = p.number(a, "duty", cfg.FlushDuty)
	if v := a.keys["slow"]; v != "" {
		cfg.Slow = Policy(v)
	}
	if v := a.keys["interval"]; v != "" {
		cfg.FlushInterval = p.duration(v)
	}
	if v := a.keys["age"]; v != "" {
		cfg.HistoryAge = p.duration(v)
	}
	p.room(a.words[0], cfg)
}

// publish ROOM... [times=N] [except=NAME]
func (p *play) handlePublish(a args) {
	var rooms []*Room
	for _, name := range a.words {
		rooms = append(rooms, p.rooms[name])
	}
	for range p.number(a, "times", 1) {
		p.add("x", a.keys["except"], rooms...)
		p.tell(rooms...)
	}
}

// join NAME ROOM... [since=N] [history=N] [foreign=yes]
func (p *play) handleJoin(a args) {
	name := a.words[0]
	s := p.viewers[name]
	if s == nil {
		s = newSink(p.stage, name, 0)
		p.viewers[name] = s
		p.order = append(p.order, name)
	}
	o := Start{History: p.number(a, "history", 0), Foreign: a.keys["foreign"] != ""}
	o.Since, o.HasSince = uint64(p.number(a, "since", 0)), a.keys["since"] != ""
	for _, r := range a.words[1:] {
		j := s.join(p.rooms[r], o)
		line := fmt.Sprintf("%s: joined %s at %d of %d", name, r, j.Cursor, j.Head)
		if j.Rejoined {
			line = fmt.Sprintf("%s: is in %s", name, r)
		}
		if o.HasSince {
			line += fmt.Sprintf(", recovered %v", j.Recovered)
			if j.Why != "" {
				line += ", " + string(j.Why)
			}
		}
		if j.Missed {
			line += fmt.Sprintf(", missed (%d,%d]", j.GapFrom, j.GapTo)
		}
		for _, e := range j.Replay {
			line += fmt.Sprintf(", replay #%d", e.ID)
		}
		p.said = append(p.said, line)
	}
	s.shard.Visit(&s.m)
}

// leave NAME ROOM
func (p *play) handleLeave(a args) {
	s := p.viewers[a.words[0]]
	if !s.shard.Leave(&s.m, p.rooms[a.words[1]]) {
		p.said = append(p.said, a.words[0]+": was not in "+a.words[1])
	}
}

// reset NAME: it begins anew.
func (p *play) handleReset(a args) { p.shards[0].Reset(&p.viewers[a.words[0]].m) }

// suspend NAME: it gets nothing until unblock.
func (p *play) handleSuspend(a args) {
	s := p.viewers[a.words[0]]
	p.shards[0].Suspend(&s.m)
	s.waiting = true
}

// block NAME: its socket takes nothing more.
func (p *play) handleBlock(a args) { p.viewers[a.words[0]].room = 0 }

// unblock NAME: its socket takes everything again.
func (p *play) handleUnblock(a args) { p.viewers[a.words[0]].drain(noEnd) }

// take NAME bytes=N: the viewer reads that much.
func (p *play) handleTake(a args) { p.viewers[a.words[0]].drain(p.number(a, "bytes", 0)) }

// tick D: time goes on; shards run at once.
func (p *play) handleTick(a args) {
	p.run()
	p.clock.tick(p.duration(a.words[0]))
}

// trim ROOM: the sweep comes by.
func (p *play) handleTrim(a args) { p.rooms[a.words[0]].Trim(p.wall()) }

// show NAME: its cursor and state.
func (p *play) handleShow(a args) {
	p.run()
	s := p.viewers[a.words[0]]
	p.said = append(p.said, fmt.Sprintf("%s: cursor %d of %d, blocked %v, %d writes", s.name, s.m.Cursor(), p.next, s.m.Blocked(), s.writes))
}
