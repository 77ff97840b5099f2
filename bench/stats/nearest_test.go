package stats

import "testing"

func TestNearest(t *testing.T) {
	words := []string{"viewers", "rate", "client-cpus", "server-cpus", "duration"}
	for word, want := range map[string]string{
		"viewrs": "viewers", "viewer": "viewers", "rates": "rate", "clientcpus": "client-cpus", "duratoin": "duration", "frobnicate": "", "x": "", "": "",
	} {
		if got := Nearest(word, words); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
