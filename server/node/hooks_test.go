package node

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"grandstand/epoll/transport"
)

// asks is an application that is asked over HTTP, and writes down what.
type asks struct {
	mu  sync.Mutex
	all []string
}

func (a *asks) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var call struct{ Hook, Namespace string }
	json.NewDecoder(r.Body).Decode(&call) // an empty one is counted as such
	a.mu.Lock()
	a.all = append(a.all, call.Hook+" "+call.Namespace)
	a.mu.Unlock()
	if call.Hook == "join" || call.Hook == "event" {
		io.WriteString(w, `{"reject":{"code":"full","message":"no place","data":{"seats":0}}}`)
	}
}

func (a *asks) said() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return strings.Join(a.all, ", ")
}

// polls is a session of Engine.IO on polls.
type polls struct {
	t   *testing.T
	url string
}

func (p *polls) get() string {
	p.t.Helper()
	res, err := http.Get(p.url)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(body)
}

func (p *polls) post(packet string) {
	p.t.Helper()
	res, err := http.Post(p.url, "text/plain", strings.NewReader(packet))
	if err != nil {
		p.t.Fatal(err)
	}
	res.Body.Close()
}

// TestHooks: an application is asked once about each thing, also when several
// paths have the same namespaces, or one of a pattern; and what it refuses
// reaches the client with its code and its data.
func TestHooks(t *testing.T) {
	noLeaks(t)
	app := new(asks)
	web := httptest.NewServer(app)
	defer web.Close()
	cfg := testConfig()
	cfg.Hooks.URL = web.URL
	cfg.Hooks.Events = []string{"connect", "join", "event", "disconnect"}
	second := transport.DefaultEnginePath()
	second.Path = "/second/"
	second.SocketIO.Namespaces = []string{"/", "/chat-*", "/chat-1"}
	cfg.Viewers.EngineIO = append(cfg.Viewers.EngineIO, second)
	for i := range cfg.Viewers.EngineIO {
		cfg.Viewers.EngineIO[i].SocketIO.Join = "join" // beside an application it has to be said
	}
	n, viewers, _ := start(t, cfg)
	defer n.Close()
	p := &polls{t, "http://" + viewers + "/second/?EIO=4&transport=polling"}
	var hello struct{ SID string }
	if err := json.Unmarshal([]byte(p.get()[1:]), &hello); err != nil {
		t.Fatal(err)
	}
	p.url += "&sid=" + hello.SID
	want := ""
	for _, name := range []string{"/", "/chat-1"} {
		p.asked(name)
		want += strings.NewReplacer("at", name).Replace("connect at, join at, event at, disconnect at, ")
		end := time.Now().Add(patience)
		for tick := time.NewTicker(time.Millisecond); len(app.said()) < len(want)-2 && time.Now().Before(end); {
			<-tick.C
		}
	}
	if got := app.said() + ", "; got != want {
		t.Errorf("asked: %s\nwant: %s", got, want)
	}
}

// asked has a socket connect to a namespace, do what an application is asked
// about, and go.
func (p *polls) asked(name string) {
	p.t.Helper()
	at := name + ","
	if name == "/" {
		at = ""
	}
	p.post("40" + at)
	if got := p.get(); !strings.HasPrefix(got, "40"+at) {
		p.t.Fatalf("%s, want to be connected", got)
	}
	for i, event := range []string{`["join","x"]`, `["other"]`} {
		p.post(fmt.Sprintf("42%s%d%s", at, i, event))
		got, want := p.get(), `{"code":"full","data":{"seats":0},"message":"no place"}`
		text, ok := strings.CutPrefix(got, fmt.Sprintf("43%s%d", at, i))
		var list []any
		if err := json.Unmarshal([]byte(text), &list); !ok || err != nil || len(list) != 1 {
			p.t.Fatalf("%s: %s", event, got)
		}
		if same, err := json.Marshal(list[0]); err != nil || string(same) != want {
			p.t.Errorf("%s: %s, want %s", event, got, want)
		}
	}
	p.post("41" + at)
}
