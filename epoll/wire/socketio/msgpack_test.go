package socketio

import (
	"reflect"
	"strings"
	"testing"
)

// msgpackCase is a message of socket.io-msgpack-parser and the packet it is.
type msgpackCase struct {
	name, in string
	want     Packet
}

// mp is a message of type and namespace, with members more behind them.
func mp(members int, typ byte, rest string) string {
	return string([]byte{0x80 | byte(2+members)}) + "\xa4type" + string([]byte{typ}) + "\xa3nsp\xa1/" + rest
}

// mpEvent is an event whose data are so many values.
func mpEvent(n int, values string) string {
	return mp(1, 2, "\xa4data"+string([]byte{0x90 | byte(n+1)})+"\xa1a"+values)
}

// msgpackCases are the values of each format, in the order of the
// specification.
func msgpackCases() []msgpackCase {
	event := func(name, values, data string, n int, attachments ...string) msgpackCase {
		return msgpackCase{name, mpEvent(n, values), Packet{Type: Event, Namespace: "/", Data: []byte(`["a",` + data + `]`), Attachments: bins(attachments...)}}
	}
	return []msgpackCase{
		{"connect", mp(0, 0, ""), Packet{Namespace: "/"}},
		{"auth", mp(1, 0, "\xa4data\x81\xa1t\x01"), Packet{Namespace: "/", Data: []byte(`{"t":1}`)}},
		{"undefined auth", mp(1, 0, "\xa4data\xd4\x00\x00"), Packet{Namespace: "/"}},
		{"namespace", "\x82\xa3nsp\xa3/ab\xa4type\x01", Packet{Type: Disconnect, Namespace: "/ab"}},
		{"id", mp(2, 2, "\xa4data\x91\xa1a\xa2id\xcd\x01\xc8"), Packet{Type: Event, Namespace: "/", HasID: true, ID: 456, Data: []byte(`["a"]`)}},
		{"ack", mp(2, 3, "\xa4data\x90\xa2id\x00"), Packet{Type: Ack, Namespace: "/", HasID: true, Data: []byte(`[]`)}},
		{"refused", mp(1, 4, "\xa4data\x81\xa7message\xa2no"), Packet{Type: ConnectError, Namespace: "/", Data: []byte(`{"message":"no"}`)}},
		{"options are passed over", mp(2, 2, "\xa7options\x81\xa8compress\xc4\x01x\xa4data\x91\xa1a"), Packet{Type: Event, Namespace: "/", Data: []byte(`["a"]`)}},
		event("fixint", "\x00\x7f\xff\xe0", `0,127,-1,-32`, 4),
		event("uint", "\xcc\xff\xcd\xff\xff\xce\xff\xff\xff\xff\xcf\xff\xff\xff\xff\xff\xff\xff\xff", `255,65535,4294967295,18446744073709551615`, 4),
		event("int", "\xd0\x80\xd1\x80\x00\xd2\x80\x00\x00\x00\xd3\x80\x00\x00\x00\x00\x00\x00\x00", `-128,-32768,-2147483648,-9223372036854775808`, 4),
		event("nil, booleans", "\xc0\xc2\xc3", `null,false,true`, 3),
		event("float32", "\xca\x3f\x00\x00\x00", `0.5`, 1),
		event("float64", "\xcb\x7e\x37\xe4\x3c\x88\x00\x75\x9c", `1e+300`, 1),
		event("no numbers", "\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00\xca\x7f\xc0\x00\x00", `null,null`, 2),
		event("str", "\xa0\xd9\x01b\xda\x00\x01c\xdb\x00\x00\x00\x01\n", `"","b","c","\n"`, 4),
		event("bin", "\xc4\x01x\xc5\x00\x00\xc6\x00\x00\x00\x02yz", `{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},{"_placeholder":true,"num":2}`, 3, "x", "", "yz"),
		event("array", "\x91\x01\xdc\x00\x01\x02\xdd\x00\x00\x00\x00", `[1],[2],[]`, 3),
		event("map", "\x81\xa1k\x01\xde\x00\x01\x05\x02\xdf\x00\x00\x00\x00", `{"k":1},{"5":2},{}`, 3),
		event("undefined", "\x92\xd4\x00\x00\x01\x82\xa1k\xd4\x00\x00\xa1l\x02", `[null,1],{"l":2}`, 2),
		event("date of notepack", "\xd7\x00\x00\x00\x00\x00\x00\x00\x00\x01", `"1970-01-01T00:00:00.001Z"`, 1),
		event("dates beyond four digits", "\xd7\x00\x00\x00\xe6\x77\xd2\x1f\xdc\x00\xd7\x00\xff\xff\xc7\x00\x00\x00\x00\x00", `"+010000-01-01T00:00:00.000Z","-000017-12-31T17:53:36.768Z"`, 2),
		event("timestamp 32", "\xd6\xff\x00\x00\x00\x01", `"1970-01-01T00:00:01.000Z"`, 1),
		event("timestamp 64", "\xd7\xff\x00\x7a\x12\x00\x00\x00\x00\x01", `"1970-01-01T00:00:01.002Z"`, 1),
		event("timestamp 96", "\xc7\x0c\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff", `"1969-12-31T23:59:59.000Z"`, 1),
		event("no date", "\xc7\x0c\xff\x00\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff", `null`, 1),
		event("ArrayBuffer", "\xc7\x02\x00hi", `{"_placeholder":true,"num":0}`, 1, "hi"),
		event("lookalike without binary", "\x82\xac_placeholder\xc3\xa3num\x00", `{"_placeholder":true,"num":0}`, 1),
	}
}

