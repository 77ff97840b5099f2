package scenario

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// The figures of a real stream of 100,000 viewers and of a real match, which an
// invented broadcast has as well.
const (
	chatMean  = 12.9 // messages a second
	chatWidth = 1.37 // variance over mean of the number in a second
	matchMean = 1745.0 / 5745
	authors   = 13753
)

// moment is something that makes people write: so many messages a second more
// at once, dying away.
type moment struct {
	at     time.Duration
	excess float64
	fade   time.Duration
	what   beat
}

// broadcast is what an invented evening is drawn from.
type broadcast struct {
	rng     *rand.Rand
	talk    *talk
	length  time.Duration
	halves  [2][2]time.Duration // kick-off and whistle of each
	moments []moment
	loud    float64 // by how much the moments are less than they would be in a full match
}

// newBroadcast invents a match that fills the length: kick-off, half-time and
// the end have their places, goals fall at random while the ball is in play. A
// match of two minutes has all of that, too.
func newBroadcast(rng *rand.Rand, length time.Duration) *broadcast {
	part := func(percent int64) time.Duration { return length / 100 * time.Duration(percent) }
	b := &broadcast{
		rng: rng, talk: &talk{rng: rng}, length: length,
		halves: [2][2]time.Duration{{part(1), part(45)}, {part(58), part(98)}},
	}
	const calm, short = 10, 5 * time.Second
	home := "Home"
	b.moments = []moment{
		{b.halves[0][0], calm, short, match(b.halves[0][0], home, "SET PIECE", "KICK OFF", "", "")},
		{b.halves[0][1], calm, short, match(b.halves[0][1], "", "WHISTLE", "HALF TIME", "", "")},
		{b.halves[1][0], calm, short, match(b.halves[1][0], "Away", "SET PIECE", "KICK OFF", "", "")},
		{b.halves[1][1], calm, short, match(b.halves[1][1], "", "WHISTLE", "FULL TIME", "", "")},
	}
	// The most messages in a second were 50, four times the mean: a goal.
	const goal, cheer, between = 30, 6 * time.Second, 25 * time.Minute
	for range max(2, int(math.Round(float64(length)/float64(between)))) {
		half := b.halves[rng.IntN(2)]
		at := half[0] + time.Duration(rng.Int64N(max(int64(half[1]-half[0]), 1)))
		b.moments = append(b.moments, moment{at, goal, cheer, match(at, team(rng), "SHOT", "GOAL", player(rng), "")})
	}
	// In a match of seconds they would be all there is.
	const most = 0.3 // of all messages
	sum := 0.0
	for _, m := range b.moments {
		sum += m.excess * m.fade.Seconds()
	}
	b.loud = min(1, most*chatMean*length.Seconds()/sum)
	return b
}

// playing says whether the ball is in play.
func (b *broadcast) playing(at time.Duration) bool {
	return at >= b.halves[0][0] && at < b.halves[0][1] || at >= b.halves[1][0] && at < b.halves[1][1]
}

// excited is how many messages more than usual the moments before bring in the
// second that begins at at.
func (b *broadcast) excited(at time.Duration) (sum float64) {
	for _, m := range b.moments {
		from, to := max(at-m.at, 0), at+time.Second-m.at
		if to > 0 {
			fade := m.fade.Seconds()
			sum += b.loud * m.excess * fade * (math.Exp(-from.Seconds()/fade) - math.Exp(-to.Seconds()/fade))
		}
	}
	return sum
}

// rates are the messages expected in each second. Between the halves a few
// people are elsewhere.
func (b *broadcast) rates() []float64 {
	const elsewhere = 0.8
	rates := make([]float64, int((b.length+time.Second-1)/time.Second))
	weights, extra := 0.0, 0.0
	for i := range rates {
		at := time.Duration(i) * time.Second
		rates[i] = 1
		if at >= b.halves[0][1] && at < b.halves[1][0] {
			rates[i] = elsewhere
		}
		weights += rates[i]
		extra += b.excited(at)
	}
	base := (chatMean*float64(len(rates)) - extra) / max(weights, 1)
	for i := range rates {
		rates[i] = rates[i]*base + b.excited(time.Duration(i)*time.Second)
	}
	return rates
}

