package socketio

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// limits are the defaults, to point at.
func limits() *Limits {
	l := DefaultLimits()
	return &l
}

// read gives a new Decoder a text and its attachments, which have to be
// awaited as long as there are any.
func read(t *testing.T, rev Revision, text string, attachments ...string) (Packet, error) {
	t.Helper()
	var d Decoder
	k, done, err := d.Text(rev, limits(), []byte(text))
	for i, a := range attachments {
		if done || err != nil || !d.Waiting() {
			t.Fatalf("%s: done %v, %v before attachment %d", text, done, err, i)
		}
		k, done, err = d.Binary(limits(), []byte(a))
	}
	if err == nil && (!done || d.Waiting()) {
		t.Fatalf("%s: not done after %d attachments", text, len(attachments))
	}
	return k, err
}

// bins are attachments.
func bins(s ...string) [][]byte {
	var b [][]byte
	for _, a := range s {
		b = append(b, []byte(a))
	}
	return b
}

func TestText(t *testing.T) {
	for _, tt := range []struct {
		name        string
		rev         Revision
		in          string
		attachments []string
		want        Packet
		again       string // what AppendPacket makes of it, in if empty
	}{
		{name: "connect", in: `0`, want: Packet{Type: Connect, Namespace: "/"}},
		{name: "connect with auth", in: `0{"token":"123"}`, want: Packet{Type: Connect, Namespace: "/", Data: []byte(`{"token":"123"}`)}},
		{name: "connect to namespace", in: `0/nsp,{"a":1}`, want: Packet{Type: Connect, Namespace: "/nsp", Data: []byte(`{"a":1}`)}},
		{name: "connect without comma", in: `0/foo`, want: Packet{Type: Connect, Namespace: "/foo"}, again: `0/foo,`},
		{name: "connect with query", in: `0/foo?a=b,`, want: Packet{Type: Connect, Namespace: "/foo?a=b"}},
		{name: "connect with query, V4", rev: V4, in: `0/abc?b=c&d=e,`, want: Packet{Type: Connect, Namespace: "/abc", Query: "b=c&d=e"}},
		{name: "connect, V4", rev: V4, in: `0`, want: Packet{Type: Connect, Namespace: "/"}},
		{name: "connected", in: `0{"sid":"abc","pid":"x"}`, want: Packet{Type: Connect, Namespace: "/", Data: []byte(`{"sid":"abc","pid":"x"}`)}},
		{name: "root by name", in: `0/,`, want: Packet{Type: Connect, Namespace: "/"}, again: `0`},
		{name: "disconnect", in: `1`, want: Packet{Type: Disconnect, Namespace: "/"}},
		{name: "disconnect namespace", in: `1/nsp,`, want: Packet{Type: Disconnect, Namespace: "/nsp"}},
		{name: "disconnect without comma", in: `1/nsp`, want: Packet{Type: Disconnect, Namespace: "/nsp"}, again: `1/nsp,`},
		{name: "event", in: `2["hello",1]`, want: Packet{Type: Event, Namespace: "/", Data: []byte(`["hello",1]`)}},
		{name: "event with id", in: `2/admin,456["project:delete",123]`, want: Packet{Type: Event, Namespace: "/admin", HasID: true, ID: 456, Data: []byte(`["project:delete",123]`)}},
		{name: "numeric name", in: `2[1,"x"]`, want: Packet{Type: Event, Namespace: "/", Data: []byte(`[1,"x"]`)}},
		{name: "spaces", in: "20[ \"a\" ,\n{ } ] ", want: Packet{Type: Event, Namespace: "/", HasID: true, Data: []byte("[ \"a\" ,\n{ } ]")}, again: "20[ \"a\" ,\n{ } ]"},
		{name: "query in an event, V4", rev: V4, in: `2/a?b=c,["x"]`, want: Packet{Type: Event, Namespace: "/a?b=c", Data: []byte(`["x"]`)}},
		{name: "largest id", in: `29007199254740991["a"]`, want: Packet{Type: Event, Namespace: "/", HasID: true, ID: 1<<53 - 1, Data: []byte(`["a"]`)}},
		{name: "ack", in: `3/admin,456[]`, want: Packet{Type: Ack, Namespace: "/admin", HasID: true, ID: 456, Data: []byte(`[]`)}},
		{name: "ack of a reserved name", in: `30["connect"]`, want: Packet{Type: Ack, Namespace: "/", HasID: true, Data: []byte(`["connect"]`)}},
		{name: "refused", in: `4/nsp,{"message":"Not authorized","data":{"code":1}}`, want: Packet{Type: ConnectError, Namespace: "/nsp", Data: []byte(`{"message":"Not authorized","data":{"code":1}}`)}},
		{name: "refused, V4", rev: V4, in: `4/nope,"Invalid namespace"`, want: Packet{Type: ConnectError, Namespace: "/nope", Data: []byte(`"Invalid namespace"`)}},
		{name: "refused with an array, V4", rev: V4, in: `4[1]`, want: Packet{Type: ConnectError, Namespace: "/", Data: []byte(`[1]`)}},
		{name: "lookalike", in: `2["a",{"_placeholder":true,"num":7,"x":0}]`, want: Packet{Type: Event, Namespace: "/", Data: []byte(`["a",{"_placeholder":true,"num":7,"x":0}]`)}},
		{name: "binary event", in: `51-["hello",{"_placeholder":true,"num":0}]`, attachments: []string{"\x01\x02\x03"}, want: Packet{Type: Event, Namespace: "/",
			Data: []byte(`["hello",{"_placeholder":true,"num":0}]`), Attachments: bins("\x01\x02\x03")}},
		{name: "binary event with all", in: `52-/admin,456["a",{"b":[{"_placeholder":true,"num":0}]},{"_placeholder":true,"num":1}]`, attachments: []string{"x", ""}, want: Packet{Type: Event, Namespace: "/admin",
			HasID: true, ID: 456, Data: []byte(`["a",{"b":[{"_placeholder":true,"num":0}]},{"_placeholder":true,"num":1}]`), Attachments: bins("x", "")}},
		{name: "binary ack", rev: V4, in: `61-/admin,456[{"_placeholder":true,"num":0}]`, attachments: []string{"x"}, want: Packet{Type: Ack, Namespace: "/admin",
			HasID: true, ID: 456, Data: []byte(`[{"_placeholder":true,"num":0}]`), Attachments: bins("x")}},
		{name: "other order", in: `53-["a",{"_placeholder":true,"num":2},{"num":0, "\u005fplaceholder":true},{"_placeholder":true,"num":1}]`, attachments: []string{"x", "y", "z"}, want: Packet{Type: Event, Namespace: "/",
			Data: []byte(`["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},{"_placeholder":true,"num":2}]`), Attachments: bins("z", "x", "y")},
			again: `53-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},{"_placeholder":true,"num":2}]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := read(t, tt.rev, tt.in, tt.attachments...)
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Fatalf("%s = %+v, %v, want %+v", tt.in, got, err, tt.want)
			}
			again := tt.again
			if again == "" {
				again = tt.in
			}
			if text := string(AppendPacket(nil, tt.rev, &got)); text != again {
				t.Errorf("AppendPacket = %s, want %s", text, again)
			}
		})
	}
}

func TestTextRefused(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n-1) + `"a"` + strings.Repeat("]", n-1) }
	for _, tt := range []struct {
		in   string
		want error
	}{
		{``, errType}, {`7["a"]`, errType}, {`a`, errType}, {`-1`, errType}, {"\x00", errType},
		{`0{`, errJSON}, {`0{}x`, errJSON}, {`0null`, errPayload}, {`0[]`, errPayload}, {`0"a"`, errPayload}, {`012`, errID}, {`0/a,5{}`, errID},
		{`1{}`, errPayload}, {`1/a,[]`, errPayload}, {`17`, errID},
		{`2`, errPayload}, {`2{}`, errPayload}, {`2"a"`, errPayload}, {`2null`, errPayload}, {`2[]`, errPayload}, {`2[ ]`, errPayload},
		{`2[null]`, errPayload}, {`2[true,"a"]`, errPayload}, {`2[{}]`, errPayload}, {`2[["a"]]`, errPayload},
		{`2["a"`, errJSON}, {`2["a",]`, errJSON}, {`2["a"]]`, errJSON}, {`2["a" "b"]`, errJSON}, {`2[,"a"]`, errJSON}, {`2["a",01]`, errJSON},
		{`2["a",1.]`, errJSON}, {`2["a",.5]`, errJSON}, {`2["a",1e]`, errJSON}, {`2["a",-]`, errJSON}, {`2["a",+1]`, errJSON}, {`2["a",NaN]`, errJSON},
		{`2["a",tru]`, errJSON}, {`2["a",{a:1}]`, errJSON}, {`2["a",{"a"}]`, errJSON}, {`2["a",{"a":1,}]`, errJSON}, {`2["\x"]`, errJSON}, {`2["\u12g4"]`, errJSON},
		{"2[\"a\n\"]", errJSON}, {"2[\"a\xff\"]", errUTF8}, {"0/\xff,", errUTF8}, {"2[\"\xed\xa0\x80\"]", errUTF8},
		{`2abc["a"]`, errPayload}, {`2 ["a"]`, errPayload}, {`212abc["a"]`, errPayload}, {`2-1["a"]`, errPayload},
		{`29007199254740992["a"]`, errID}, {`212345678901234567890["a"]`, errID}, {`2` + strings.Repeat("0", 99) + `99999999999999999["a"]`, errID},
		{`2["connect"]`, errReserved}, {`2["connect_error"]`, errReserved}, {`2["disconnect"]`, errReserved}, {`2["disconnecting"]`, errReserved},
		{`2["newListener"]`, errReserved}, {`2["removeListener",1]`, errReserved}, {`2["c\u006fnnect"]`, errReserved}, {`51-["connect",{"_placeholder":true,"num":0}]`, errReserved},
		{`3[]`, errID}, {`31`, errPayload}, {`31{}`, errPayload}, {`31"a"`, errPayload},
		{`4`, errPayload}, {`4[1]`, errPayload}, {`4null`, errPayload}, {`41{}`, errID},
		{`5`, errAttachments}, {`50-["a"]`, errAttachments}, {`5-["a"]`, errAttachments}, {`5["a"]`, errAttachments}, {`51["a",{"_placeholder":true,"num":0}]`, errAttachments},
		{`5x-["a"]`, errAttachments}, {`51.5-["a"]`, errAttachments}, {`5-1-["a"]`, errAttachments}, {`5999999999999999999999-["a"]`, errAttachments}, {`511-["a"]`, errTooMany},
		{`51-["a"]`, errPlaceholder}, {`51-`, errPayload}, {`61-["a"]`, errID}, {`51-["a",{"_placeholder":true,"num":1}]`, errPlaceholder}, {`51-["a",{"_placeholder":true,"num":-1}]`, errPlaceholder},
		{`51-["a",{"_placeholder":true,"num":0.5}]`, errPlaceholder}, {`51-["a",{"_placeholder":true,"num":"0"}]`, errPlaceholder}, {`51-["a",{"_placeholder":true}]`, errPlaceholder},
		{`51-["a",{"_placeholder":true,"num":0,"x":1}]`, errPlaceholder}, {`51-["a",{"_placeholder":true,"_placeholder":true,"num":0}]`, errPlaceholder},
		{`51-["a",{"_placeholder":1,"num":0}]`, errPlaceholder}, {`51-["a",{"_placeholder":true,"num":10000000000000}]`, errPlaceholder},
		{`51-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]`, errPlaceholder}, {`52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]`, errPlaceholder},
		{`52-["a",{"_placeholder":true,"num":0}]`, errPlaceholder}, {`51-[{"_placeholder":true,"num":0}]`, errPayload},
		{`0/` + strings.Repeat("n", 256) + `,`, errNamespace}, {`2["a",` + deep(65) + `]`, errDepth}, {`2["a"` + strings.Repeat(",0", 3<<20) + `]`, errTooLarge},
		{`2["a",` + strings.Repeat(`{"a":`, 100000), errDepth},
	} {
		for _, rev := range []Revision{V5, V4} {
			var d Decoder
			k, done, err := d.Text(rev, limits(), []byte(tt.in))
			if rev == V4 && tt.want == errPayload && strings.HasPrefix(tt.in, "4") {
				continue // revision 4 sends what the application gave
			}
			if err != tt.want || done || !reflect.DeepEqual(k, Packet{}) || d.Waiting() {
				t.Errorf("Text(%d, %.80s) = %+v, %v, %v, want %v", rev, tt.in, k, done, err, tt.want)
			}
		}
	}
	if _, err := read(t, V4, `0/a?`+strings.Repeat("q", 4097)); err != errNamespace {
		t.Errorf("long query: %v, want %v", err, errNamespace)
	}
	if _, err := read(t, V5, `2["a",`+deep(63)+`]`); err != nil {
		t.Errorf("as deep as allowed: %v", err)
	}
}

// TestOrder: what comes at the wrong time ends what was begun.
func TestOrder(t *testing.T) {
	begin := []byte(`52-["a",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`)
	lim := limits()
	var d Decoder
	if _, _, err := d.Binary(lim, []byte("x")); err != errBinary {
		t.Errorf("attachment of nothing: %v, want %v", err, errBinary)
	}
	d.Text(V5, lim, begin)
	if _, done, err := d.Text(V5, lim, []byte(`2["b"]`)); err != errText || done || d.Waiting() {
		t.Errorf("text between: %v, waiting %v, want %v", err, d.Waiting(), errText)
	}
	d.Text(V5, lim, begin)
	lim.MaxBytes = len(begin) + 5
	if _, done, err := d.Binary(lim, []byte("abc")); done || err != nil {
		t.Errorf("first attachment: %v, %v", done, err)
	}
	if _, _, err := d.Binary(lim, []byte("def")); err != errTooLarge || d.Waiting() {
		t.Errorf("more bytes than allowed: %v, waiting %v, want %v", err, d.Waiting(), errTooLarge)
	}
	if k, done, err := d.Text(V5, lim, []byte(`2["b"]`)); err != nil || !done || string(k.Data) != `["b"]` {
		t.Errorf("after errors: %+v, %v, %v", k, done, err)
	}
	var typed *Error
	if _, _, err := d.Binary(lim, nil); !errors.As(err, &typed) || typed.Code != "unexpected_binary" {
		t.Errorf("error = %v, want an *Error with its code", err)
	}
}

func TestStrings(t *testing.T) {
	for typ, want := range []string{"connect", "disconnect", "event", "ack", "connect_error", "binary_event", "binary_ack", "type 7"} {
		if got := fmt.Sprint(Type(typ)); got != want {
			t.Errorf("Type(%d) = %s, want %s", typ, got, want)
		}
	}
	if got, want := errType.Error(), "socketio: bad_packet_type: a packet begins with its type, 0 to 6"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}