func TestMsgpack(t *testing.T) {
	for _, tt := range msgpackCases() {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseMsgpack(limits(), []byte(tt.in))
			if err != nil || !same(&got, &tt.want) {
				t.Fatalf("%q = %+v (%s), %v, want %+v (%s)", tt.in, got, got.Data, err, tt.want, tt.want.Data)
			}
			wire, err := AppendMsgpack([]byte("before"), &got)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := ParseMsgpack(limits(), wire[len("before"):]); err != nil || !same(&again, &tt.want) {
				t.Errorf("%q is written %q, read %+v, %v", tt.in, wire, again, err)
			}
		})
	}
}

// msgpackRefusal is a message that is none, and why.
type msgpackRefusal struct {
	name, in string
	want     error
}

func msgpackRefused() []msgpackRefusal {
	return []msgpackRefusal{
		{"nothing", "", errMsgpack}, {"no map", "\x90", errMsgpack}, {"a string", "\xa1a", errMsgpack}, {"empty map", "\x80", errType},
		{"something behind it", mp(0, 0, "") + "\xc0", errMsgpack},
		{"type as text", "\x82\xa4type\xa12\xa3nsp\xa1/", errType}, {"type 5", "\x82\xa4type\x05\xa3nsp\xa1/", errType}, {"negative type", "\x82\xa4type\xff\xa3nsp\xa1/", errType},
		{"no namespace", "\x81\xa4type\x00", errNamespace}, {"namespace as number", "\x82\xa4type\x00\xa3nsp\x01", errNamespace},
		{"namespace without slash", "\x82\xa4type\x00\xa3nsp\xa1a", errNamespace}, {"empty namespace", "\x82\xa4type\x00\xa3nsp\xa0", errNamespace},
		{"long namespace", "\x82\xa4type\x00\xa3nsp\xda\x01\x01/" + strings.Repeat("n", 256), errNamespace},
		{"type twice", "\x83\xa4type\x00\xa4type\x00\xa3nsp\xa1/", errMsgpack}, {"key as number", "\x81\x01\x00", errMsgpack},
		{"binary namespace", "\x82\xa4type\x00\xa3nsp\xc4\x01/", errMsgpack},
		{"id of a connect", mp(1, 0, "\xa2id\x01"), errID}, {"ack without id", mp(1, 3, "\xa4data\x90"), errID}, {"nil id", mp(2, 2, "\xa4data\x91\xa1a\xa2id\xc0"), errID},
		{"negative id", mp(2, 2, "\xa4data\x91\xa1a\xa2id\xff"), errID}, {"id above JavaScript's", mp(2, 2, "\xa4data\x91\xa1a\xa2id\xcf\x00\x20\x00\x00\x00\x00\x00\x00"), errID},
		{"event without data", mp(0, 2, ""), errPayload}, {"event of a map", mp(1, 2, "\xa4data\x80"), errPayload}, {"event of nothing", mp(1, 2, "\xa4data\x90"), errPayload},
		{"event without name", mp(1, 2, "\xa4data\x91\xc0"), errPayload}, {"reserved", mp(1, 2, "\xa4data\x91\xa7connect"), errReserved},
		{"name is binary", mp(1, 2, "\xa4data\x91\xc4\x01a"), errPayload}, {"auth is nil", mp(1, 0, "\xa4data\xc0"), errPayload}, {"binary auth", mp(1, 0, "\xa4data\x81\xa1a\xc4\x01a"), errPayload},
		{"never used", mpEvent(1, "\xc1"), errMsgpack}, {"unknown extension", mpEvent(1, "\xd4\x05\x00"), errMsgpack}, {"timestamp of 5 bytes", mpEvent(1, "\xc7\x05\xff12345"), errMsgpack},
		{"nanoseconds of more than a second", mpEvent(1, "\xd7\xff\xff\xff\xff\xff\x00\x00\x00\x00"), errMsgpack},
		{"no UTF-8", mpEvent(1, "\xa1\xff"), errUTF8}, {"no UTF-8 in a key", mpEvent(1, "\x81\xa1\xff\x00"), errUTF8},
		{"key of a list", mpEvent(1, "\x81\x90\x00"), errMsgpack}, {"key is undefined", mpEvent(1, "\x81\xd4\x00\x00\x00"), errMsgpack},
		{"fewer values than said", mpEvent(2, "\x00"), errMsgpack}, {"array that lies", mpEvent(1, "\xdd\xff\xff\xff\xff"), errMsgpack},
		{"map that lies", mpEvent(1, "\xdf\x00\x00\x00\x02\xa1k\x00"), errMsgpack}, {"text that lies", mpEvent(1, "\xdb\xff\xff\xff\xff"), errMsgpack},
		{"binary that lies", mpEvent(1, "\xc6\x00\x00\x00\x05abcd"), errMsgpack}, {"extension that lies", mpEvent(1, "\xc9\xff\xff\xff\xff\x00"), errMsgpack},
		{"number cut off", mpEvent(1, "\xcf\x00"), errMsgpack},
		{"11 binaries", mpEvent(11, strings.Repeat("\xc4\x00", 11)), errTooMany},
		{"lookalike beside binary", mpEvent(2, "\xc4\x01x\x82\xac_placeholder\xc3\xa3num\x00"), errPlaceholder},
		{"65 deep", mpEvent(1, strings.Repeat("\x91", 64)+"\xc0"), errDepth}, {"a million deep", mpEvent(1, strings.Repeat("\x91", 1<<20)), errDepth},
		{"too large", mpEvent(1, strings.Repeat("\x00", 4<<20)), errTooLarge},
	}
}

func TestMsgpackRefused(t *testing.T) {
	for _, tt := range msgpackRefused() {
		if k, err := ParseMsgpack(limits(), []byte(tt.in)); err != tt.want || !reflect.DeepEqual(k, Packet{}) {
			t.Errorf("%s: %+v, %v, want %v", tt.name, k, err, tt.want)
		}
	}
	if _, err := ParseMsgpack(limits(), []byte(mpEvent(1, strings.Repeat("\x91", 62)+"\xc0"))); err != nil {
		t.Errorf("as deep as allowed: %v", err)
	}
	for name, k := range map[string]Packet{
		"type": {Type: BinaryEvent}, "no JSON": {Type: Event, Data: []byte(`["a"`)}, "two values": {Type: Event, Data: []byte(`["a"] 1`)},
		"attachment without placeholder": {Type: Event, Data: []byte(`["a"]`), Attachments: bins("x")}, "no UTF-8": {Type: Event, Data: []byte("[\"\xff\"]")},
	} {
		if dst, err := AppendMsgpack([]byte("before"), &k); err == nil || string(dst) != "before" {
			t.Errorf("%s: written as %q, %v", name, dst, err)
		}
	}
}
