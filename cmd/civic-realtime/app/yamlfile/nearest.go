package yamlfile

import (
	"cmp"
	"slices"
	"strings"
)

// Nearest returns the one of known that was probably meant by name, "" if none is similar.
func Nearest(name string, known []string) string { return nearest(name, known) }

// nearest returns the one of known that is most similar to name, "" if the two differ in more than
// one letter and in more than a third of the name's letters.
func nearest(name string, known []string) string {
	if len(known) == 0 {
		return ""
	}
	changes := func(k string) int { return distance(plain(name), plain(k)) }
	byChanges := func(a, b string) int { return cmp.Compare(changes(a), changes(b)) }
	best := slices.MinFunc(known, byChanges)
	if changes(best) > max(1, len(name)/3) {
		return ""
	}
	return best
}

// plain returns a key without case and separators, the usual differences in spelling.
func plain(key string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(key))
}

// distance returns how many letters must be inserted, left out, replaced or swapped with their
// neighbours to turn a into b (the optimal string alignment distance).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := last[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(replace, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
