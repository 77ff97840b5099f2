package load

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"grandstand/bench/stats"
)

// Draft is an event that is to be published.
type Draft struct {
	Room    int
	Event   string
	Size    int    // bytes of the data, string form, when Members is nil
	Members []byte // members of the data, object form
	Due     int64  // intended time of publishing, on the fleet's clock
}

// PublishStats is how the publishing itself went.
type PublishStats struct {
	Events   int64         `json:"events"`
	Requests int64         `json:"requests"`
	Largest  int           `json:"largest_batch"`   // most events in one request
	Joined   int64         `json:"joined_requests"` // requests that carried more than one event
	Lag      stats.Summary `json:"lag"`             // from intended time to the request leaving
	Answer   stats.Summary `json:"answer"`          // from request to answer
}

// Publisher publishes over HTTP: one request under way at a time on a
// connection that is kept, so that order of numbers is order of ids.
//
// A Publisher belongs to one goroutine; Ledger and Published may be read by any.
type Publisher struct {
	Ledger *Ledger

	clock  Clock
	client *fasthttp.HostClient
	url    string
	key    string
	rooms  []string
	next   []uint32 // next number of each room
	body   []byte
	lag    stats.Latency
	answer stats.Latency
	sums   PublishStats
	sent   atomic.Int64 // events acknowledged
}

// NewPublisher publishes to base, such as http://127.0.0.1:9090. key is the API
// key, empty for none.
func NewPublisher(base, key string, rooms []string, clock Clock) (*Publisher, error) {
	u := fasthttp.AcquireURI()
	defer fasthttp.ReleaseURI(u)
	if err := u.Parse(nil, []byte(base)); err != nil {
		return nil, fmt.Errorf("publish address %q: %w", base, err)
	}
	if string(u.Scheme()) != "http" || len(u.Host()) == 0 {
		return nil, fmt.Errorf("publish address %q: want http://HOST:PORT", base)
	}
	return &Publisher{
		Ledger: NewLedger(len(rooms)), clock: clock, key: key, rooms: rooms, next: make([]uint32, len(rooms)),
		url: "http://" + string(u.Host()) + "/v1/publish",
		client: &fasthttp.HostClient{
			Addr: string(u.Host()), MaxConns: 2, MaxIdleConnDuration: time.Minute,
			ReadTimeout: 30 * time.Second, WriteTimeout: 10 * time.Second,
		},
	}, nil
}

// Publish sends drafts in one request and notes their ids.
func (p *Publisher) Publish(drafts []Draft) error {
	p.encode(drafts)
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.SetRequestURI(p.url)
	req.Header.SetMethod(fasthttp.MethodPost)
	req.Header.SetContentType("application/json")
	if p.key != "" {
		req.Header.Set("Authorization", "Bearer "+p.key)
	}
	req.SetBodyRaw(p.body)
	sent := p.clock.Now()
	for i := range drafts {
		p.lag.Record(sent - drafts[i].Due)
	}
	if err := p.client.Do(req, resp); err != nil {
		return fmt.Errorf("publish at %s: %w", p.url, err)
	}
	p.answer.Record(p.clock.Now() - sent)
	if resp.StatusCode() != fasthttp.StatusOK {
		return fmt.Errorf("publish at %s: status %d: %.200s", p.url, resp.StatusCode(), resp.Body())
	}
	p.sums.Requests++
	p.sums.Events = p.sent.Add(int64(len(drafts)))
	p.sums.Largest = max(p.sums.Largest, len(drafts))
	if len(drafts) > 1 {
		p.sums.Joined++
	}
	return p.note(drafts, resp.Body())
}

// encode writes the request body: one event bare, several as a list.
func (p *Publisher) encode(drafts []Draft) {
	b := p.body[:0]
	if len(drafts) > 1 {
		b = append(b, `{"events":[`...)
	}
	for i := range drafts {
		d := &drafts[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"room":`...)
		b = strconv.AppendQuote(b, p.rooms[d.Room])
		b = append(b, `,"event":`...)
		b = strconv.AppendQuote(b, d.Event)
		b = append(b, `,"data":`...)
		if d.Members == nil {
			b = AppendString(b, d.Due, p.next[d.Room], d.Size)
		} else {
			b = AppendObject(b, d.Due, p.next[d.Room], d.Members)
		}
		p.next[d.Room]++
		b = append(b, '}')
	}
	if len(drafts) > 1 {
		b = append(b, `]}`...)
	}
	p.body = b
}

// note puts the ids of the answer into the ledger.
func (p *Publisher) note(drafts []Draft, body []byte) error {
	var a struct {
		ID  string   `json:"id"`
		IDs []string `json:"ids"`
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return fmt.Errorf("publish at %s: answer %.80q: %w", p.url, body, err)
	}
	if a.ID != "" && len(a.IDs) == 0 {
		a.IDs = []string{a.ID}
	}
	if len(a.IDs) != len(drafts) {
		return fmt.Errorf("publish at %s: %d ids for %d events", p.url, len(a.IDs), len(drafts))
	}
	for i, id := range a.IDs {
		p.Ledger.Add(drafts[i].Room, id)
	}
	return nil
}

// Published is how many events have been acknowledged. Any goroutine may ask.
func (p *Publisher) Published() int64 { return p.sent.Load() }

// Measure drops the lag and answer figures gathered so far.
func (p *Publisher) Measure() {
	p.lag.Reset()
	p.answer.Reset()
}

// Stats is how publishing went so far.
func (p *Publisher) Stats() (PublishStats, error) {
	s := p.sums
	var err error
	if s.Lag, err = p.lag.Summary(); err != nil {
		return s, err
	}
	s.Answer, err = p.answer.Summary()
	return s, err
}

// Close gives the connections back.
func (p *Publisher) Close() { p.client.CloseIdleConnections() }
