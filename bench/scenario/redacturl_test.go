package scenario

import (
	"fmt"
	"strings"
	"testing"

	"grandstand/bench/stats"
)

func TestAddressesKeepNoSecret(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"ws://h:80/live/ws", "ws://h:80/live/ws"},
		{"ws://user:pw@h:80/live/ws", "ws://***@h:80/live/ws"},
		{"http://tok@h", "http://***@h"},
		{"redis://:pw@h:6379/0", "redis://***@h:6379/0"},
		{"http://u:p@w@h/x", "http://***@h/x"},
		{"http://u:p/w@h/x", "http://***@h/x"},
		{"http://u:p?w#@h/x", "http://***@h/x"},
		{"http://h:80/pkg@v1?a=b@c", "http://h:80/pkg@v1?a=b@c"},
		{"http://[::1]:80/pkg@v1", "http://[::1]:80/pkg@v1"},
		{"ws://h/?token=s", "ws://h/?token=***"},
		{"ws://h/?room=a&access_token=s&x=1#y", "ws://h/?room=a&access_token=***&x=1#y"},
		{"ws://h/?Key=s&auth=s&API-Key=s&apikey=s&x.sig=s", "ws://h/?Key=***&auth=***&API-Key=***&apikey=***&x.sig=***"},
		{"ws://h/?access%5Ftoken=s&auth[token]=s", "ws://h/?access%5Ftoken=***&auth[token]=***"},
		{"ws://h/#access_token=s", "ws://h/#access_token=s"}, // never sent
		{"ws://h/?a=1#access_token=s?token=s", "ws://h/?a=1#access_token=***?token=***"},
		{"ws://h/?token=a=b&token=&token&author=x", "ws://h/?token=***&token=&token&author=x"},
		{"http://h/pub?key={room}&auth={x}y", "http://h/pub?key={room}&auth=***"},
		{"ws://u:p@a/?token=s,ws://u:p@b/?token=s,", "ws://***@a/?token=***,ws://***@b/?token=***,"},
		{"ws://h/?token=a,b", "ws://h/?token=***"},
		{`metrics at http://u:p@h/?key=s: status 503 (see http://h/?key=s).`, `metrics at http://***@h/?key=***: status 503 (see http://h/?key=***).`},
		{`target "ws://u:p@h/?token=s": no 'http://u:p@h' there`, `target "ws://***@h/?token=***": no 'http://***@h' there`},
		{"3 x poll answered 404: Cannot GET /live/ws?token=s", "3 x poll answered 404: Cannot GET /live/ws?token=***"},
		{"p99<400ms: p99_ms is 500, token=s is no address", "p99<400ms: p99_ms is 500, token=s is no address"},
		{"what? a:b@c ://u:p@h", "what? a:b@c ://u:p@h"},
	} {
		got := RedactText(tt.in)
		if got != tt.want {
			t.Errorf("RedactText(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if again := RedactText(got); again != got {
			t.Errorf("RedactText(%q) = %q, want it as it was", got, again)
		}
	}
}

func TestReportKeepsNoSecretOfAnAddress(t *testing.T) {
	const address = "ws://user:hunter2@h/?token=hunter2"
	r := &stats.Report{Target: address}
	r.Note("1 x %s", address)
	r.Warn("at %s", address)
	r.Missed = append(r.Missed, address)
	RedactReport(r)
	if text := fmt.Sprintf("%+v", r); strings.Contains(text, "hunter2") || strings.Count(text, "ws://***@h/?token=***") != 4 {
		t.Errorf("%s", text)
	}
}

func FuzzRedactText(f *testing.F) {
	f.Add("ws://u:p@h/?token=s,http://h/?a=b", "s3cret")
	f.Add("http://u:p/w@h?x#", "a")
	f.Fuzz(func(t *testing.T, text, value string) {
		if once := RedactText(text); RedactText(once) != once {
			t.Fatalf("%q, then %q", once, RedactText(once))
		}
		if strings.Trim(value, "0123456789abcdefghijklmnopqrstuvwxyz") != "" || value == "" {
			return
		}
		if got := RedactText(text + " ws://" + value + ":" + value + "@h/?a=b&token=" + value); !strings.HasSuffix(got, " ws://***@h/?a=b&token=***") {
			t.Fatalf("%q", got)
		}
	})
}
