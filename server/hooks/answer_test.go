package hooks

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

func raw(s string) json.RawMessage { return json.RawMessage(s) }

// TestParseAnswer reads what an application may say.
func TestParseAnswer(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want Answer
	}{
		{name: "nothing", in: ""},
		{name: "space", in: " \r\n"},
		{name: "empty", in: " { } "},
		{name: "nulls", in: `{"reject":null,"ack":null,"emit":null,"join":null,"leave":null,"disconnect":null}`},
		{name: "reject", in: `{"reject":{"code":"full","message":"no seat","data":{"in": 5}}}`,
			want: Answer{Reject: &Rejection{Code: "full", Message: "no seat", Data: raw(`{"in":5}`)}}},
		{name: "reject bare", in: `{"reject":{}}`, want: Answer{Reject: &Rejection{Code: "rejected"}}},
		{name: "reject and emit", in: `{"reject":{"data":null},"emit":[{"event":"x"}],"disconnect":true}`,
			want: Answer{Reject: &Rejection{Code: "rejected"}, Emit: []Emit{{Event: "x"}}, Disconnect: true}},
		{name: "ack", in: `{"ack":[ 1.0, "a b", null ]}`, want: Answer{Ack: raw(`[1.0,"a b",null]`)}},
		{name: "empty ack", in: `{"ack":[]}`, want: Answer{Ack: raw(`[]`)}},
		{name: "emit", in: `{"emit":[{"to":["a","b"],"except":["c"],"namespace":"/n","event":"e","args":[1, 2]},{"all":true,"event":"f","data":null}]}`,
			want: Answer{Emit: []Emit{
				{To: []string{"a", "b"}, Except: []string{"c"}, Namespace: "/n", Event: "e", Args: raw(`[1,2]`)},
				{All: true, Event: "f", Data: raw(`null`)},
			}}},
		{name: "binary ack", in: `{"ack":["a", {"num":1,"_placeholder":true},[{"_placeholder":true,"num":0}]],"attachments":["AQI=",""]}`,
			want: Answer{Ack: raw(`["a",{"num":1,"_placeholder":true},[{"_placeholder":true,"num":0}]]`), Attachments: [][]byte{{1, 2}, {}}}},
		{name: "binary emit", in: `{"emit":[{"event":"e","attachments":["/w=="],"args":[{"_placeholder":true,"num":0}]},{"event":"f","data":{"_placeholder":true,"num":0},"attachments":["AA=="]}]}`,
			want: Answer{Emit: []Emit{
				{Event: "e", Args: raw(`[{"_placeholder":true,"num":0}]`), Attachments: [][]byte{{255}}},
				{Event: "f", Data: raw(`{"_placeholder":true,"num":0}`), Attachments: [][]byte{{0}}},
			}}},
		{name: "just an object", in: `{"ack":[{"_placeholder":true,"num":0}],"attachments":[],"emit":[{"event":"e","data":{"_placeholder":true,"num":7},"attachments":null}]}`,
			want: Answer{Ack: raw(`[{"_placeholder":true,"num":0}]`), Emit: []Emit{{Event: "e", Data: raw(`{"_placeholder":true,"num":7}`)}}}},
		{name: "rooms", in: `{"join":["a"],"leave":["b","\u00fc"],"data":"x"}`,
			want: Answer{Join: []string{"a"}, Leave: []string{"b", "ü"}, Data: raw(`"x"`)}},
		{name: "data cleared", in: `{"data":null}`, want: Answer{Data: raw(`null`)}},
		{name: "no rooms", in: `{"join":[],"leave":[]}`},
	}
	for _, tt := range tests {
		got, err := ParseAnswer([]byte(tt.in))
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: ParseAnswer(%s) = %+v, %v, want %+v", tt.name, tt.in, got, err, tt.want)
		}
	}
}

