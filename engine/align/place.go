package align

import "unicode"

// None stands for a character that is not there, at the start or the end of a text.
const None rune = -1

// Fitness says how likely a change of a text, which only inserts or only deletes, is meant where it
// is. It compares places where the change means the same: "two " inserted into "one three" is the
// same as " two", one character before. before and after are the characters around the change, and
// first is the first one that it inserts or deletes.
//
// Words are not cut, and a word that is new has a blank of its own: so it is still a word when
// something beside it is deleted. Between two blanks nothing is put if there is another place, as
// others may write before the one or behind the other.
func Fitness(before, first, after rune) int {
	switch {
	case before == None || before == '\n':
		return 5
	case opens(first) && !opens(before):
		return 4
	case unicode.IsSpace(before) && !unicode.IsSpace(after):
		return 3
	case !unicode.IsSpace(before) && unicode.IsSpace(first):
		return 2
	case unicode.IsSpace(before):
		return 1
	}
	return 0
}

// opens reports whether a character is a bracket, or quotation mark, at the start of something.
func opens(r rune) bool { return r == '<' || unicode.In(r, unicode.Ps, unicode.Pi) }
