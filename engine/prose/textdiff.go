package prose

import (
	"unicode"

	"github.com/civicpress/civic-realtime/engine/align"
)

// hunk is a change of a text: a[from:to] becomes b[start:end].
type hunk struct{ from, to, start, end int }

// diff returns the hunks by which a becomes b, in order. The text between two hunks is kept.
func diff(a, b []rune) []hunk {
	whole, ok := trim(a, b, hunk{0, len(a), 0, len(b)})
	if !ok {
		return nil
	}
	whole = wholeWords(a, b, whole)
	before, after := words(a[whole.from:whole.to]), words(b[whole.start:whole.end])
	var hunks []hunk
	for _, h := range join(wordHunks(before, after), before) {
		h = hunk{
			whole.from + offset(before, h.from), whole.from + offset(before, h.to),
			whole.start + offset(after, h.start), whole.start + offset(after, h.end),
		}
		if h, ok = trim(a, b, h); ok {
			hunks = append(hunks, h)
		}
	}
	return hunks
}

// trim shortens a hunk by equal characters at its ends, and reports whether anything is left.
func trim(a, b []rune, h hunk) (hunk, bool) {
	for h.from < h.to && h.start < h.end && a[h.from] == b[h.start] {
		h.from, h.start = h.from+1, h.start+1
	}
	for h.from < h.to && h.start < h.end && a[h.to-1] == b[h.end-1] {
		h.to, h.end = h.to-1, h.end-1
	}
	return h, h.from < h.to || h.start < h.end
}

// wholeWords extends a hunk to the ends of the words that it cuts.
func wholeWords(a, b []rune, h hunk) hunk {
	for h.from > 0 && isLetter(a[h.from-1]) && (startsWord(a[h.from:]) || startsWord(b[h.start:])) {
		h.from, h.start = h.from-1, h.start-1
	}
	for h.to < len(a) && isLetter(a[h.to]) && (endsWord(a[:h.to]) || endsWord(b[:h.end])) {
		h.to, h.end = h.to+1, h.end+1
	}
	return h
}

func startsWord(text []rune) bool { return len(text) > 0 && isLetter(text[0]) }
func endsWord(text []rune) bool   { return len(text) > 0 && isLetter(text[len(text)-1]) }

// word is a word of a text, or a single character outside of words.
type word struct {
	text string
	at   int // in characters
}

func words(text []rune) (list []word) {
	for i := 0; i < len(text); {
		end := i + 1
		for isLetter(text[i]) && end < len(text) && isLetter(text[end]) {
			end++
		}
		list = append(list, word{string(text[i:end]), i})
		i = end
	}
	return append(list, word{at: len(text)}) // the end
}

// isLetter reports whether a character is part of a word. In scripts that are written without
// blanks each character is a word.
func isLetter(r rune) bool {
	return r < 0x2e80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

func offset(list []word, i int) int { return list[i].at }

func wordHunks(a, b []word) (hunks []hunk) {
	match := align.Match(spelled(a), spelled(b)) // their ends match
	h := hunk{}
	for i, j := range match {
		if j < 0 {
			continue
		}
		if h.to, h.end = i, j; h.from < h.to || h.start < h.end {
			hunks = append(hunks, h)
		}
		h = hunk{from: i + 1, start: j + 1}
	}
	return hunks
}

func spelled(list []word) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = w.text
	}
	return out
}

// join joins adjacent hunks that both replace text, if there is no word between them.
func join(hunks []hunk, a []word) (joined []hunk) {
	for _, h := range hunks {
		last := len(joined) - 1
		if last >= 0 && h.replaces() && joined[last].replaces() &&
			!anyWord(a[joined[last].to:h.from]) {
			joined[last].to, joined[last].end = h.to, h.end
		} else {
			joined = append(joined, h)
		}
	}
	return joined
}

func (h hunk) replaces() bool { return h.from < h.to && h.start < h.end }

func anyWord(list []word) bool {
	for _, w := range list {
		for _, r := range w.text {
			if isLetter(r) {
				return true
			}
		}
	}
	return false
}