// TestParseAnswerBad refuses what is not meant, and says where.
func TestParseAnswerBad(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want string // what the error contains
	}{
		{name: "text", in: `OK`, want: "not JSON"},
		{name: "page", in: `<!DOCTYPE html>`, want: "not JSON"},
		{name: "cut", in: `{"join":["a"`, want: "not JSON"},
		{name: "two", in: `{} {}`, want: "not JSON"},
		{name: "list", in: `[]`, want: "want an object"},
		{name: "null", in: `null`, want: "want an object"},
		{name: "not UTF-8", in: "{\"data\":\"\xff\"}", want: "not UTF-8"},
		{name: "unknown", in: `{"rejekt":{}}`, want: `"rejekt": unknown field`},
		{name: "other case", in: `{"Reject":{}}`, want: `"Reject": unknown field`},
		{name: "twice", in: `{"join":["a"],"join":["b"]}`, want: `"join": given twice`},
		{name: "twice, escaped", in: `{"join":["a"],"j\u006fin":["b"]}`, want: `"join": given twice`},
		{name: "reject text", in: `{"reject":"no"}`, want: "reject: want an object"},
		{name: "reject unknown", in: `{"reject":{"reason":"x"}}`, want: `reject: "reason": unknown field`},
		{name: "code number", in: `{"reject":{"code":4}}`, want: "reject: code: want a string"},
		{name: "reject and join", in: `{"reject":{},"join":["a"]}`, want: "reject: with it"},
		{name: "reject and ack", in: `{"ack":[],"reject":{}}`, want: "reject: with it"},
		{name: "ack object", in: `{"ack":{}}`, want: "ack: want an array"},
		{name: "join text", in: `{"join":"a"}`, want: "join: want an array"},
		{name: "join empty", in: `{"join":[""]}`, want: "join: [0]: want a string that is not empty"},
		{name: "join number", in: `{"join":["a",1]}`, want: "join: [1]: want a string"},
		{name: "emit object", in: `{"emit":{"event":"x"}}`, want: "emit: want an array"},
		{name: "emit unnamed", in: `{"emit":[{"to":["a"]}]}`, want: "emit: [0]: event: missing"},
		{name: "emit nobody", in: `{"emit":[{"event":"x","to":[]}]}`, want: "emit: [0]: to: empty"},
		{name: "emit all to", in: `{"emit":[{"event":"x","to":["a"],"all":true}]}`, want: "all: given together with to"},
		{name: "emit args and data", in: `{"emit":[{"event":"x","args":[],"data":1}]}`, want: "args: given together"},
		{name: "emit args", in: `{"emit":[{"event":"x","args":1}]}`, want: "emit: [0]: args: want an array"},
		{name: "attachments without ack", in: `{"attachments":["AQ=="]}`, want: "attachments: want for each"},
		{name: "attachments beside reject", in: `{"reject":{},"attachments":["AQ=="]}`, want: "reject: with it"},
		{name: "attachments without place", in: `{"ack":[1],"attachments":["AQ=="]}`, want: "attachments: want for each"},
		{name: "one place for two", in: `{"ack":[{"_placeholder":true,"num":0}],"attachments":["AQ==","AQ=="]}`, want: "attachments: want for each"},
		{name: "one twice", in: `{"ack":[{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}],"attachments":["AQ==","AQ=="]}`, want: "attachments: want for each"},
		{name: "wrong number", in: `{"emit":[{"event":"e","args":[{"_placeholder":true,"num":1}],"attachments":["AQ=="]}]}`, want: "emit: [0]: attachments: want for each"},
		{name: "no base64", in: `{"ack":[{"_placeholder":true,"num":0}],"attachments":["?"]}`, want: "attachments: [0]: want base64"},
		{name: "null for base64", in: `{"ack":[{"_placeholder":true,"num":0}],"attachments":[null]}`, want: "attachments: [0]: want base64"},
		{name: "attachments text", in: `{"ack":[],"attachments":"AQ=="}`, want: "attachments: want an array"},
		{name: "truth", in: `{"disconnect":1}`, want: "disconnect: want true or false"},
	}
	for _, tt := range tests {
		got, err := ParseAnswer([]byte(tt.in))
		if err == nil || !strings.Contains(err.Error(), tt.want) || !reflect.DeepEqual(got, Answer{}) {
			t.Errorf("%s: ParseAnswer(%s) = %+v, %v, want nothing and an error with %q", tt.name, tt.in, got, err, tt.want)
		}
	}
}

// FuzzParseAnswer holds every answer that is taken to its promises, and to the
// same when it is cut short: that is refused.
func FuzzParseAnswer(f *testing.F) {
	f.Add([]byte(`{"ack":[1,"a"],"emit":[{"to":["r"],"except":["s"],"event":"e","args":[{"a":[]}]},{"all":true,"event":"x","data":{}}]}`))
	f.Add([]byte(`{"ack":[{"_placeholder":true,"num":0}],"attachments":["AQI="],"emit":[{"event":"e","data":{"_placeholder":true,"num":0},"attachments":[""]}]}`))
	f.Add([]byte(`{"reject":{"code":"c","message":"m","data":null},"disconnect":true}`))
	f.Add([]byte(`{"join":["a"],"leave":["b"],"data":{"k":"\ud800"},"disconnect":false}`))
	f.Add([]byte("{\"data\":\"\u2028\", \"\\u006aoin\":[\"\\n\"]}"))
	f.Add([]byte(strings.Repeat(`{"data":`, 40) + "1" + strings.Repeat("}", 40)))
	f.Fuzz(func(t *testing.T, in []byte) {
		a, err := ParseAnswer(in)
		if err != nil {
			if !reflect.DeepEqual(a, Answer{}) {
				t.Fatalf("%q: %v, and yet %+v", in, err, a)
			}
			return
		}
		raws := []json.RawMessage{a.Ack, a.Data}
		if a.Reject != nil {
			raws = append(raws, a.Reject.Data)
		}
		for _, e := range a.Emit {
			raws = append(raws, e.Args, e.Data)
			if e.Event == "" || e.All && e.To != nil || e.Args != nil && e.Data != nil {
				t.Fatalf("%q: emit %+v", in, e)
			}
		}
		for _, r := range raws {
			if r != nil && (!json.Valid(r) || !utf8.Valid(r) || strings.ContainsAny(string(r), "\n\r")) {
				t.Fatalf("%q: holds %q", in, r)
			}
		}
		body := strings.Trim(string(in), " \t\r\n")
		if len(body) > 1<<10 {
			return // cutting it everywhere takes the square of its length
		}
		for i := 1; i < len(body); i++ {
			if _, err := ParseAnswer([]byte(body[:i])); err == nil {
				t.Fatalf("%q is taken, and %q", body, body[:i])
			}
		}
	})
}
