package protocol

import (
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"grandstand/session"
)

// fakeForm is messages as lines: T and text, or B and hex.
type fakeForm struct{ version int }

func (f *fakeForm) Name() string { return "fake" }
func (f *fakeForm) Version() int { return f.version }
func (f *fakeForm) AppendText(dst, p []byte, compress bool) []byte {
	kind := "T "
	if !compress {
		kind = "t "
	}
	return append(append(append(dst, kind...), p...), '\n')
}
func (f *fakeForm) AppendBinary(dst, p []byte, _ bool) []byte {
	return append(append(dst, "B "...), hex.EncodeToString(p)+"\n"...)
}

// fakeEngine is an Engine.IO session that keeps what it is given.
type fakeEngine struct {
	rig  *socketRig
	form *fakeForm
	sid  string
	hs   Handshake
	talk Talk

	mu    sync.Mutex
	out   strings.Builder
	shut  bool // takes nothing shared
	ended string
	holds int // Hold(true) less Hold(false)
}

var _ Engine = (*fakeEngine)(nil)

func (e *fakeEngine) SID() string           { return e.sid }
func (e *fakeEngine) Version() int          { return e.form.version }
func (e *fakeEngine) Handshake() *Handshake { h := e.hs; return &h }
func (e *fakeEngine) Shard() int            { return 0 }
func (e *fakeEngine) Post(f func()) error   { return e.rig.hub.Post(0, f) }
func (e *fakeEngine) Form() Form            { return e.form }
func (e *fakeEngine) Send(p []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.out.Write(p)
}
func (e *fakeEngine) WriteShared(p []byte, _ func(int) int) (int, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.shut {
		return 0, false
	}
	e.out.Write(p)
	return len(p), true
}
func (e *fakeEngine) Hold(on bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if on {
		e.holds++
	} else {
		e.holds--
	}
}
func (e *fakeEngine) Gather(f func()) { f() }
func (e *fakeEngine) Writable() bool  { return !e.shut }
func (e *fakeEngine) End(r session.Reason) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ended == "" {
		e.ended = r.Text
		e.out.WriteString("ended: " + r.Text + "\n")
	}
}
func (e *fakeEngine) EndWithin(r session.Reason, _ time.Duration) {}
func (e *fakeEngine) Stay(session.Reason)                         {}
func (e *fakeEngine) Info() (name, peer string)                   { return "fake", "nowhere" }

// socketRig is the dialect over a hub.
type socketRig struct {
	*stage
	io  *SocketIO
	sid int
}

func newSocketRig(t *testing.T, edit func(*SocketIOConfig, *session.Config)) *socketRig {
	t.Helper()
	cfg, rooms := DefaultSocketIO(), session.DefaultConfig()
	if edit != nil {
		edit(&cfg, &rooms)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	r := &socketRig{stage: openStage(t, rooms)}
	r.io = NewSocketIO(cfg, r.hub)
	return r
}

// client begins a conversation.
func (r *socketRig) client(version int, query string) *fakeEngine {
	r.t.Helper()
	q, err := url.ParseQuery(query)
	if err != nil {
		r.t.Fatal(err)
	}
	r.sid++
	e := &fakeEngine{rig: r, form: &fakeForm{version}, sid: fmt.Sprintf("engine-sid-%09d", r.sid), hs: Handshake{Query: q, Version: version}}
	r.within(func() { e.talk = r.io.Begin(e) })
	return e
}

// within runs f in the shard and waits for it, and for what follows.
func (r *socketRig) within(f func()) {
	r.t.Helper()
	if err := r.hub.Post(0, f); err != nil {
		r.t.Fatal(err)
	}
	r.settle()
}

// say has the client send messages; one that begins with "B " is binary, in
// hex. It returns the error of the first that has one.
func (e *fakeEngine) say(messages ...string) (failed error) {
	e.rig.t.Helper()
	for _, m := range messages {
		e.rig.within(func() {
			p, binary := []byte(m), false
			if text, ok := strings.CutPrefix(m, "B "); ok {
				p, _ = hex.DecodeString(text)
				binary = true
			}
			if err := e.talk.Receive(p, binary); err != nil && failed == nil {
				failed = err
			}
		})
	}
	return failed
}

// close ends the conversation.
func (e *fakeEngine) close(r session.Reason) {
	e.rig.t.Helper()
	e.rig.within(func() { e.talk.Closed(r) })
}

// heard returns what the client got since the last call, with ids and epochs
// that stand for themselves.
func (e *fakeEngine) heard() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	text := e.out.String()
	e.out.Reset()
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// unnamed replaces what chance has made.
func (r *socketRig) unnamed(lines []string) string {
	text := strings.Join(lines, "\n")
	epoch, _, _ := strings.Cut(r.hub.Cursor(0), "-")
	text = strings.ReplaceAll(text, epoch+"-", "E-")
	text = regexp.MustCompile(`"(sid|pid)":"[\w-]{20}"`).ReplaceAllString(text, `"$1":"X"`)
	return text
}

// want compares what the client got.
func (e *fakeEngine) want(what string, lines ...string) {
	e.rig.t.Helper()
	if got, want := e.rig.unnamed(e.heard()), strings.Join(lines, "\n"); got != want {
		e.rig.t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

// await waits until the client has got something, from an application.
func (e *fakeEngine) await(what string, lines ...string) {
	e.rig.t.Helper()
	want := strings.Join(lines, "\n")
	var all []string
	for end := time.Now().Add(patience); time.Now().Before(end); {
		e.rig.settle()
		all = append(all, e.heard()...)
		if e.rig.unnamed(all) == want {
			return
		}
		if len(all) > len(lines) {
			break
		}
	}
	e.rig.t.Errorf("%s:\n got %s\nwant %s", what, e.rig.unnamed(all), want)
}
