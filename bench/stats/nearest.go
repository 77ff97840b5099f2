package stats

import edlib "github.com/hbollon/go-edlib"

// Nearest is the word that is the fewest typing errors away from one that is
// not known, and empty when none is close.
func Nearest(word string, words []string) string {
	best, least := "", min(len(word)/3, 3)+1
	for _, w := range words {
		if d := edlib.OSADamerauLevenshteinDistance(word, w); d < least {
			best, least = w, d
		}
	}
	return best
}
