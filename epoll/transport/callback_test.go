package transport

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestValidCallback(t *testing.T) {
	for _, tt := range []struct {
		name string
		want bool
	}{
		{"f", true}, {"$", true}, {"_", true}, {"jQuery34107_1700000000000", true}, {"a.b.c", true},
		{strings.Repeat("x", 64), true}, {strings.Repeat("x", 65), false}, {"", false}, {"1a", false}, {".a", false},
		{"a b", false}, {"a(b", false}, {"a;b", false}, {"a<b", false}, {"a\r\nb", false}, {"a'b", false}, {"ä", false}, {"a[0]", false},
		{"alert(1)//", false}, {"a\x00", false}, {"a\u2028", false},
	} {
		if got := validCallback([]byte(tt.name)); got != tt.want {
			t.Errorf("validCallback(%q) = %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestValidName(t *testing.T) {
	for _, tt := range []struct {
		name string
		want bool
	}{
		{"", true}, {"a-Z_9", true}, {strings.Repeat("x", 64), true},
		{strings.Repeat("x", 65), false}, {"a b", false}, {"a\n", false}, {"é", false}, {"a=b", false},
	} {
		if got := validName([]byte(tt.name)); got != tt.want {
			t.Errorf("validName(%q) = %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestPlainOrigin(t *testing.T) {
	for origin, want := range map[string]bool{
		"https://a.example:8443": true, "http://[::1]:80": true,
		`https://a"+alert(1)+"`: false, "https://a</script>": false, "https://a\\": false, "https://a'": false, "https://a b": false,
	} {
		if got := plainOrigin(origin); got != want {
			t.Errorf("plainOrigin(%q) = %v, want %v", origin, got, want)
		}
	}
}

// FuzzAppendScript: what comes out means the same, and holds nothing that ends
// a script or a line of one.
func FuzzAppendScript(f *testing.F) {
	for _, s := range []string{"", "</script>", "<!--", "\u2028\u2029", "a\u2028", "\xe2\x80", "\xe2\x80\xa8\xe2", "plain <b> text \u202a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		in, err := json.Marshal(map[string]string{"s": s})
		if err != nil {
			t.Fatal(err)
		}
		// Marshal escapes them itself; events come as they were published.
		for escape, raw := range map[string]string{`\u003c`: "<", `\u2028`: "\u2028", `\u2029`: "\u2029"} {
			in = bytes.ReplaceAll(in, []byte(escape), []byte(raw))
		}
		out := appendScript([]byte("x"), in, true)[1:]
		if bytes.ContainsAny(out, "<\u2028\u2029") {
			t.Errorf("appendScript(%q) = %q", in, out)
		}
		var before, after map[string]string
		if json.Unmarshal(in, &before) != nil {
			return // an escape that was text
		}
		if err := json.Unmarshal(out, &after); err != nil || before["s"] != after["s"] {
			t.Errorf("appendScript(%q) = %q: %v", in, out, err)
		}
	})
}
