package load

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Where Publishing.To isn't an address.
const (
	PublishNone   = "none"   // nobody of ours publishes
	PublishClient = "client" // by a connection of the driver
)

// Publishing says how events get to the target.
//
// In URL, Body, Item and Say, {room}, {event} and {data} stand for those of an
// event, as they may stand in a string of JSON, or, in the URL, of a query;
// data is JSON itself. {data:json} is the data as text within a string,
// {data:url} within a query or form; so are {room:url} and the like.
type Publishing struct {
	To     string   // address of the control port, or the URL of Body's requests, PublishClient or PublishNone
	APIKey string   // of Grandstand's control port
	Header []string // NAME: VALUE
	Method string   // empty: POST
	Body   string   // of a request; empty: Grandstand's
	Item   string   // an event where Body has {items}: as many as are due in one request
	OK     string   // what a good answer holds, for targets that refuse with status 200
	Say    string   // by a client: the message; empty: as the driver has it
}

// OpenPublisher is the publisher of a fleet.
func (f *Fleet) OpenPublisher(how Publishing) (*Publisher, error) {
	return OpenPublisher(f.cfg, f.Clock, how)
}

// OpenPublisher is the publisher of fleets, wherever they are: cfg is that of any
// of them, clock the one that stamps are of.
func OpenPublisher(cfg Config, clock Clock, how Publishing) (*Publisher, error) {
	switch how.To {
	case PublishNone:
		return newPublisher(cfg.Rooms, clock, nil), nil
	case PublishClient:
		return openSpeaker(cfg, clock, how)
	}
	if how.Body == "" {
		if how.Item != "" {
			return nil, errors.New("publish item without a publish body that has {items}")
		}
		if cfg.Dialect.Driver == DriverCentrifugo {
			centrifugoAPI(&how)
		} else if len(how.Header) == 0 && how.Method == "" {
			return NewPublisher(how.To, how.APIKey, cfg.Rooms, clock)
		}
	}
	return newForm(how, cfg.Rooms, clock)
}

// centrifugoAPI is the batch of publications of Centrifugo's HTTP API.
func centrifugoAPI(how *Publishing) {
	how.To = strings.TrimSuffix(how.To, "/")
	if strings.Count(how.To, "/") <= 2 { // an address alone
		how.To += "/api/batch"
	}
	how.Body = `{"commands":[{items}]}`
	how.Item = `{"publish":{"channel":"{room}","data":{data}}}`
	if how.APIKey != "" {
		how.Header = append(slices.Clone(how.Header), "X-API-Key: "+how.APIKey)
	}
}

func newForm(how Publishing, rooms []string, clock Clock) (*Publisher, error) {
	c, err := newCaller(strings.NewReplacer("{", "", "}", "").Replace(how.To), append([]string{"Content-Type: application/json"}, how.Header...))
	if err != nil {
		return nil, err
	}
	if how.Method != "" {
		c.method = how.Method
	}
	if how.APIKey != "" && how.Item == "" {
		c.fields = append(c.fields, [2]string{"Authorization", "Bearer " + how.APIKey})
	}
	f := &form{caller: *c, ok: []byte(how.OK)}
	for _, t := range []struct {
		to    *template
		text  string
		style byte
	}{{&f.url, how.To, styleURL}, {&f.body, how.Body, styleJSON}, {&f.item, how.Item, styleJSON}} {
		if *t.to, err = parseTemplate(t.text, t.style); err != nil {
			return nil, err
		}
	}
	f.listed = f.body.has(holeItems)
	if f.listed != (how.Item != "") {
		return nil, fmt.Errorf("publish body %.80q and item %.80q: {items} stands in the body for what the item looks like", how.Body, how.Item)
	}
	with := f.body
	if f.listed {
		with = f.item
	}
	if !with.has(holeData) && !f.url.has(holeData) {
		return nil, fmt.Errorf("publish body %.80q: {data} is missing", how.Body+how.Item)
	}
	return newPublisher(rooms, clock, f), nil
}
