package stats

// Nearest is the word that is the fewest typing errors away from one that is
// not known, and empty when none is close.
func Nearest(word string, words []string) string {
	best, least := "", min(len(word)/3, 3)+1
	for _, w := range words {
		if d := typos(word, w); d < least {
			best, least = w, d
		}
	}
	return best
}

// typos counts the letters to insert, drop or change to make a of b
// (Wagner and Fischer, 1974).
func typos(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		left := row[0] // the cell up and to the left
		row[0] = i + 1
		for j := range len(b) {
			change := left
			if a[i] != b[j] {
				change++
			}
			left = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
