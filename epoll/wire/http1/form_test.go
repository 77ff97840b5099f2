package http1

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

// formValues gives every value of name in body.
func formValues(body, name string) (values []string) {
	FormArgs([]byte(body), name, func(v []byte) bool {
		values = append(values, string(v))
		return true
	})
	return values
}

func TestFormArgs(t *testing.T) {
	const body = "room=a&room=b%20c&&x=1+2&e=&f&%72oom=d&p=100%&q=%4&=g&ro=h&rooms=i&d=%7B%22a%22%3A%221%2B1%26%3D%22%7D&n=%00&s=a;b=c&+=j"
	tests := []struct {
		name string
		want []string
	}{
		{name: "room", want: []string{"a", "b c", "d"}},
		{name: "x", want: []string{"1 2"}},
		{name: "e", want: []string{""}},
		{name: "f", want: []string{""}},
		{name: "p", want: []string{"100%"}},
		{name: "q", want: []string{"%4"}},
		{name: "", want: []string{"g"}},
		{name: "d", want: []string{`{"a":"1+1&="}`}},
		{name: "n", want: []string{"\x00"}},
		{name: "s", want: []string{"a;b=c"}},
		{name: " ", want: []string{"j"}},
		{name: "Room"},
		{name: "b"},
	}
	for _, tt := range tests {
		if got := formValues(body, tt.name); !slices.Equal(got, tt.want) {
			t.Errorf("FormArgs(%q) = %q, want %q", tt.name, got, tt.want)
		}
		first := FormArg([]byte(body), tt.name)
		if (first != nil) != (len(tt.want) > 0) || first != nil && string(first) != tt.want[0] {
			t.Errorf("FormArg(%q) = %q, want the first of %q", tt.name, first, tt.want)
		}
	}
	if got := FormArg(nil, "room"); got != nil {
		t.Errorf("FormArg of no body = %q, want nil", got)
	}
}

// TestFormArgsKeeps wants values that stay as they are: an append to one, or a
// later call, must not change another or the body.
func TestFormArgsKeeps(t *testing.T) {
	body := []byte("a=1&a=%32&a=3&b=4")
	var got [][]byte
	FormArgs(body, "a", func(v []byte) bool {
		got = append(got, v)
		_ = append(v, "xxxx"...)
		return true
	})
	if string(body) != "a=1&a=%32&a=3&b=4" || len(got) != 3 ||
		string(got[0]) != "1" || string(got[1]) != "2" || string(got[2]) != "3" {
		t.Errorf("values %q, body %q, want 1 2 3 and the body unchanged", got, body)
	}
}

// TestFormArgsMemory claims that fields nobody asks for cost nothing, however
// they are written.
func TestFormArgsMemory(t *testing.T) {
	body := []byte(strings.Repeat("%72oon=%41&", 1000) + "room=a")
	if n := testing.AllocsPerRun(10, func() { FormArg(body, "room") }); n > 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}

// FuzzFormArgs wants what net/url has, where that does not refuse, and the same
// from a query of the same text.
func FuzzFormArgs(f *testing.F) {
	for _, body := range []string{"room=a&data=%7B%7D&x=1+2", "&&=&a&a=&=a", "%61=%&a=%4&%=%zz", "a;b=c&a=+%2B"} {
		f.Add([]byte(body), "a")
	}
	f.Fuzz(func(t *testing.T, body []byte, name string) {
		before := string(body)
		got := formValues(before, name)
		total := 0
		for _, v := range got {
			total += len(v)
		}
		if total > len(body) {
			t.Fatalf("%q: values of %d bytes, want at most %d", body, total, len(body))
		}
		query := &Request{head: body, query: between(0, len(body))}
		var same []string
		query.QueryArgs(name, func(v []byte) bool {
			same = append(same, string(v))
			return true
		})
		if !slices.Equal(got, same) || string(body) != before {
			t.Fatalf("%q: FormArgs(%q) = %q, QueryArgs %q, want alike", before, name, got, same)
		}
		args, err := url.ParseQuery(before)
		if err != nil {
			return // net/url refuses what browsers do send
		}
		if want := args[name]; !slices.Equal(got, want) {
			t.Fatalf("%q: FormArgs(%q) = %q, net/url has %q", before, name, got, want)
		}
	})
}
