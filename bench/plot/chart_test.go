package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite testdata/*.svg")

// TestEveryKind draws each plot of one run and of three, twice.
func TestEveryKind(t *testing.T) {
	one := []Run{{"run", lossy()}}
	three := []Run{{"grandstand", lossy()}, {"socket.io", sample(2)}, {"a third", sample(3)}}
	for _, name := range Kinds() {
		for _, runs := range [][]Run{one, three} {
			c, err := Of(name, runs)
			if err != nil {
				t.Errorf("%s of %d: %v", name, len(runs), err)
				continue
			}
			if c.Title == "" || c.X.Label == "" || c.Y.Label == "" {
				t.Errorf("%s: title %q, axes %q and %q, want all of them", name, c.Title, c.X.Label, c.Y.Label)
			}
			var a, b bytes.Buffer
			if err := errors.Join(c.SVG(&a), c.SVG(&b)); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(a.Bytes(), b.Bytes()) {
				t.Errorf("%s: drawn twice, two drawings", name)
			}
			wellFormed(t, name, a.Bytes())
			inside(t, fmt.Sprintf("%s of %d", name, len(runs)), c)
		}
	}
}

// lossy is a sample in which something went missing.
func lossy() *statsReport {
	r := sample(1)
	r.Series.Set("lost", "lost", "deliveries", 3)
	return r
}

func wellFormed(t *testing.T, name string, p []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(p))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("%s: not XML: %v", name, err)
			return
		}
	}
}

// spy is a canvas that remembers where things came to lie.
type spy struct {
	texts   []box
	words   []string
	strokes []point
}

func (s *spy) stroke(p []point, _ float64, _ ink) { s.strokes = append(s.strokes, p...) }
func (s *spy) hint(box, string)                   {}

func (s *spy) text(at point, text string, as style) {
	w := width(text, as.size)
	left := at.x
	switch as.anchor {
	case atMiddle:
		left -= w / 2
	case atEnd:
		left -= w
	}
	s.texts = append(s.texts, box{left, at.y - 0.7*as.size, left + w, at.y + 0.1*as.size})
	s.words = append(s.words, text)
}

// inside checks that nothing leaves the drawing and that no two texts overlap.
func inside(t *testing.T, name string, c *Chart) {
	t.Helper()
	s := new(spy)
	c.arrange().draw(s)
	for i, b := range s.texts {
		if b.left < 0 || b.right > chartWidth || b.top < 0 || b.bottom > chartHeight {
			t.Errorf("%s: %q at %+v leaves the drawing", name, s.words[i], b)
		}
		for j, o := range s.texts[:i] {
			if b.left < o.right && o.left < b.right && b.top < o.bottom && o.top < b.bottom {
				t.Errorf("%s: %q at %+v lies on %q at %+v", name, s.words[i], b, s.words[j], o)
			}
		}
	}
	for _, p := range s.strokes {
		if !(p.x >= 0 && p.x <= chartWidth && p.y >= 0 && p.y <= chartHeight) {
			t.Fatalf("%s: a line goes to %+v", name, p)
		}
	}
}

// TestStrangeValues draws what a run can leave behind: nothing, one reading,
// gaps, zeros, very many readings.
func TestStrangeValues(t *testing.T) {
	long := make([]float64, 90_000)
	for i := range long {
		long[i] = float64(i)
	}
	nan := math.NaN()
	for _, tt := range []struct {
		name string
		x, y []float64
		want int // strokes of the line
	}{
		{"nothing", nil, nil, 0},
		{"one reading", []float64{0}, []float64{5}, 1},
		{"zeros", []float64{0, 1}, []float64{0, 0}, 1},
		{"a gap", []float64{0, 1, 2, 3, 4}, []float64{1, 2, nan, 3, 4}, 2},
		{"a lone reading", []float64{0, 1, 2}, []float64{nan, 2, nan}, 1},
		{"only gaps", []float64{0, 1}, []float64{nan, nan}, 0},
		{"infinite", []float64{0, 1, 2}, []float64{1, math.Inf(1), 1}, 2},
		{"below zero", []float64{0, 1}, []float64{-5, 5}, 1},
		{"huge", []float64{0, 1}, []float64{1e12, 3e12}, 1},
		{"tiny", []float64{0, 1}, []float64{1e-7, 3e-7}, 1},
		{"a day", long, long, 1},
	} {
		for _, log := range []bool{false, true} {
			c := &Chart{Title: tt.name, X: Axis{Label: "x"}, Y: Axis{Label: "y", Log: log}, Lines: []Line{{Name: "l", X: tt.x, Y: tt.y}}}
			inside(t, tt.name, c)
			parts := c.arrange().parts(c.Lines[0])
			if !log && len(parts) != tt.want {
				t.Errorf("%s: %d strokes, want %d", tt.name, len(parts), tt.want)
			}
			for _, p := range parts {
				if len(p) > 5*chartWidth {
					t.Errorf("%s: %d points, more than anyone can see", tt.name, len(p))
				}
			}
		}
	}
}

func TestThinKeepsPeaks(t *testing.T) {
	p := make([]point, 100_000)
	for i := range p {
		p[i] = point{x: float64(i) / 200, y: 100}
	}
	p[54_321].y = 7
	for _, q := range thin(p) {
		if q.y == 7 {
			return
		}
	}
	t.Error("the one peak is gone")
}

func TestPNG(t *testing.T) {
	c, err := Of("latency", []Run{{"run", sample(1)}})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := c.PNG(&b); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	if got := img.Bounds().Size(); got.X != chartWidth*zoom || got.Y != chartHeight*zoom {
		t.Errorf("picture of %v, want %d x %d", got, chartWidth*zoom, chartHeight*zoom)
	}
	// Along a column in which all is flat, each line shows in its color.
	l := c.arrange()
	for i, line := range c.Lines[:3] {
		at := l.place(line.X[20], line.Y[20])
		got := img.At(int(at.x*zoom), int(at.y*zoom))
		if r, g, b, _ := got.RGBA(); r>>8 > 0xf0 && g>>8 > 0xf0 && b>>8 > 0xf0 {
			t.Errorf("line %d: %v at %+v, want ink", i, got, at)
		}
	}
}

func TestEscaping(t *testing.T) {
	c := &Chart{Title: `a <b> & "c"`, Lines: []Line{{Name: "<x>", X: []float64{0, 1}, Y: []float64{0, 1}}, {Name: "y"}}}
	var b bytes.Buffer
	if err := c.SVG(&b); err != nil {
		t.Fatal(err)
	}
	wellFormed(t, "escaping", b.Bytes())
	if strings.Contains(b.String(), "<x>") || strings.Contains(b.String(), "<b>") {
		t.Errorf("a name became markup:\n%s", b.String())
	}
}

func TestUnknownKind(t *testing.T) {
	if _, err := Of("pie", []Run{{"run", sample(1)}}); err == nil || !strings.Contains(err.Error(), "latency, hdr") {
		t.Errorf("a pie: %v, want the kinds there are", err)
	}
	if _, err := Of("latency", []Run{{"run", new(statsReport)}}); err == nil || !strings.Contains(err.Error(), "p50_ms") {
		t.Errorf("without a series: %v, want what is missing", err)
	}
	if _, err := Of("hdr", []Run{{"run", new(statsReport)}}); err == nil || !strings.Contains(err.Error(), "distribution") {
		t.Errorf("without a distribution: %v, want what is missing", err)
	}
}

// TestGolden holds two drawings against those that somebody has looked at.
func TestGolden(t *testing.T) {
	for _, name := range []string{"latency", "hdr"} {
		c, err := Of(name, []Run{{"run", sample(1)}})
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := c.SVG(&got); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name+".svg")
		if *update {
			if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s is drawn otherwise than %s; look at it and run go test ./bench/plot -update", name, file)
		}
	}
}
