package recordsync

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Syncer synchronizes the documents of an engine's rooms with their records. Its sync workers fetch
// records and save drafts, on goroutines of their own, as Records may block for long. An engine
// without records has a nil *Syncer.
type Syncer struct {
	conf       atomic.Pointer[Config] // replaced as a whole by Reconfigure; never nil
	metrics    *counters
	updates    bool // Records hold updates
	pool       *Pool[*Record]
	renderings *renderings
	unsaved    unsaved

	ctx     context.Context // done when Stop is called
	cancel  context.CancelFunc
	stopped atomic.Bool

	failing      atomic.Bool // drafts cannot be saved, and that was logged
	alternations logPause

	snapshots snapshotBreaker // owned by the goroutine that calls StoreSnapshot
}

// cfg returns the configuration as of now, which must not be changed.
func (s *Syncer) cfg() *Config { return s.conf.Load() }

// snapshotBreaker makes a pause after a failure to store a snapshot beside a record.
type snapshotBreaker struct {
	retryAt time.Time
	failing bool
}

// Record synchronizes one room with its record. A room without a record has a nil *Record; the
// methods that are called for every room allow that. Exported methods are called with the room's
// lock held unless their comment says otherwise.
type Record struct {
	s    *Syncer
	room Room

	work      workLock
	preparing atomic.Int32 // above 0 while the document is given its initial content

	// The rest is guarded by the room's lock.

	base        mergeBase
	text        baseText
	unjournaled bool       // base is in no row yet
	claims      *rowClaims // nil: there are none
	snapshotted uint64     // generation of the base in the newest snapshot
	seeded      uint64     // version when the document began with the record's text; 0: it did not
	retired     []yjs.ID   // prose.Retired of the document; mostly none
	published   published

	shown     *Text     // the text that a peer was shown, to be compared with the document
	fetchedAt time.Time // when the newest text that was compared was requested
	pollAt    time.Time // when the record is to be fetched; zero while no peer may write
	queued    bool      // a sync worker has the record, or it is in the queue

	edits     uint64    // updates of peers
	dirty     bool      // the document may differ from the merge base
	firstEdit time.Time // the first since the document was last rendered for a draft
	lastEdit  time.Time
	unsaved   time.Time // the oldest edit that is in no draft; as in Syncer.unsaved
	savedAt   int64     // when the last draft was saved, in ns since 1970; 0: none was
	writers   []string  // as in Draft
	writer    string    // credential of the peer that wrote last
	written   bool      // there is a writer
	editor    string    // credential of the peer that left last of those that may write
	hadEditor bool      // there is such a peer

	failure     saveFailure
	alternation alternation
	repeats     repeats
	drafts      draftBucket
	costly      moment // when the document last took too many steps to read
}

// moment identifies a state of the document.
type moment struct{ version, edits uint64 }

// Access has the rights of a session on a record, and the text that its user was shown.
type Access struct {
	Credential string // for Records
	ReadOnly   bool
	Text       *Text // the record as the user was shown it; nil: not known
}

// SeededAt returns the version at which the document had nothing but the record's text, 0 if it did
// not begin with that.
func (r *Record) SeededAt() uint64 {
	if r == nil {
		return 0
	}
	return r.seeded
}

// Writer returns the credential of the peer that wrote last, if any did.
func (r *Record) Writer() (credential string, ok bool) {
	if r == nil {
		return "", false
	}
	return r.writer, r.written
}

// Clean reports whether the document has the text of the merge base.
func (r *Record) Clean() bool { return !r.dirty && r.base.known() }

// Unjournaled reports whether there is a note or a claim to be journaled.
func (r *Record) Unjournaled() bool {
	return r != nil && (r.unjournaled || r.claims != nil && r.claims.unjournaled > 0)
}

// HoldsRoom reports whether the room must not be unloaded. Edits that no known credential can save
// do not prevent that, as they stay in the store.
func (r *Record) HoldsRoom() bool {
	if r == nil {
		return false
	}
	savable := r.dirty && !r.failure.refused
	return r.Unjournaled() || r.queued || r.shown != nil || savable
}

// Preparing reports whether the document is being given its initial content. The lock need
// not be held.
func (r *Record) Preparing() bool { return r != nil && r.preparing.Load() > 0 }

// Close drops all that the Syncer has of the room, which is not used any more.
func (r *Record) Close() {
	if r != nil {
		r.claims.endWait()
		r.s.unsaved.remove(r)
		r.s.renderings.drop(r.room.Key().String())
	}
}

// Hold waits until nobody compares the document with its record or saves it, or ctx is done. If it
// has not waited in vain nobody does so until release is called. The room's lock must not be held.
func (r *Record) Hold(ctx context.Context) (release func()) {
	if r == nil || r.work.lock(ctx, nil) != nil {
		return func() {}
	}
	return r.work.unlock
}

// DropRendering drops the rendering of a document that is not edited for now.
func (r *Record) DropRendering() {
	if r != nil {
		r.s.renderings.drop(r.room.Key().String())
	}
}

// maxCredentials is how many users' credentials are tried for one purpose.
const maxCredentials = 4

// credentials returns the credentials to try, in order: of the last writer, of other peers that may
// write, of such a peer that has left, as the document may have edits of an earlier process, and
// the configured one, which is empty.
func (r *Record) credentials() (all []string) {
	if r.written {
		all = append(all, r.writer)
	}
	for credential := range r.room.Editors() {
		if len(all) < maxCredentials && !slices.Contains(all, credential) {
			all = append(all, credential)
		}
	}
	if r.hadEditor && !slices.Contains(all, r.editor) {
		all = append(all, r.editor)
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

// lock takes the room's lock for the holder of the work lock. While a sync worker waits for it
// another takes its place.
func (r *Record) lock() {
	if r.room.TryLock() {
		return
	}
	if w := r.work.worker; w != nil {
		w.beginWait()
		defer w.endWait()
	}
	r.room.Lock()
}

func (r *Record) unlock() { r.room.Unlock() }

// log returns the log with the room's name.
func (r *Record) log() *slog.Logger {
	return r.s.cfg().Log.With(slog.String("room", r.room.Key().String()))
}

func reason(err error) slog.Attr { return slog.String("reason", err.Error()) }

// published is the state of a room with regard to its record's published text. Some peers may see
// nothing else: they are in the room while the document has that text, and are closed before they
// are sent anything that is not published.
type published struct {
	current  bool      // the document has the published text
	revision Revision  // of that text
	hiddenAt uint64    // version of the last update that may contain unpublished text
	deniedAt time.Time // when the document was last found to have another text
}

// set notes that the document has the published text of a revision.
func (p *published) set(revision Revision) {
	p.current, p.revision, p.deniedAt = true, revision, time.Time{}
}
