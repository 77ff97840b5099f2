package load

import (
	"strings"
	"testing"
)

func TestEnoughPorts(t *testing.T) {
	low, high := portRange()
	each := high - low + 1
	for _, tt := range []struct {
		url            string
		conns, sources int
		want           string // in the error, empty for enough
	}{
		{"ws://127.0.0.1:80/", each, 0, ""},
		{"ws://127.0.0.1:80/", each + 1, 0, "--sources 2"},
		{"ws://127.0.0.1:80/", 4 * each, 4, ""},
		{"ws://127.0.0.1:80/", 4*each + 1, 4, "--sources 5"},
		{"ws://[::1]:80/", each, 4, ""},
		{"ws://[::1]:80/", each + 1, 4, "1 source addresses"},
		{"ws://192.0.2.1:80/", each + 1, 4, "--agents"},
	} {
		target, err := ParseTarget(tt.url)
		if err != nil {
			t.Fatal(err)
		}
		err = EnoughPorts(tt.conns, target, tt.sources)
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%d viewers of %s from %d addresses: %v, want %q", tt.conns, tt.url, tt.sources, err, tt.want)
		}
	}
}
