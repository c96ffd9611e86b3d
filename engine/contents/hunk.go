package contents

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/engine/align"
)

// hunk is a change of a text: its bytes from:to become text.
type hunk struct {
	from, to int
	text     string
}

// diff returns the hunks by which a becomes b, in order. Texts are compared by lines, and those
// that differ by words; no character is cut.
func diff(a, b string) (hunks []hunk) {
	var raw []hunk
	for _, h := range compare(a, b, lines(a), lines(b)) {
		before := a[h.from:h.to]
		for _, w := range compare(before, h.text, words(before), words(h.text)) {
			w = trimmed(before, w)
			w.from, w.to = w.from+h.from, w.to+h.from
			raw = append(raw, w)
		}
	}
	end := 0 // of the last hunk
	for i, h := range raw {
		next := len(a)
		if i+1 < len(raw) {
			next = raw[i+1].from
		}
		if h = slid(a, h, end, next); h.from == end && len(hunks) > 0 {
			last := &hunks[len(hunks)-1]
			last.to, last.text = h.to, last.text+h.text
		} else {
			hunks = append(hunks, h)
		}
		end = h.to
	}
	return hunks
}

// compare returns the hunks between texts that are cut into parts.
func compare(a, b string, partsOfA, partsOfB []string) (hunks []hunk) {
	i, j := 0, 0     // bytes that were compared
	from, to := 0, 0 // of the hunk that begins in a, and in b
	next := 0        // part of b
	add := func() {
		if from < i || to < j {
			hunks = append(hunks, hunk{from, i, b[to:j]})
		}
	}
	for k, partner := range align.Match(partsOfA, partsOfB) {
		if partner < 0 {
			i += len(partsOfA[k])
			continue
		}
		for ; next < partner; next++ {
			j += len(partsOfB[next])
		}
		add()
		i, j, next = i+len(partsOfA[k]), j+len(partsOfB[next]), next+1
		from, to = i, j
	}
	i, j = len(a), len(b)
	add()
	return hunks
}

// trimmed returns a hunk without the characters that its ends have in common with the text.
func trimmed(a string, h hunk) hunk {
	for h.from < h.to && h.text != "" {
		r, n := utf8.DecodeRuneInString(h.text)
		if s, m := utf8.DecodeRuneInString(a[h.from:h.to]); r != s || n != m {
			break
		}
		h.from, h.text = h.from+n, h.text[n:]
	}
	for h.from < h.to && h.text != "" {
		r, n := utf8.DecodeLastRuneInString(h.text)
		if s, m := utf8.DecodeLastRuneInString(a[h.from:h.to]); r != s || n != m {
			break
		}
		h.to, h.text = h.to-n, h.text[:len(h.text)-n]
	}
	return h
}

// slid moves a hunk that only inserts or only deletes by whole words to the place in its line,
// between two bytes, where it most likely was meant, of those where it means the same. So the same
// change has the same place on both sides of a merge, and inserts between two words or brackets,
// and not in the middle of them.
func slid(a string, h hunk, start, end int) hunk {
	if h.from < h.to && h.text != "" {
		return h
	}
	p := newPlace(a, h)
	for next, ok := p.right(a); ok && next.to <= end; next, ok = p.right(a) {
		p = next
	}
	best, most := p, p.fitness(a)
	for next, ok := p.left(a); ok && next.from >= start; next, ok = p.left(a) {
		p = next
		if fits := p.fitness(a); fits > most {
			best, most = p, fits
		}
	}
	if h.from, h.to = best.from, best.to; h.text != "" {
		h.text = best.text()
	}
	return h
}

// place is a place for a hunk that only inserts or only deletes. From one place to the next that
// means the same, the text that is inserted or deleted is rotated by a word: it is a part of twice,
// so that no step copies it.
type place struct {
	from, to int    // bytes of the text before
	twice    string // the text that is inserted or deleted, two times
	at       int    // where in twice it begins, less than half of that
}

func newPlace(a string, h hunk) place {
	text := h.text
	if text == "" {
		text = a[h.from:h.to]
	}
	return place{from: h.from, to: h.to, twice: text + text}
}

// text returns the text that is inserted or deleted.
func (p place) text() string { return p.twice[p.at : p.at+len(p.twice)/2] }

// left returns the place that means the same, one word before p.
func (p place) left(a string) (place, bool) {
	word := lastWord(a[:p.from])
	if word == "" || word == "\n" || word != lastWord(p.text()) {
		return p, false
	}
	n := len(word)
	p.from, p.to = p.from-n, p.to-n
	if p.at -= n; p.at < 0 {
		p.at += len(p.twice) / 2
	}
	return p, true
}

// right returns the place that means the same, one word behind p.
func (p place) right(a string) (place, bool) {
	word := firstWord(a[p.to:])
	if word == "" || word == "\n" || word != firstWord(p.text()) {
		return p, false
	}
	n := len(word)
	p.from, p.to = p.from+n, p.to+n
	if p.at += n; p.at >= len(p.twice)/2 {
		p.at -= len(p.twice) / 2
	}
	return p, true
}

// fitness says how likely a hunk is meant at a place.
func (p place) fitness(a string) int {
	before, n := utf8.DecodeLastRuneInString(a[:p.from])
	if n == 0 {
		before = align.None
	}
	after, n := utf8.DecodeRuneInString(a[p.to:])
	if n == 0 {
		after = align.None
	}
	first, _ := utf8.DecodeRuneInString(p.text())
	return align.Fitness(before, first, after)
}

// lastWord returns the word, or other character, with which a text ends.
func lastWord(text string) string {
	r, n := utf8.DecodeLastRuneInString(text)
	for isLetter(r) && n < len(text) {
		before, size := utf8.DecodeLastRuneInString(text[:len(text)-n])
		if !isLetter(before) {
			break
		}
		n += size
	}
	return text[len(text)-n:]
}

func lines(text string) []string {
	all := strings.SplitAfter(text, "\n")
	if all[len(all)-1] == "" {
		all = all[:len(all)-1]
	}
	return all
}

// words returns the words of a text, and each character outside of words.
func words(text string) (list []string) {
	for text != "" {
		word := firstWord(text)
		list, text = append(list, word), text[len(word):]
	}
	return list
}

// firstWord returns the word, or other character, with which a text begins.
func firstWord(text string) string {
	r, n := utf8.DecodeRuneInString(text)
	for isLetter(r) && n < len(text) {
		next, size := utf8.DecodeRuneInString(text[n:])
		if !isLetter(next) {
			break
		}
		n += size
	}
	return text[:n]
}

// isLetter reports whether a character is part of a word. In scripts that are written without
// blanks each character is a word.
func isLetter(r rune) bool {
	return r < 0x2e80 && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}
