package config

import "strings"

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
		if d := distance(word, w); d < least {
			best, least = w, d
		}
	}
	return best
}

// distance counts the letters to insert, drop or replace to turn a into b
// (Levenshtein), with two neighbours swapped counting once.
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
