package prose

import "github.com/civicpress/civic-realtime/engine/align"

// compared are two texts that are compared. fits reports whether a character of a has the marks of
// one of b.
type compared struct {
	a, b []rune
	fits func(i, j int) bool
}

// character returns a character of a text.
func character(text []rune, i int) rune {
	if i < 0 || i >= len(text) {
		return align.None
	}
	return text[i]
}

// slid moves the hunks by which a becomes b, and which only insert or only delete, to the places
// where they most likely are meant, of those where they mean the same. So the same change has the
// same place whatever else is changed, and what is inserted beside a word is not in the middle of
// it. Hunks between which nothing is left become one.
func (c compared) slid(hunks []hunk) (moved []hunk) {
	start := 0
	for i, h := range hunks {
		end := len(c.a)
		if i+1 < len(hunks) {
			end = hunks[i+1].from
		}
		h = c.place(h, start, end)
		if h.to == end && i+1 < len(hunks) {
			hunks[i+1].from, hunks[i+1].start = h.from, h.start
			continue
		}
		moved, start = append(moved, h), h.to
	}
	return moved
}

// place moves a hunk between two characters of a.
func (c compared) place(h hunk, start, end int) hunk {
	if h.replaces() {
		return h
	}
	for h.to < end {
		if there, _ := c.canMove(h); !there {
			break
		}
		h = h.moved(1)
	}
	best, most := h, c.fitness(h)
	for h.from > start {
		if _, back := c.canMove(h.moved(-1)); !back {
			break
		}
		h = h.moved(-1)
		if fits := c.fitness(h); fits > most {
			best, most = h, fits
		}
	}
	return best
}

// canMove reports whether a hunk means the same one character behind, and no character changes its
// marks then that does not where the hunk is; and the same for the way back.
func (c compared) canMove(h hunk) (there, back bool) {
	if h.from == h.to {
		same := c.b[h.start] == c.b[h.end]
		here, behind := c.fits(h.from, h.end), c.fits(h.from, h.start)
		return same && (behind || !here), same && (here || !behind)
	}
	same := c.a[h.from] == c.a[h.to]
	here, behind := c.fits(h.to, h.start), c.fits(h.from, h.start)
	return same && (behind || !here), same && (here || !behind)
}

func (h hunk) moved(n int) hunk { return hunk{h.from + n, h.to + n, h.start + n, h.end + n} }

// fitness says how likely a hunk is meant where it is; 0 if it cuts a word.
func (c compared) fitness(h hunk) int {
	text, from, to := c.a, h.from, h.to
	if from == to {
		text, from, to = c.b, h.start, h.end
	}
	first, last := text[from], text[to-1]
	before, after := character(c.a, h.from-1), character(c.a, h.to)
	if isLetter(before) && isLetter(first) || isLetter(last) && isLetter(after) {
		return 0
	}
	return align.Fitness(before, first, after)
}
