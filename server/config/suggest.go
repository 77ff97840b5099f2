package config

import (
	"strings"

	edlib "github.com/hbollon/go-edlib"
)

// suggestion is the end of an "unknown" message for a key of the section at
// path: the nearest sibling, or else the one place in the tree that has a key
// of exactly that name. "" when nothing is close.
func suggestion(path, key string, siblings []string) string {
	if near := nearest(key, siblings); near != "" {
		return ", did you mean " + near + "?"
	}
	var found []string
	for _, l := range leaves() {
		if strings.HasSuffix("."+l.path, "."+key) && parentOf(l.path) != path {
			found = append(found, l.path)
		}
	}
	if len(found) == 1 {
		return ", did you mean " + found[0] + "?"
	}
	return ""
}

// nearest returns the word that is fewest typing errors away, at most three
// and at most a third of the letters: beyond that a guess confuses.
func nearest(word string, words []string) string {
	best, least := "", min(len(word)/3, 3)+1
	for _, w := range words {
		if d := edlib.OSADamerauLevenshteinDistance(word, w); d < least {
			best, least = w, d
		}
	}
	return best
}
