package scenario

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"grandstand/bench/load"
	"grandstand/bench/stats"
)

func TestArrangeCutsAndSorts(t *testing.T) {
	in := []beat{{at: 5}, {at: 1}, {at: 3}, {at: 9}}
	var got []time.Duration
	for _, b := range arrange(in, 2, 6) {
		got = append(got, b.at)
	}
	if !slices.Equal(got, []time.Duration{1, 3}) {
		t.Errorf("times %v, want [1 3]", got)
	}
}

func TestBadTraces(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"other columns", "time,who\n", "x.csv:1: columns \"time,who\", want ms,author,bytes or ms,room,event,data"},
		{"empty file", "", "x.csv:1: columns"},
		{"too few columns", "ms,author,bytes\n1,2\n", "x.csv:2: 2 columns, want 3"},
		{"bad time", "ms,author,bytes\n1,1,1\n-4,2,3\n", "x.csv:3: time \"-4\""},
		{"endless time", "ms,author,bytes\n9223372036854775807,2,3\n", "x.csv:2: time"},
		{"bad size", "ms,author,bytes\n1,2,many\n", "x.csv:2: bytes \"many\""},
		{"nothing", "ms,author,bytes\n", "x.csv: no rows"},
		{"no room", "ms,room,event,data\n1,,e,1\n", "x.csv:2: room \"\""},
		{"our member", "ms,room,event,data\n1,a,e,\"{\"\"s\"\":1}\"\n", "x.csv:2: data has a member"},
		{"a quote that never ends", "ms,room,event,data\n1,a,e,\"x\n", "x.csv:2:"},
		{"too many rooms", "ms,room,event,data\n" + manyRooms(maxRooms+1), "want at most 64"},
	} {
		tr := &trace{talk: &talk{rng: rand.New(rand.NewPCG(1, 1))}}
		_, err := tr.parse(strings.NewReader(tt.text), "x.csv", chatColumns, eventColumns)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}

func manyRooms(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "1,r%d,e,1\n", i)
	}
	return b.String()
}

func TestEventTrace(t *testing.T) {
	const text = "\ufeffms,room,event,data,more\n" +
		"20,news,goal,\"{\"\"by\"\": \"\"nine\"\", \"\"min\"\": 3}\",x\n" +
		"10,chat,line,just words,\n" +
		"30,news,score,\"[1, 0]\",\n" +
		"40,news,none,{},\n"
	tr := &trace{talk: &talk{rng: rand.New(rand.NewPCG(1, 1))}}
	got, err := tr.parse(strings.NewReader(text), "x.csv", chatColumns, eventColumns)
	if err != nil {
		t.Fatal(err)
	}
	want := []beat{
		{20 * time.Millisecond, 0, "goal", []byte(`"by": "nine", "min": 3`)},
		{10 * time.Millisecond, 1, "line", []byte(`"data":"just words"`)},
		{30 * time.Millisecond, 0, "score", []byte(`"data":[1, 0]`)},
		{40 * time.Millisecond, 0, "none", nil},
	}
	same := func(a, b beat) bool {
		return a.at == b.at && a.room == b.room && a.event == b.event && string(a.members) == string(b.members)
	}
	if !slices.EqualFunc(got, want, same) || !slices.Equal(tr.rooms, []string{"news", "chat"}) {
		t.Errorf("beats %+v in rooms %q, want %+v", got, tr.rooms, want)
	}
}

func FuzzTrace(f *testing.F) {
	f.Add("ms,author,bytes\n1,2,3\n")
	f.Add("ms,team,type,subtype,from,to\n1,Home,PASS,,a,b\n")
	f.Add("ms,room,event,data\n1,a,b,\"{\"\"x\"\":1}\"\n2,a,b,{ }\n3,c,d,\"\"\n")
	f.Add("\ufeffms,room,event,data\r\n1,a,b,\"q\nr\"\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		tr := &trace{talk: &talk{rng: rand.New(rand.NewPCG(1, 1))}}
		beats, err := tr.parse(strings.NewReader(text), "x.csv", chatColumns, matchColumns, eventColumns)
		if (err == nil) == (len(beats) == 0) {
			t.Fatalf("%d beats, error %v", len(beats), err)
		}
		for _, b := range beats {
			if data := load.AppendObject(nil, 1, 2, b.members); !json.Valid(data) {
				t.Fatalf("published as %q", data)
			}
		}
	})
}

func TestParseCPUs(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want []int
		bad  bool
	}{
		{in: "0", want: []int{0}},
		{in: "0,2-4", want: []int{0, 2, 3, 4}},
		{in: " 1 , 3 ", want: []int{1, 3}},
		{in: "", bad: true}, {in: "3-1", bad: true}, {in: "-1", bad: true}, {in: "a", bad: true}, {in: "4096", bad: true},
	} {
		set, err := parseCPUs(tt.in)
		if tt.bad {
			if err == nil {
				t.Errorf("parseCPUs(%q): no error", tt.in)
			}
			continue
		}
		if err != nil || set.Count() != len(tt.want) {
			t.Errorf("parseCPUs(%q) = %d CPUs, %v, want %v", tt.in, set.Count(), err, tt.want)
		}
		for _, cpu := range tt.want {
			if !set.IsSet(cpu) {
				t.Errorf("parseCPUs(%q) lacks %d", tt.in, cpu)
			}
		}
	}
}

func TestHarnessWarnsWhenItIsTheLimit(t *testing.T) {
	r := &run{o: new(Common), report: new(stats.Report)}
	now := time.Now()
	from, to := usage{own: stats.Usage{At: now}}, usage{own: stats.Usage{At: now.Add(time.Second)}, loop: 950 * time.Millisecond}
	r.addHarness(from, to, time.Second)
	if len(r.report.Warnings) != 1 || !strings.Contains(r.report.Warnings[0], "the harness was the limit") {
		t.Errorf("warnings %q at 95 %% of a core", r.report.Warnings)
	}
	r.report = new(stats.Report)
	to.loop = 500 * time.Millisecond
	r.addHarness(from, to, time.Second)
	if len(r.report.Warnings) != 0 {
		t.Errorf("warnings %q at 50 %% of a core", r.report.Warnings)
	}
}
