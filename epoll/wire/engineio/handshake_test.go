package engineio

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestHandshake(t *testing.T) {
	h := Handshake{SID: "lv_VI97HAXpY6yYWAAAB", Upgrades: []string{"websocket"}, PingInterval: 25000, PingTimeout: 20000, MaxPayload: 1000000}
	const want = `{"sid":"lv_VI97HAXpY6yYWAAAB","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`
	if got := string(AppendHandshake(nil, &h)); got != want {
		t.Errorf("wrote %s", got)
	}
	if got, err := ParseHandshake([]byte(want)); err != nil || !reflect.DeepEqual(got, h) {
		t.Errorf("read %+v, %v", got, err)
	}
	h.Upgrades = nil
	if got := string(AppendHandshake(nil, &h)); !strings.Contains(got, `"upgrades":[]`) {
		t.Errorf("without upgrades: %s", got)
	}
	// Of an older server, and with what is not known here.
	old := `{"sid":"a","upgrades":[],"pingInterval":1,"pingTimeout":2,"more":[{}]}`
	if got, err := ParseHandshake([]byte(old)); err != nil || got.MaxPayload != 0 || got.PingTimeout != 2 {
		t.Errorf("read %+v, %v", got, err)
	}
	for _, bad := range []string{"", "{}", `{"sid":""}`, `{"sid":"a","pingInterval":1}`, `{"sid":1}`, want[:40]} {
		if got, err := ParseHandshake([]byte(bad)); err == nil {
			t.Errorf("%q: %+v", bad, got)
		}
	}
}

// TestErrors holds the table to what clients know.
func TestErrors(t *testing.T) {
	names := map[string]bool{}
	for i, e := range []*Error{ErrTransport(), ErrSession(), ErrMethod(), ErrRequest(), ErrForbidden(), ErrVersion()} {
		want := []string{
			"Transport unknown", "Session ID unknown", "Bad handshake method",
			"Bad request", "Forbidden", "Unsupported protocol version",
		}[i]
		var body struct {
			Code    *int
			Message string
		}
		if err := json.Unmarshal(e.AppendBody(nil), &body); err != nil || body.Code == nil || *body.Code != i || body.Message != want {
			t.Errorf("error %d is %s, %v, want %q", i, e.AppendBody(nil), err, want)
		}
		status := 400
		if i == 4 {
			status = 403
		}
		if e.Status() != status || names[e.Name()] || !strings.HasSuffix(e.Error(), want) {
			t.Errorf("error %d: status %d, name %s", i, e.Status(), e.Name())
		}
		names[e.Name()] = true
	}
	if got := string(ErrSession().AppendBody(nil)); got != `{"code":1,"message":"Session ID unknown"}` {
		t.Errorf("wrote %s", got)
	}
}

// TestScript is an answer to a script element, and the form that goes up.
func TestScript(t *testing.T) {
	for _, tt := range []struct{ payload, wire string }{
		{"6", `___eio[0]("6");`},
		{"4\"\\\n\x1e", `___eio[0]("4\"\\\n\u001e");`},
		{"4\u2028\u2029\u2027", "___eio[0](\"4\\u2028\\u2029\u2027\");"},
		{"4\x7f\u00e9</script>", "___eio[0](\"4\\u007f\u00e9</script>\");"},
	} {
		got := string(AppendScript(nil, "0", []byte(tt.payload)))
		if got != tt.wire {
			t.Errorf("%q: wrote %s, want %s", tt.payload, got, tt.wire)
		}
		index, payload, err := ParseScript([]byte(got))
		if err != nil || index != "0" || string(payload) != tt.payload {
			t.Errorf("%s: read %q, %q, %v", got, index, payload, err)
		}
	}
	for _, bad := range []string{"", "___eio[0]", `___eio[0]("`, `___eio[0](6);`, `eio[0]("");`, `___eio[0]("a"b);`} {
		if _, p, err := ParseScript([]byte(bad)); err == nil {
			t.Errorf("%q: %q", bad, p)
		}
	}
	for j, want := range map[string]string{"12": "12", "1);alert(2": "12", "": "", "x": ""} {
		if got := ScriptIndex([]byte(j)); got != want {
			t.Errorf("index of %q: %q, want %q", j, got, want)
		}
	}
}

func TestForm(t *testing.T) {
	for _, tt := range []struct{ payload, form string }{
		{"plain", "plain"}, {"a\nb", `a\nb`}, {`a\nb`, `a\\nb`}, {"\n" + `\n`, `\n\\n`}, {`\`, `\`}, {`\x`, `\x`},
	} {
		if got := string(Escape(nil, []byte(tt.payload))); got != tt.form {
			t.Errorf("%q: wrote %q, want %q", tt.payload, got, tt.form)
		}
		if got := string(Unescape([]byte(tt.form))); got != tt.payload {
			t.Errorf("%q: read %q, want %q", tt.form, got, tt.payload)
		}
	}
}
