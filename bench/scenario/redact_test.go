package scenario

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"grandstand/bench/stats"
)

func TestRedact(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"bench fanout -n 5 --rate=10", "bench fanout -n 5 --rate=10"},
		{"bench fanout --api-key secret -q", "bench fanout --api-key *** -q"},
		{"bench fanout --api-key=se=cret -q", "bench fanout --api-key=*** -q"},
		{"bench fanout --token secret --agents a:1", "bench fanout --token *** --agents a:1"},
		{`bench fanout --auth {"token":"secret"}`, "bench fanout --auth ***"},
		{`bench fanout --auth={"rooms":{rooms}}`, `bench fanout --auth={"rooms":{rooms}}`},
		{"bench fanout --header Authorization:secret", "bench fanout --header Authorization: ***"},
		{"bench fanout --header=Cookie:secret --header=Origin:http://x", "bench fanout --header=Cookie: *** --header=Origin:http://x"},
		{"bench fanout --publish-header=X-API-Key:secret", "bench fanout --publish-header=X-API-Key: ***"},
		{"bench compare c.yaml --set api-key=secret;rate=5 --set=token=secret", "bench compare c.yaml --set api-key=***;rate=5 --set=token=***"},
		{"bench fanout --api-key", "bench fanout --api-key"},
		{"bench fanout --api-key --se=cret --rate=1", "bench fanout --api-key *** --rate=1"},
		{"bench fanout --quiet --api-key secret", "bench fanout --quiet --api-key ***"},
		{"bench fanout --url ws://u:secret@h/?token=secret,ws://h/ --rate=1", "bench fanout --url ws://***@h/?token=***,ws://h/ --rate=1"},
		{"bench fanout --url=ws://u:secret@h/?token=secret --publish http://h?key=secret", "bench fanout --url=ws://***@h/?token=*** --publish http://h?key=***"},
		{"bench fanout --header Origin:http://u:secret@h -q http://u:secret@h", "bench fanout --header Origin:http://***@h -q http://***@h"},
		{"bench fanout --spawn server?--redis=redis://:secret@h", "bench fanout --spawn server?--redis=redis://***@h"},
		{"bench compare c.yaml --set url=ws://h/?token=secret;rate=5", "bench compare c.yaml --set url=ws://h/?token=***;rate=5"},
	} {
		in := strings.Fields(tt.in)
		before := slices.Clone(in)
		if got := strings.Join(Redact(in), " "); got != tt.want || !slices.Equal(in, before) {
			t.Errorf("Redact(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

// TestSavedComparisonKeepsNoSecret runs with the real key and saves without it.
func TestSavedComparisonKeepsNoSecret(t *testing.T) {
	ran := false
	child := func(_ context.Context, args []string) (*stats.Report, error) {
		ran = ran || slices.Contains(args, "--header=Authorization: secret")
		return &stats.Report{}, nil
	}
	text := strings.Replace(comparing, "header: [a, b]", `header: ["Authorization: secret"]`, 1)
	s := &Compare{File: compareFile(t, text), Quiet: true}
	c, err := s.Run(t.Context(), Env{Err: io.Discard}, few{}, child)
	if err != nil || !ran {
		t.Fatalf("run with the header: %t, %v", ran, err)
	}
	var b bytes.Buffer
	if err := c.Save(&b); err != nil {
		t.Fatal(err)
	}
	if err := c.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "secret") || strings.Count(b.String(), "--header=Authorization: ***") != 4 {
		t.Errorf("saved:\n%s", b.String())
	}
}
