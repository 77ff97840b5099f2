package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// hole is what a place of a template is filled with.
type hole uint8

const (
	holeNone hole = iota // the end
	holeRoom
	holeEvent
	holeData
	holeItems
	holeNumber // of a command
)

// How what is filled in is written.
const (
	styleJSON byte = iota // within a string of JSON
	styleURL              // within a query
	styleBare             // as it is
)

// template is text with holes.
type template []templatePart

type templatePart struct {
	text  string // in front of the hole
	hole  hole
	style byte
}

// parseTemplate reads a template. Braces that aren't around the name of a hole
// are text, for there are many in JSON.
func parseTemplate(text string, style byte) (template, error) {
	holes := map[string]hole{"room": holeRoom, "event": holeEvent, "data": holeData, "items": holeItems, "number": holeNumber}
	styles := map[string]byte{"json": styleJSON, "url": styleURL, "text": styleBare}
	var t template
	from := 0
	for at := 0; ; {
		open := strings.IndexByte(text[at:], '{')
		if open < 0 {
			break
		}
		open += at
		at = open + 1
		end := strings.IndexByte(text[open:], '}')
		if end < 0 {
			break
		}
		name, how, asked := strings.Cut(text[open+1:open+end], ":")
		h, ok := holes[name]
		if !ok {
			continue
		}
		p := templatePart{text: text[from:open], hole: h, style: style}
		if h == holeData || h == holeItems {
			p.style = styleBare
			if style == styleURL {
				p.style = styleURL
			}
		}
		if asked {
			if p.style, ok = styles[how]; !ok {
				return nil, fmt.Errorf("template %.80q: {%s:%s}: want json, url or text behind the colon", text, name, how)
			}
		}
		t = append(t, p)
		at = open + end + 1
		from = at
	}
	return append(t, templatePart{text: text[from:]}), nil
}

// has says whether there is such a hole.
func (t template) has(h hole) bool {
	for i := range t {
		if t[i].hole == h {
			return true
		}
	}
	return false
}

// append fills the template in for a draft.
func (t template) append(dst []byte, p *Publisher, d *Draft, items []byte) []byte {
	for i := range t {
		dst = append(dst, t[i].text...)
		switch t[i].hole {
		case holeRoom:
			dst = appendStyled(dst, t[i].style, p.rooms[d.Room])
		case holeEvent:
			dst = appendStyled(dst, t[i].style, d.Event)
		case holeData:
			if t[i].style == styleBare {
				dst = p.appendData(dst, d)
			} else {
				dst = appendStyled(dst, t[i].style, string(p.appendData(nil, d)))
			}
		case holeItems:
			dst = append(dst, items...)
		case holeNumber:
			p.commands++
			dst = strconv.AppendInt(dst, numberBase+p.commands, 10)
		}
	}
	return dst
}

// numberBase is above the numbers of the commands a client begins with.
const numberBase = 1 << 20

func appendStyled(dst []byte, style byte, s string) []byte {
	switch style {
	case styleURL:
		return append(dst, url.QueryEscape(s)...)
	case styleJSON:
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if e.Encode(s) != nil { // a string can always be
			return dst
		}
		q := bytes.TrimSpace(b.Bytes())
		return append(dst, q[1:len(q)-1]...)
	}
	return append(dst, s...)
}