// beats draws the evening.
func (b *broadcast) beats() []beat {
	var beats []beat
	for _, m := range b.moments {
		beats = append(beats, m.what)
	}
	rates := b.rates()
	shape := widen(rates)
	for i, rate := range rates {
		second := time.Duration(i) * time.Second
		if shape > 0 {
			rate *= gamma(b.rng, shape) / shape
		}
		for range poisson(b.rng, rate) {
			at := second + time.Duration(b.rng.Int64N(int64(time.Second)))
			beats = append(beats, b.talk.chat(at, strconv.Itoa(1+b.rng.IntN(authors)), size(b.rng.Float64())))
		}
		if !b.playing(second) {
			continue
		}
		for range poisson(b.rng, matchMean) {
			at := second + time.Duration(b.rng.Int64N(int64(time.Second)))
			beats = append(beats, play(b.rng, at))
		}
	}
	return beats
}

// widen gives the shape of a gamma distribution with which rates, each
// multiplied by a number drawn from it, have counts of the width wanted; 0 when
// the moments alone make them that wide. The variance of a Poisson count with a
// rate that varies is its mean plus the variance of the rate.
func widen(rates []float64) float64 {
	n, sum, squares := float64(len(rates)), 0.0, 0.0
	for _, r := range rates {
		sum += r
		squares += r * r
	}
	mean := sum / n
	wanting := (chatWidth-1)*mean - (squares/n - mean*mean)
	if wanting <= 0 {
		return 0
	}
	return squares / n / wanting
}

// talk invents what viewers write.
type talk struct{ rng *rand.Rand }

// chat is a message of exactly size bytes of text.
func (t *talk) chat(at time.Duration, author string, size int) beat {
	m := fmt.Appendf(nil, `"from":"viewer %s","text":"`, jsonText(author))
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

// jsonText drops what would have to be escaped in a JSON string.
func jsonText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, s)
}

const vocabulary = `what a save come on ref goal offside never the keeper is having game of his life
yes no way again pass it shoot lovely ball that was in my seat who else watching from home corner two nil
late tackle card surely great counter run midfield asleep wow hahaha unreal scenes hello everyone`

// match is an event of the game; empty members are left out.
func match(at time.Duration, team, kind, detail, from, to string) beat {
	m := fmt.Appendf(nil, `"minute":%d,"type":%q`, int(at.Minutes())+1, jsonText(kind))
	for _, kv := range [][2]string{{"team", team}, {"detail", detail}, {"from", from}, {"to", to}} {
		if kv[1] != "" {
			m = fmt.Appendf(m, `,%q:"%s"`, kv[0], jsonText(kv[1]))
		}
	}
	return beat{at: at, room: matchRoom, event: "match", members: m}
}

func team(rng *rand.Rand) string   { return [2]string{"Home", "Away"}[rng.IntN(2)] }
func player(rng *rand.Rand) string { return "Player" + strconv.Itoa(1+rng.IntN(22)) }

// play draws a match event with the frequencies of a real game.
func play(rng *rand.Rand, at time.Duration) beat {
	n := rng.IntN(1745)
	for _, k := range []struct {
		kind  string
		count int
	}{{"RECOVERY", 278}, {"BALL LOST", 257}, {"CHALLENGE", 233}, {"SET PIECE", 77}, {"BALL OUT", 51}, {"SHOT", 24}, {"FAULT", 22}, {"CARD", 4}} {
		if n < k.count {
			return match(at, team(rng), k.kind, "", player(rng), player(rng))
		}
		n -= k.count
	}
	return match(at, team(rng), "PASS", "", player(rng), player(rng)) // 799
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
