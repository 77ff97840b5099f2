package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"
)

// NewPublisher publishes to the control port of a Grandstand at base, such as
// http://127.0.0.1:9090. key is the API key, empty for none.
func NewPublisher(base, key string, rooms []string, clock Clock) (*Publisher, error) {
	c, err := newCaller(base, nil)
	if err != nil {
		return nil, err
	}
	c.url = "http://" + c.client.Addr + "/v1/publish"
	c.fields = append(c.fields, [2]string{"Content-Type", "application/json"})
	if key != "" {
		c.fields = append(c.fields, [2]string{"Authorization", "Bearer " + key})
	}
	return newPublisher(rooms, clock, &native{caller: *c}), nil
}

// caller makes requests over HTTP: one under way at a time on a connection that
// is kept.
type caller struct {
	client *fasthttp.HostClient
	url    string
	method string
	fields [][2]string
}

func newCaller(address string, fields []string) (*caller, error) {
	u := fasthttp.AcquireURI()
	defer fasthttp.ReleaseURI(u)
	if err := u.Parse(nil, []byte(address)); err != nil {
		return nil, fmt.Errorf("publish address %q: %w", address, err)
	}
	if string(u.Scheme()) != "http" || len(u.Host()) == 0 {
		return nil, fmt.Errorf("publish address %q: want http://HOST:PORT", address)
	}
	host := fasthttp.AddMissingPort(string(u.Host()), false)
	c := &caller{url: address, method: fasthttp.MethodPost, client: &fasthttp.HostClient{
		Addr: host, DialDualStack: true, MaxConns: 2, MaxIdleConnDuration: time.Minute,
		ReadTimeout: 30 * time.Second, WriteTimeout: 10 * time.Second,
	}}
	for _, f := range fields {
		name, value, ok := strings.Cut(f, ":")
		if !ok || name == "" {
			return nil, fmt.Errorf("publish header %q: want NAME: VALUE", f)
		}
		c.fields = append(c.fields, [2]string{name, strings.TrimSpace(value)})
	}
	return c, nil
}

// call makes one request and gives the body of a good answer to take.
func (c *caller) call(url string, body []byte, take func(body []byte) error) error {
	req, resp := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(req)
	defer fasthttp.ReleaseResponse(resp)
	req.SetRequestURI(url)
	req.Header.SetMethod(c.method)
	for _, f := range c.fields {
		req.Header.Set(f[0], f[1])
	}
	req.SetBodyRaw(body)
	if err := c.client.Do(req, resp); err != nil {
		return fmt.Errorf("publish at %s: %w", url, err)
	}
	if resp.StatusCode()/100 != 2 {
		return fmt.Errorf("publish at %s: status %d: %.200s", url, resp.StatusCode(), resp.Body())
	}
	return take(resp.Body())
}

// address is where it calls.
func (c *caller) address() string { return c.client.Addr }

func (c *caller) close() { c.client.CloseIdleConnections() }

// native publishes as Grandstand's control port has it.
type native struct {
	caller
	body []byte
}

// encode writes the request body: one event bare, several as a list.
func (n *native) encode(p *Publisher, drafts []Draft) {
	b := n.body[:0]
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
		b = append(p.appendData(b, d), '}')
	}
	if len(drafts) > 1 {
		b = append(b, `]}`...)
	}
	n.body = b
}

// send reads the ids from the answer.
func (n *native) send(_ *Publisher, drafts []Draft) (ids []string, err error) {
	err = n.call(n.url, n.body, func(body []byte) error {
		var a struct {
			ID  string   `json:"id"`
			IDs []string `json:"ids"`
		}
		if err := json.Unmarshal(body, &a); err != nil {
			return fmt.Errorf("publish at %s: answer %.80q: %w", n.url, body, err)
		}
		if a.ID != "" && len(a.IDs) == 0 {
			a.IDs = []string{a.ID}
		}
		if len(a.IDs) != len(drafts) {
			return fmt.Errorf("publish at %s: %d ids for %d events", n.url, len(a.IDs), len(drafts))
		}
		ids = a.IDs
		return nil
	})
	return ids, err
}

// form publishes by a template: a request for each event, or, with items, one
// for all.
type form struct {
	caller
	url, body, item template
	listed          bool // body has {items}
	ok              []byte
	out             []byte
	ends            []request // of the requests in out
}

// request is where the address and the body of a request end in the scratch.
type request struct{ url, body int }

// encode fills the template in for every draft.
func (f *form) encode(p *Publisher, drafts []Draft) {
	f.out, f.ends = f.out[:0], f.ends[:0]
	for i := range drafts {
		d := &drafts[i]
		if !f.listed {
			at := f.url.append(f.out, p, d, nil)
			f.out = f.body.append(at, p, d, nil)
			f.ends = append(f.ends, request{len(at), len(f.out)})
			continue
		}
	}
	if !f.listed {
		return
	}
	var items []byte
	for i := range drafts {
		if i > 0 {
			items = append(items, ',')
		}
		items = f.item.append(items, p, &drafts[i], nil)
	}
	at := f.url.append(f.out, p, &drafts[0], nil)
	f.out = f.body.append(at, p, &drafts[0], items)
	f.ends = append(f.ends, request{len(at), len(f.out)})
}

// send makes the requests one after another: that is what keeps events in order.
func (f *form) send(_ *Publisher, _ []Draft) ([]string, error) {
	from := 0
	for _, r := range f.ends {
		url := string(f.out[from:r.url])
		err := f.call(url, f.out[r.url:r.body], func(body []byte) error {
			if !bytes.Contains(body, f.ok) {
				return fmt.Errorf("publish at %s: answer %.200q, want one with %q", url, body, f.ok)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		from = r.body
	}
	return nil, nil
}
