package recordsync

import (
	"crypto/sha256"
	"time"
)

// repeats counts how often the same older text came back from outside with no edit here in
// between: the API keeps another text than it was sent, or an editor saves by itself. Each
// is answered with a draft, later and later, so that the two do not save in turns for ever.
// The zero value has counted nothing.
type repeats struct {
	hash  [sha256.Size]byte // of the older text, as a document writes it
	edits uint64            // Record.edits when it came
	count int
	until time.Time // no draft is saved before, unless somebody writes
}

const (
	promptRepeats      = 3 // so many are answered at once
	firstRepeatPause   = 2 * time.Minute
	longestRepeatPause = time.Hour
)

// includes reports that a text is the one that came before, with no edit since.
func (r *repeats) includes(hash [sha256.Size]byte, edits uint64) bool {
	return r.count > 0 && r.hash == hash && r.edits == edits
}

// add counts a text.
func (r *repeats) add(hash [sha256.Size]byte, edits uint64, now time.Time) {
	if !r.includes(hash, edits) {
		*r = repeats{hash: hash, edits: edits}
	}
	if r.count++; r.count <= promptRepeats {
		return
	}
	pause := firstRepeatPause
	for i := promptRepeats + 1; i < r.count && pause < longestRepeatPause; i++ {
		pause = min(2*pause, longestRepeatPause)
	}
	r.until = now.Add(pause)
}

// next is when a draft may be saved of a document after so many edits; zero: at once.
func (r *repeats) next(edits uint64) time.Time {
	if r.edits != edits {
		return time.Time{}
	}
	return r.until
}

// isRepeated reports that a comparison has been dealt with: the lost text is kept, and
// peers are notified.
func (r *Record) isRepeated(c *comparison) bool {
	r.lock()
	defer r.unlock()
	return c.stale && r.repeats.includes(hashOf(c.theirs), r.edits)
}
