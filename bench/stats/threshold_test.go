package stats

import (
	"strings"
	"testing"
)

func TestThreshold(t *testing.T) {
	r := new(Report)
	r.Add("p50_ms", "", 2, "ms")
	r.Add("p99_ms", "", 390, "ms")
	r.Add("connect_p99_ms", "", 12, "ms")
	r.Add("loss_percent", "", 0, "%")
	r.Add("lost", "", 7, "deliveries")
	r.Add("rate_per_s", "", 300_000, "/s")
	r.Add("rss_per_conn_bytes", "", 903, "B")
	r.Add("server_cpu_percent", "", 44, "%")
	r.Add("server_rss_bytes", "", 50<<20, "B")
	r.Add("cpu_us_per_delivery", "", 2.5, "us")
	r.Add("deliveries_per_cpu_s", "", 400_000, "/s")
	for _, tt := range []struct {
		text string
		want string // in what is missed, empty when met
	}{
		{"p99<400ms", ""},
		{"p99 < 0.4s", ""},
		{"p99<390", "p99_ms is 390"},
		{"p99<=390", ""},
		{"p99_ms<=389999us", "p99_ms is 390"},
		{"connect_p99<12.5ms", ""},
		{"loss==0", ""},
		{"loss!=0%", "loss_percent is 0"},
		{"lost==0", "lost is 7"},
		{"rate>=300k", ""},
		{"rate>300k/s", "rate_per_s is 300,000"},
		{"rate>=0.3M/s", ""},
		{"rss_per_conn<1KB", ""},
		{"rss_per_conn<900B", "rss_per_conn_bytes is 903"},
		{"rss<=50MiB", ""},
		{"rss<50MB", "server_rss_bytes is 52,428,800"},
		{"cpu<50%", ""},
		{"cpu_per_delivery<3us", ""},
		{"cpu_per_delivery<2µs", "cpu_us_per_delivery is 2.500"},
		{"deliveries_per_cpu>=400k", ""},
		{"viewers>=1", "has no viewers"},
		{"lost<1MB", "lost is not in MB"},
	} {
		th, err := ParseThreshold(tt.text)
		if err != nil {
			t.Errorf("ParseThreshold(%q): %v", tt.text, err)
			continue
		}
		got := th.Check(r)
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) || got != "" && !strings.HasPrefix(got, tt.text) {
			t.Errorf("%s: missed %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestThresholdThatIsNone(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "no comparison"},
		{"p99", "no comparison"},
		{"p99=4ms", "no comparison ="},
		{"<4ms", `no figure is called ""`},
		{"P99<4ms", `no figure is called "P99"`},
		{"pp99<4ms", `no figure is called "pp99", did you mean p99?`},
		{"rss_per_con<1KB", "did you mean rss_per_conn?"},
		{"serverrss<1KB", "did you mean server_rss?"},
		{"colour==1", `no figure is called "colour"`},
		{"smoke_p99<4ms", `no figure is called "smoke_p99"`},
		{"pool_of_viewers>1", "no figure"},
		{"p99<", "is no number"},
		{"p99<fast", "is no number"},
		{"p99<1e400ms", "is no number"},
		{"p99<4parsec", `no unit is called "parsec"`},
		{"p99<4KB", "p99 is not in KB"},
		{"rss_per_conn_bytes<4ms", "is not in ms"},
		{"loss<1s", "loss is not in s"},
	} {
		if got, err := ParseThreshold(tt.text); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ParseThreshold(%q) = %+v, %v, want %q", tt.text, got, err, tt.want)
		}
	}
}

func TestThresholdAsText(t *testing.T) {
	var th Threshold
	if err := th.UnmarshalText([]byte(" p99<400ms ")); err != nil {
		t.Fatal(err)
	}
	if b, err := th.MarshalText(); err != nil || string(b) != "p99<400ms" {
		t.Errorf("MarshalText = %q, %v", b, err)
	}
	if err := th.UnmarshalText([]byte("nonsense")); err == nil || th.Text != "p99<400ms" {
		t.Errorf("nonsense made %+v, %v; want an error and no change", th, err)
	}
}

// FuzzThreshold: whatever is read can be read again from its text, and says
// something about any report without trouble.
func FuzzThreshold(f *testing.F) {
	for _, s := range []string{"p99<400ms", "loss==0", "rate>=300k/s", "rss<=1.5GiB", "p99<", "=", "a!=.", "x<1-1"} {
		f.Add(s)
	}
	r := new(Report)
	r.Add("p99_ms", "", 1, "ms")
	f.Fuzz(func(t *testing.T, s string) {
		th, err := ParseThreshold(s)
		if err != nil {
			return
		}
		again, err := ParseThreshold(th.Text)
		if err != nil || again != th {
			t.Fatalf("ParseThreshold(%q) = %+v, and of its text %+v, %v", s, th, again, err)
		}
		th.Check(r)
	})
}
