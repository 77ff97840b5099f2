package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"grandstand/session"
	"grandstand/session/broker"
)

// asStruct is a body of publish as encoding/json reads it.
type asStruct struct {
	Room, Event, Except string
	Data                json.RawMessage
	Key                 string `json:"idempotency_key"`
	Events              []struct {
		Room, Event, Except string
		Data                json.RawMessage
	}
}

// order returns what readPublish should have made of the body.
func (a *asStruct) order() order {
	if a.Events == nil {
		return order{key: a.Key, batch: []broker.Message{{Rooms: []string{a.Room}, Name: a.Event, Data: a.Data, Except: a.Except}}}
	}
	o := order{key: a.Key, list: true}
	for _, e := range a.Events {
		o.batch = append(o.batch, broker.Message{Rooms: []string{e.Room}, Name: e.Event, Data: e.Data, Except: e.Except})
	}
	return o
}

// FuzzPublish: what is read is what encoding/json reads; what is not JSON is
// not read; data is a part of the body, untouched.
func FuzzPublish(f *testing.F) {
	f.Add([]byte(`{"room":"a","event":"e","data":{"x":[1,{"y":"\"}"}]},"except":null,"idempotency_key":"k"}`))
	f.Add([]byte(`{"events":[{"room":"a","event":"e","data":1e9},{"room":"\u0062","event":"\ud83d\ude00"}]}`))
	f.Add([]byte(" {\n\"data\" : [ ] ,\t\"room\":\"a\" , \"event\" : \"\\\\\" }\r\n"))
	f.Add([]byte(`{"events":null,"room":"a","event":"e","data":null}`))
	f.Add([]byte(`{"room":"a","event":"e","data":"` + "\xff" + `"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		got, err := readPublish(body)
		if !bytes.Equal(body, before) {
			t.Fatal("the body was changed")
		}
		if err != nil {
			var e *session.Error
			if !errors.As(err, &e) || status(e.Code) != 400 {
				t.Fatalf("error %v, want a refusal with 400", err)
			}
			return
		}
		var a asStruct
		if err := json.Unmarshal(body, &a); err != nil {
			t.Fatalf("accepted, but encoding/json says %v", err)
		}
		want := a.order()
		if got.key != want.key || got.list != want.list || len(got.batch) != len(want.batch) {
			t.Fatalf("order %+v, want %+v", got, want)
		}
		for i := range got.batch {
			g, w := got.batch[i], want.batch[i]
			if g.Name != w.Name || g.Except != w.Except || !slices.Equal(g.Rooms, w.Rooms) || !bytes.Equal(g.Data, w.Data) {
				t.Fatalf("event %d: %+v, want %+v", i, g, w)
			}
		}
	})
}

// FuzzBroadcast: the same for the other body.
func FuzzBroadcast(f *testing.F) {
	f.Add([]byte(`{"rooms":["a","b\/c"],"event":"e","data":[{},"]"],"idempotency_key":"k"}`))
	f.Add([]byte(`{"rooms" : [ "a" , null ] , "event":"e"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := readBroadcast(body)
		if err != nil {
			return
		}
		var a struct {
			Rooms         []string
			Event, Except string
			Data          json.RawMessage
			Key           string `json:"idempotency_key"`
		}
		if err := json.Unmarshal(body, &a); err != nil {
			t.Fatalf("accepted, but encoding/json says %v", err)
		}
		want := order{key: a.Key, batch: []broker.Message{{Rooms: a.Rooms, Name: a.Event, Data: a.Data, Except: a.Except}}}
		g, w := got.batch[0], want.batch[0]
		if got.key != want.key || g.Name != w.Name || g.Except != w.Except || !slices.Equal(g.Rooms, w.Rooms) || !bytes.Equal(g.Data, w.Data) {
			t.Fatalf("order %+v, want %+v", got, want)
		}
	})
}

// TestPrefixes: a body cut anywhere is refused, never read beyond its end.
func TestPrefixes(t *testing.T) {
	body := []byte(`{"idempotency_key":"k","events":[{"room":"a\n","event":"e","data":{"x":[1,null,"\\"]}},{"room":"b","event":"e","data":-1.5e3}]}`)
	for i := range body {
		if _, err := readPublish(body[:i:i]); err == nil {
			t.Errorf("a body of %d bytes out of %d was read: %s", i, len(body), body[:i])
		}
	}
	if _, err := readPublish(body); err != nil {
		t.Errorf("the whole body: %v", err)
	}
}

// TestDeep: nesting costs neither stack nor sense.
func TestDeep(t *testing.T) {
	data := strings.Repeat(`[{"a":`, 4000) + "1" + strings.Repeat("}]", 4000)
	o, err := readPublish([]byte(`{"room":"a","event":"e","data":` + data + `}`))
	if err != nil || string(o.batch[0].Data) != data {
		t.Errorf("nested data: %v", err)
	}
	if _, err := readPublish(bytes.Repeat([]byte("["), 1<<20)); err == nil {
		t.Error("a million open brackets were read")
	}
}

// TestCut finds the end of a value among others.
func TestCut(t *testing.T) {
	tests := []struct{ in, want string }{
		{`1,2`, `1`},
		{` -1.5e+3 `, `-1.5e+3`},
		{`true}`, `true`},
		{`null`, `null`},
		{`"a\"b",1`, `"a\"b"`},
		{`"\\",1`, `"\\"`},
		{`""`, `""`},
		{`[1,[2,"]"],{"}":[]}] ,`, `[1,[2,"]"],{"}":[]}]`},
		{"\t{\"a\" : 1}\n}", `{"a" : 1}`},
		{`[]`, `[]`},
	}
	for _, tt := range tests {
		v, end := cut([]byte(tt.in), 0)
		if string(v.p) != tt.want || end != v.at+len(tt.want) {
			t.Errorf("cut(%q) = %q at %d to %d, want %q", tt.in, v.p, v.at, end, tt.want)
		}
	}
}

// TestPublishAllocs: an event costs few allocations to read, however it is
// written.
func TestPublishAllocs(t *testing.T) {
	body := []byte(`{"room":"match:42","event":"goal","data":{"team":"home","minute":17}}`)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := readPublish(body); err != nil {
			t.Error(err)
		}
	}); n > 10 {
		t.Errorf("%v allocations, want at most 10", n)
	}
	if got, err := readPublish(body); err != nil || !reflect.DeepEqual(got.batch[0].Rooms, []string{"match:42"}) {
		t.Errorf("readPublish = %+v, %v", got, err)
	}
}
