package recordsync

import (
	"log/slog"
	"slices"
	"sync/atomic"
	"time"
)

// Record is a room's side of the record whose text it has. A nil *Record is that of a room
// without one: its exported methods do nothing. Methods are called with the room's lock
// held unless they say otherwise.
type Record struct {
	s    *Syncer
	room Room

	work      workLock
	preparing atomic.Int32 // above 0 while the document is given its initial content

	// The rest is guarded by the room's lock.

	base        mergeBase
	text        baseText
	unjournaled bool     // base is in no row yet
	snapshotted uint64   // generation of the base in the newest snapshot
	seeded      uint64   // version that the record's text made, if the document began with it
	retired     []uint64 // client ids of seeds whose text is deleted here, beside another; mostly none
	published   published

	shown     *Text     // to a peer of late, to be compared with the document
	fetchedAt time.Time // the newest text that was compared was asked for then
	pollAt    time.Time // when the record is to be fetched; zero while no peer may write
	queued    bool      // a sync worker has the record, or will

	edits     uint64    // updates of peers
	dirty     bool      // the document may say something else than the base
	firstEdit time.Time // since the document was last rendered for a draft
	lastEdit  time.Time
	unsaved   time.Time // the oldest edit that is in no draft; as in Syncer.unsaved
	writer    string    // credential of the peer that wrote last
	written   bool      // there is a writer

	failure     saveFailure
	alternation alternation
	repeats     repeats
	drafts      draftBucket
	costly      moment // what the document was when it last took too many steps to read
}

// moment identifies what the document was when it was read.
type moment struct{ version, edits uint64 }

// Access is what a session may do with a record, and what it was shown.
type Access struct {
	Credential string // for Records
	ReadOnly   bool
	Text       *Text // the record as the user was shown it; nil: not known
}

// Generation counts the merge bases that the room has had.
func (r *Record) Generation() uint64 {
	if r == nil {
		return 0
	}
	return r.base.generation
}

// Unjournaled reports that there is a note to be journaled.
func (r *Record) Unjournaled() bool { return r != nil && r.unjournaled }

// AppendRowNote appends the note of the next row, which then is journaled.
func (r *Record) AppendRowNote(dst []byte) []byte {
	dst = appendNote(dst, r.base, r.text.entry)
	r.text.markJournaled()
	r.unjournaled = false
	return dst
}

// AppendNote appends the note of a snapshot, with the text of the merge base and those
// before it.
func (r *Record) AppendNote(dst []byte) []byte {
	dst = appendNote(dst, r.base, nil)
	if r.base.known() {
		dst = r.text.appendHistory(dst)
	}
	return dst
}

// AppendShortNote appends the note of a snapshot that stays in memory, where the texts are
// as well.
func (r *Record) AppendShortNote(dst []byte) []byte { return appendNote(dst, r.base, nil) }

// Unsnapshotted reports that the newest snapshot has an older merge base.
func (r *Record) Unsnapshotted() bool { return r != nil && r.base.generation > r.snapshotted }

// Snapshotted notes that a snapshot has the merge base of a generation.
func (r *Record) Snapshotted(generation uint64) {
	if r != nil {
		r.snapshotted = generation
	}
}

// SeededAt is the version of a document that had nothing but the record's text; 0: none.
func (r *Record) SeededAt() uint64 {
	if r == nil {
		return 0
	}
	return r.seeded
}

// Writer is the credential of the peer that wrote last, if any did.
func (r *Record) Writer() (credential string, ok bool) {
	if r == nil {
		return "", false
	}
	return r.writer, r.written
}

// InStep reports that the document says what the record says, as far as is known.
func (r *Record) InStep() bool { return !r.dirty && r.base.known() }

// HoldsRoom reports that the room must not be unloaded. Edits that no credential at hand
// can save do not hold it: they wait in the store.
func (r *Record) HoldsRoom() bool {
	return r != nil && (r.unjournaled || r.queued || r.shown != nil || r.dirty && !r.failure.refused)
}

// Preparing reports that the document is being given its initial content. The lock need
// not be held.
func (r *Record) Preparing() bool { return r != nil && r.preparing.Load() > 0 }

// Close forgets a room that is not used any more.
func (r *Record) Close() {
	if r != nil {
		r.s.unsaved.remove(r)
		r.s.renderings.drop(r.room.Name())
	}
}

// DropRendering drops the rendering of a document that is not edited for now.
func (r *Record) DropRendering() {
	if r != nil {
		r.s.renderings.drop(r.room.Name())
	}
}

// setBase makes b, with a text, the state that the document goes back to, and has it
// journaled.
func (r *Record) setBase(b mergeBase, text textChange) {
	b.generation = r.base.generation
	if b.known() && b == r.base && (text.text == nil || r.text.current != nil) {
		return
	}
	b.generation++
	r.base, r.unjournaled = b, true
	r.text.set(text)
	r.room.FlushSoon(time.Now())
}

// markGone notes that the record was deleted. What is not saved to it stays, but is not
// saved to another one of the same name.
func (r *Record) markGone() {
	r.lock()
	defer r.unlock()
	b := r.base
	if r.room.Closed() || !b.known() || b.gone {
		return
	}
	b.gone = true
	r.setBase(b, textChange{text: r.text.current})
	r.room.Reschedule()
	r.s.cfg.Log.Info("record is gone; what was not saved to it is kept", slog.String("room", r.room.Name()))
}

// maxCredentials is how many users' credentials are tried for one purpose.
const maxCredentials = 4

// credentials are those to try, in order: of the last writer, of other peers that may
// write, and the configured one.
func (r *Record) credentials() (all []string) {
	if r.written {
		all = append(all, r.writer)
	}
	for credential := range r.room.Editors() {
		if len(all) < maxCredentials && !slices.Contains(all, credential) {
			all = append(all, credential)
		}
	}
	if !slices.Contains(all, "") {
		all = append(all, "")
	}
	return all
}

func (r *Record) hasEditor() bool {
	for range r.room.Editors() {
		return true
	}
	return false
}
