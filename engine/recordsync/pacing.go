package recordsync

import (
	"crypto/sha256"
	"time"

	exponential "github.com/cenkalti/backoff/v5"
	"github.com/civicpress/civic-realtime/engine/schedule"
)

// draftBucket is a token bucket: Drafts.Burst drafts at once, and one more in each
// Drafts.MinInterval. It is stored as the time at which it is full again. The zero value is full.
type draftBucket struct{ full time.Time }

// next returns when another draft is permitted.
func (b *draftBucket) next(d *Drafts) time.Time {
	return b.full.Add(-time.Duration(d.Burst-1) * d.MinInterval)
}

// spend counts a draft.
func (b *draftBucket) spend(now time.Time, d *Drafts) {
	b.full = schedule.Latest(b.full, now).Add(d.MinInterval)
}

// repeats counts how often another program has saved the same older text with no edit here in
// between: the API may change texts that it stores, or an editor may save on its own. Each time a
// draft is saved here again, after longer and longer pauses, so that the two do not save in turns
// for ever. The zero value has counted nothing.
type repeats struct {
	hash  [sha256.Size]byte // of the older text, in the form that documents are rendered to
	edits uint64            // Record.edits when it came
	count int
	until time.Time // when the next draft may be saved, unless a peer writes
}

const (
	promptRepeats      = 3 // so many are answered without a pause
	firstRepeatPause   = 2 * time.Minute
	longestRepeatPause = time.Hour
)

// includes reports whether a text is the one that came last, with no edit since.
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

// next returns when a draft of a document may be saved that has so many edits; zero: at once.
func (r *repeats) next(edits uint64) time.Time {
	if r.edits != edits {
		return time.Time{}
	}
	return r.until
}

// saveFailure describes why drafts of a room cannot be saved, and since when. The zero value is no
// failure.
type saveFailure struct {
	began    time.Time // the first attempt that failed
	retryAt  time.Time
	refused  bool  // the last attempt lacked a credential that may save, or a record to save to
	notified bool  // peers know
	reported bool  // it is logged; not at first if the draft only waits for its claim
	err      error // of the last attempt
	backoff  *exponential.ExponentialBackOff
}

// firstPause and longestPause bound the pause between two attempts. Each pause is then made longer
// or shorter, at random, by up to a half.
const (
	firstPause   = time.Second
	longestPause = 20 * time.Second
)

// claimPause is the pause after a draft was not claimed.
const claimPause = 2 * time.Second

func newBackoff() *exponential.ExponentialBackOff {
	return &exponential.ExponentialBackOff{
		InitialInterval: firstPause, MaxInterval: longestPause,
		Multiplier: 2, RandomizationFactor: 0.5,
	}
}

// retryIfRefused makes the next attempt due, as there is another credential to try.
func (f *saveFailure) retryIfRefused() {
	if f.refused {
		f.retryAt, f.backoff = time.Time{}, nil
	}
}
