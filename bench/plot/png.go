package plot

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// zoom is how many pixels a unit has: sharp on dense screens.
const zoom = 2

// PNG draws the chart in its light colors.
func (c *Chart) PNG(w io.Writer) error {
	p := &pixels{img: image.NewRGBA(image.Rect(0, 0, chartWidth*zoom, chartHeight*zoom)), faces: make(map[style]font.Face)}
	var err error
	if p.regular, err = opentype.Parse(goregular.TTF); err == nil {
		p.bold, err = opentype.Parse(gobold.TTF)
	}
	if err != nil {
		return fmt.Errorf("plot: font: %w", err)
	}
	draw.Draw(p.img, p.img.Bounds(), image.White, image.Point{}, draw.Src)
	c.arrange().draw(p)
	if p.err != nil {
		return fmt.Errorf("plot: text: %w", p.err)
	}
	return png.Encode(w, p.img)
}

// pixels is a canvas of dots.
type pixels struct {
	img           *image.RGBA
	regular, bold *opentype.Font
	faces         map[style]font.Face // by size and weight
	err           error               // the first one
}

// stroke fills a rectangle for each piece and a disk at each end. All wind the
// same way, so that the rasterizer counts overlaps once.
func (p *pixels) stroke(points []point, width float64, of ink) {
	b := p.img.Bounds()
	r := vector.NewRasterizer(b.Dx(), b.Dy())
	half := width * zoom / 2
	for i, to := range points {
		x, y := to.x*zoom, to.y*zoom
		if width > 1 { // a little less wide, or the soft edges of both would add up
			disk(r, x, y, half-0.5)
		}
		if i == 0 {
			continue
		}
		fx, fy := points[i-1].x*zoom, points[i-1].y*zoom
		length := math.Hypot(x-fx, y-fy)
		if length == 0 {
			continue
		}
		nx, ny := -(y-fy)/length*half, (x-fx)/length*half
		polygon(r, fx+nx, fy+ny, fx-nx, fy-ny, x-nx, y-ny, x+nx, y+ny)
	}
	r.Draw(p.img, b, image.NewUniform(of.light()), image.Point{})
}

// disk is a circle of twelve corners, in the turn of stroke's rectangles.
func disk(r *vector.Rasterizer, x, y, radius float64) {
	const corners = 12
	at := make([]float64, 0, 2*corners)
	for i := range corners {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / corners)
		at = append(at, x+radius*cos, y+radius*sin)
	}
	polygon(r, at...)
}

func polygon(r *vector.Rasterizer, at ...float64) {
	r.MoveTo(float32(at[0]), float32(at[1]))
	for i := 2; i < len(at); i += 2 {
		r.LineTo(float32(at[i]), float32(at[i+1]))
	}
	r.ClosePath()
}

func (p *pixels) text(at point, s string, as style) {
	face, err := p.face(as)
	if err != nil {
		p.err = err
		return
	}
	d := font.Drawer{Dst: p.img, Src: image.NewUniform(as.ink.light()), Face: face}
	x := at.x * zoom
	switch wide := float64(d.MeasureString(s)) / 64; as.anchor {
	case atMiddle:
		x -= wide / 2
	case atEnd:
		x -= wide
	}
	d.Dot = fixed.Point26_6{X: fixed.Int26_6(x * 64), Y: fixed.Int26_6(at.y * zoom * 64)}
	d.DrawString(s)
}

// hint draws nothing: a picture can't be pointed into.
func (p *pixels) hint(box, string) {}

func (p *pixels) face(as style) (font.Face, error) {
	key := style{size: as.size, bold: as.bold}
	if f, ok := p.faces[key]; ok {
		return f, nil
	}
	of := p.regular
	if as.bold {
		of = p.bold
	}
	const dotsPerPoint = 72 // so that a point is a pixel
	f, err := opentype.NewFace(of, &opentype.FaceOptions{Size: as.size * zoom, DPI: dotsPerPoint, Hinting: font.HintingNone})
	if err == nil {
		p.faces[key] = f
	}
	return f, err
}

// light is the color that css gives an ink on white.
func (i ink) light() color.Color {
	rgb := uint32(0)
	switch i {
	case inkText:
		rgb = 0x1b2330
	case inkMuted:
		rgb = 0x5b6675
	case inkGrid:
		rgb = 0xe6e9ee
	case inkAxis:
		rgb = 0x9aa4b2
	default:
		rgb = [lineInks]uint32{0x2563eb, 0xd97706, 0x0f9d76, 0xc0266f, 0x7c3aed, 0x0891b2, 0x8a6d1b, 0x64748b}[int(i-inkLine)%lineInks]
	}
	return color.RGBA{uint8(rgb >> 16), uint8(rgb >> 8), uint8(rgb), 0xff}
}
