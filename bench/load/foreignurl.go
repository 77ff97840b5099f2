package load

import (
	"fmt"
	"net/url"
	"strings"
)

// foreignURL is the target of a foreign server: its path may have holes.
type foreignURL struct{ Target }

// checkHoles says whether the rooms of a run can stand in the URL.
func (t Target) checkHoles(rooms int) error {
	p, _, _ := strings.Cut(t.path, "?")
	if rooms > 1 && strings.Contains(p, roomHole) {
		return fmt.Errorf("target %s and %d rooms: {room} can only be repeated in the query", t, rooms)
	}
	return nil
}

// expand is the path with its holes filled in. A part of the query with {room}
// is repeated for each room.
func (t foreignURL) expand(rooms []string, viewer, cursor string) string {
	if !strings.Contains(t.path, "{") {
		return t.path
	}
	p, query, asked := strings.Cut(t.path, "?")
	if len(rooms) > 0 {
		p = strings.ReplaceAll(p, roomHole, url.PathEscape(rooms[0]))
	}
	if asked {
		var parts []string
		for _, part := range strings.Split(query, "&") {
			if !strings.Contains(part, roomHole) {
				parts = append(parts, part)
				continue
			}
			for _, r := range rooms {
				parts = append(parts, strings.ReplaceAll(part, roomHole, url.QueryEscape(r)))
			}
		}
		p += "?" + strings.Join(parts, "&")
	}
	return strings.NewReplacer(viewerHole, viewer, cursorHole, url.QueryEscape(cursor)).Replace(p)
}

// reopenHoles undoes what reading a URL does to the braces of holes.
func reopenHoles(path string) string {
	for _, hole := range []string{roomHole, viewerHole, cursorHole} {
		path = strings.ReplaceAll(path, "%7B"+hole[1:len(hole)-1]+"%7D", hole)
	}
	return path
}
