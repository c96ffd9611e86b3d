package recordsync

import (
	"crypto/sha256"
	"errors"
	"slices"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// docState is a room's document and its merge base at one moment. Its holder does not need the
// room's lock.
type docState struct {
	state         []byte // a compressed snapshot if compressed
	compressed    bool
	wasCompressed bool // the room has no peers, so it is not rendered again soon
	base          mergeBase
	text          baseText
	claims        [][sha256.Size]byte // as in rowClaims
	edits         uint64
	version       uint64
	writers       []string
	credentials   []string
	costly        bool   // it is known to take too many steps to read
	print         string // set by mergedWith: the fingerprint
	direct        bool   // set by render: prose.HasDirectText
	more          bool   // set by render: prose.HasContentBeyondMarkdown
}

// docState returns the document as it is now; ok is false if the room is closed.
func (r *Record) docState() (d docState, ok bool) {
	r.lock()
	defer r.unlock()
	if r.room.Closed() {
		return d, false
	}
	d = docState{
		base: r.base, text: r.text, edits: r.edits,
		version: r.room.Version(), credentials: r.credentials(), writers: slices.Clone(r.writers),
	}
	if r.claims != nil {
		d.claims = slices.Clone(r.claims.hashes)
	}
	d.costly = r.costly != (moment{}) && r.costly == moment{d.version, d.edits}
	d.state, d.compressed = r.room.State()
	return d, true
}

// decompress replaces a compressed snapshot by the state in it.
func (d *docState) decompress(maxState int) error {
	if !d.compressed {
		return nil
	}
	s, err := snapshot.Decode(d.state, maxState)
	if err != nil {
		return err
	}
	d.state, d.compressed, d.wasCompressed = s.State, false, true
	return nil
}

// noteBudget notes that the document of d takes more steps to read than it may, so that it is not
// read again before it changes. Its drafts fail like others: they are tried again later, and peers
// are notified after Drafts.Patience.
func (r *Record) noteBudget(d *docState, err error) {
	if !errors.Is(err, view.ErrBudget) {
		return
	}
	r.lock()
	r.costly = moment{d.version, d.edits}
	r.unlock()
	r.room.OverBudget()
}

// changeTo returns the change of d's text to another with the given hash.
func (r *Record) changeTo(d *docState, text string, hash [32]byte) textChange {
	if r.s.updates {
		return textChange{}
	}
	if d.text.current != nil && hash == d.base.hash {
		return textChange{text: d.text.current}
	}
	return compressor(r.s.cfg().Compression).changeTo(&d.text, text)
}

// changeToDraft is changeTo for a draft that was saved here.
func (r *Record) changeToDraft(d *docState, text string, hash [32]byte) textChange {
	if r.s.updates {
		return textChange{}
	}
	return compressor(r.s.cfg().Compression).draft(&d.text, r.changeTo(d, text, hash), text)
}
