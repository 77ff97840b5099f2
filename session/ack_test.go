package session

import (
	"fmt"
	"testing"
	"time"
)

// asked starts an EmitWithAck and returns where its outcome comes.
func asked(t *testing.T, e Emitter) <-chan string {
	t.Helper()
	out := make(chan string, 1)
	go func() { // stops: when all have answered, or its time is over
		replies, err := e.EmitWithAck("q", 1)
		said := ""
		for _, r := range replies {
			said += fmt.Sprint(string(r.Args.Raw(0)), " ")
		}
		out <- said + string(code(t, err))
	}()
	return out
}

// answer answers the question with a number.
func (p *plug) answer(id uint64, value any) {
	p.t.Helper()
	args, err := NewArgs(value)
	if err != nil {
		p.t.Fatal(err)
	}
	p.do(func() { p.socket.Acked(id, args) })
}

// TestAckOfMany: who answers, who does not in time, and who goes.
func TestAckOfMany(t *testing.T) {
	tests := []struct {
		name    string
		timeout time.Duration
		then    func(id uint64, a, b *plug)
		want    string
		count   AppStats
	}{
		{"all", deadline, func(id uint64, a, b *plug) { a.answer(id, 1); b.answer(id, 2) }, "1 2 ", AppStats{Answered: 2}},
		{"twice, and the wrong one", deadline, func(id uint64, a, b *plug) { a.answer(id, 1); a.answer(id, 9); b.answer(id+7, 9); b.answer(id, 2) }, "1 2 ", AppStats{Answered: 2}},
		{"one is late", 50 * time.Millisecond, func(id uint64, a, _ *plug) { a.answer(id, 1) }, "1 timeout", AppStats{Answered: 1, TimedOut: 1}},
		{"one goes", deadline, func(id uint64, a, b *plug) { a.answer(id, 1); b.gone() }, "1 timeout", AppStats{Answered: 1, Lost: 1}},
		{"both go", deadline, func(_ uint64, a, b *plug) { a.gone(); b.gone() }, "timeout", AppStats{Lost: 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newRig(t, nil)
			ns := g.Of("/")
			a, b := g.connect(ns, 0, Entry{}), g.connect(ns, 1, Entry{})
			out := asked(t, ns.Timeout(tt.timeout))
			a.want("a", "ask 0 q [1]")
			b.want("b", "ask 0 q [1]")
			tt.then(0, a, b)
			if got := <-out; got != tt.want {
				t.Errorf("replies %q, want %q", got, tt.want)
			}
			s := g.Stats().Apps
			if s.Answered != tt.count.Answered || s.TimedOut != tt.count.TimedOut || s.Lost != tt.count.Lost {
				t.Errorf("counted %+v, want %+v", s, tt.count)
			}
		})
	}
}

// TestAckOfNobody: nobody asked is nobody waited for.
func TestAckOfNobody(t *testing.T) {
	g := newRig(t, nil)
	if got := <-asked(t, g.Of("/").To("empty")); got != "" {
		t.Errorf("replies %q, want none and no error", got)
	}
}

// TestAckReply: an event is answered once, and not if nobody wants that or the
// socket has gone.
func TestAckReply(t *testing.T) {
	g := newRig(t, nil)
	ns := g.Of("/")
	acks := make(chan Ack, 2)
	ns.On("e", func(_ *Socket, _ Args, ack Ack) { acks <- ack })
	p := g.connect(ns, 0, Entry{})
	ask := func(answer func(Args)) Ack {
		p.do(func() {
			if _, err := p.socket.Receive("e", false, Args{}, answer); err != nil {
				t.Error(err)
			}
		})
		return <-acks
	}
	say := func(a Args) { array, _ := a.JSON(); p.say("reply %s", array) }
	ack := ask(say)
	for range 2 {
		if err := ack.Reply("x"); err != nil || !ack.Wanted() {
			t.Error(err)
		}
	}
	p.want("once", `reply ["x"]`)
	if err := ask(say).Reply(make(chan int)); code(t, err) != CodeBadData {
		t.Errorf("what is no JSON: %v, want bad_data", err)
	}
	if none := ask(nil); none.Wanted() || none.Reply("x") != nil {
		t.Error("an answer nobody wants is wanted, or fails")
	}
	late := ask(say)
	p.gone()
	if err := late.Reply("x"); err != nil {
		t.Error(err)
	}
	p.want("nothing after the end")
}
