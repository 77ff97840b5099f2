package scenario

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// beat is one event of a broadcast: when, in which room, what.
type beat struct {
	at      time.Duration
	room    int // 0 is the match, 1 the chat
	event   string
	members []byte // of the data object
}

const (
	matchRoom = 0
	chatRoom  = 1
)

// readTrace reads a CSV file row by row. Its first line names the columns and
// must start with the ones wanted.
func readTrace(file, columns string, row func(f []string) (beat, error)) ([]beat, error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return parseTrace(in, file, columns, row)
}

func parseTrace(in io.Reader, file, columns string, row func(f []string) (beat, error)) ([]beat, error) {
	var beats []beat
	want := strings.Count(columns, ",") + 1
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if n == 1 {
			if !strings.HasPrefix(line, columns) {
				return nil, fmt.Errorf("%s:1: columns %q, want %q", file, line, columns)
			}
			continue
		}
		if line == "" {
			continue
		}
		f := strings.Split(line, ",")
		if len(f) < want {
			return nil, fmt.Errorf("%s:%d: %d columns, want %d", file, n, len(f), want)
		}
		b, err := row(f)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, n, err)
		}
		beats = append(beats, b)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(beats) == 0 {
		return nil, fmt.Errorf("%s: %w", file, errEmpty)
	}
	return beats, nil
}

var errEmpty = errors.New("no rows")

// millis reads the time of a row.
func millis(s string) (time.Duration, error) {
	ms, err := strconv.ParseInt(s, 10, 64)
	if err != nil || ms < 0 {
		return 0, fmt.Errorf("time %q, want milliseconds", s)
	}
	return time.Duration(ms) * time.Millisecond, nil
}

// The columns of the two kinds of traces.
const (
	chatColumns  = "ms,author,bytes"
	matchColumns = "ms,team,type,subtype,from,to"
)

// row makes a chat message of a row of chatColumns.
func (t *talk) row(f []string) (beat, error) {
	at, err := millis(f[0])
	if err != nil {
		return beat{}, err
	}
	const most = 64 << 10
	size, err := strconv.Atoi(f[2])
	if err != nil || size < 0 || size > most {
		return beat{}, fmt.Errorf("bytes %q, want 0 to %d", f[2], most)
	}
	return t.chat(at, f[1], size), nil
}

// matchRow makes an event of the game of a row of matchColumns.
func matchRow(f []string) (beat, error) {
	at, err := millis(f[0])
	if err != nil {
		return beat{}, err
	}
	return match(at, f[1], f[2], f[3], f[4], f[5]), nil
}

// match is an event of the game; empty members are left out.
func match(at time.Duration, team, kind, detail, from, to string) beat {
	m := fmt.Appendf(nil, `"minute":%d,"team":%q,"type":%q`, int(at.Minutes())+1, team, kind)
	for _, kv := range [][2]string{{"detail", detail}, {"from", from}, {"to", to}} {
		if kv[1] != "" {
			m = fmt.Appendf(m, `,%q:%q`, kv[0], kv[1])
		}
	}
	return beat{at: at, room: matchRoom, event: "match", members: m}
}

// talk invents what viewers write.
type talk struct{ rng *rand.Rand }

// chat is a message of exactly size bytes of text.
func (t *talk) chat(at time.Duration, author string, size int) beat {
	m := fmt.Appendf(nil, `"from":"viewer %s","text":"`, author)
	start := len(m)
	words := strings.Fields(vocabulary)
	for len(m)-start < size {
		if len(m) > start {
			m = append(m, ' ')
		}
		m = append(m, words[t.rng.IntN(len(words))]...)
	}
	m = append(m[:start+size], '"')
	return beat{at: at, room: chatRoom, event: "chat", members: m}
}

const vocabulary = `what a save come on ref goal offside never the keeper is having game of his life
yes no way again pass it shoot lovely ball that was in my seat who else watching from home corner two nil
late tackle card surely great counter run midfield asleep wow hahaha unreal scenes hello everyone`

// broadcast invents a broadcast of a given length with the figures of a real
// one of 100,000 viewers: 12.9 chat messages a second, a variance of the count
// per second 1.37 times the mean, sizes as in size, and match events 0.3 times
// a second.
func broadcast(rng *rand.Rand, length time.Duration) []beat {
	const (
		chatMean  = 12.9
		spread    = 1.37 // variance over mean
		matchMean = 1745.0 / 5745
		authors   = 13753
	)
	t := &talk{rng: rng}
	var beats []beat
	for second := time.Duration(0); second < length; second += time.Second {
		// A Poisson count whose rate is itself drawn anew each second, from a
		// gamma distribution of the right width, has just that variance.
		shape := chatMean / (spread - 1)
		for range poisson(rng, gamma(rng, shape)*chatMean/shape) {
			at := second + time.Duration(rng.Int64N(int64(time.Second)))
			beats = append(beats, t.chat(at, strconv.Itoa(1+rng.IntN(authors)), size(rng.Float64())))
		}
		for range poisson(rng, matchMean) {
			at := second + time.Duration(rng.Int64N(int64(time.Second)))
			beats = append(beats, play(rng, at))
		}
	}
	return beats
}

// play draws a match event with the frequencies of a real game.
func play(rng *rand.Rand, at time.Duration) beat {
	team := []string{"Home", "Away"}[rng.IntN(2)]
	player := func() string { return "Player" + strconv.Itoa(1+rng.IntN(22)) }
	n := rng.IntN(1745)
	for _, k := range []struct {
		kind  string
		count int
	}{{"PASS", 799}, {"RECOVERY", 278}, {"BALL LOST", 257}, {"CHALLENGE", 233}, {"SET PIECE", 77}, {"BALL OUT", 51}, {"SHOT", 24}, {"FAULT", 22}, {"CARD", 4}} {
		if n < k.count {
			return match(at, team, k.kind, "", player(), player())
		}
		n -= k.count
	}
	return match(at, team, "PASS", "", player(), player())
}

// size gives the length of a chat message at a quantile: 12 bytes at one half,
// 51 at 0.9, 361 at 0.99, at most 766, geometric in between.
func size(q float64) int {
	points := []struct{ q, bytes float64 }{{0, 1}, {0.5, 12}, {0.9, 51}, {0.99, 361}, {1, 766}}
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		if q <= b.q {
			return int(math.Round(a.bytes * math.Pow(b.bytes/a.bytes, (q-a.q)/(b.q-a.q))))
		}
	}
	return int(points[len(points)-1].bytes)
}

// poisson draws a count (Knuth's method; the means here are small).
func poisson(rng *rand.Rand, mean float64) int {
	n, p, least := 0, rng.Float64(), math.Exp(-mean)
	for p > least {
		p *= rng.Float64()
		n++
	}
	return n
}

// gamma draws from a gamma distribution with scale 1 and a shape of at least 1
// (Marsaglia and Tsang, 2000).
func gamma(rng *rand.Rand, shape float64) float64 {
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := rng.NormFloat64()
		v := math.Pow(1+c*x, 3)
		if v > 0 && math.Log(rng.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

// arrange sorts beats by time and cuts them to [from, from+length).
func arrange(beats []beat, from, length time.Duration) []beat {
	slices.SortStableFunc(beats, func(a, b beat) int { return int(a.at - b.at) })
	out := beats[:0]
	for _, b := range beats {
		if b.at >= from && (length <= 0 || b.at < from+length) {
			b.at -= from
			out = append(out, b)
		}
	}
	return out
}
