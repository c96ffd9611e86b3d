package recordsync

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// Records loads and saves the texts of records. Methods are called from several goroutines,
// never with a room's lock held, and may block until ctx is done. Errors must contain neither
// credentials nor text.
type Records interface {
	// Save makes markdown the draft of the room's record, with a user's credential, and
	// returns the record as it is then. since is the revision that markdown is based on,
	// empty if it is not known. If the record has another revision by now nothing is saved
	// and the error is a *ChangedError. After ErrCredential another credential may succeed;
	// any other error may be retried.
	Save(
		ctx context.Context, room roomkey.Key, credential string, since Revision, markdown string,
	) (Text, error)
	// Fetch returns the record as a user with the credential is shown it now.
	Fetch(ctx context.Context, room roomkey.Key, credential string) (Text, error)
	// Change returns how a record has changed since a revision.
	Change(since Revision, now Text) Change
	// IsDraft reports whether a revision is one of a draft.
	IsDraft(revision Revision) bool
	// LoadSnapshot returns the snapshot that is stored beside the record, nil if there is none.
	LoadSnapshot(ctx context.Context, room roomkey.Key, credential string) ([]byte, error)
	// SaveSnapshot stores a snapshot beside the record, where that is possible.
	SaveSnapshot(
		ctx context.Context, room roomkey.Key, credential string, snapshot []byte, version uint64,
	) error
}

// DocumentRecords are Records that are given more of a document than its text, or hold documents
// themselves.
type DocumentRecords interface {
	Records
	// HoldUpdates reports whether the content of records is Yjs updates (Text.Update, Draft.Update)
	// and not Markdown. It always returns the same.
	HoldUpdates() bool
	// SaveDraft is called in place of Save.
	SaveDraft(ctx context.Context, room roomkey.Key, d Draft) (Text, error)
}

// Draft is a document that is to be saved as the draft of its record.
type Draft struct {
	Credential string // of a user, as in Records.Save
	Since      Revision
	Markdown   string // empty with HoldUpdates
	Update     []byte // the whole document as a Yjs update (V1); only with HoldUpdates
	Version    uint64 // how many updates the document has
	// Writers are the credentials of the peers that have written since the last draft, at most
	// MaxWriters of them. A peer may be in two drafts if it wrote while the first was being saved.
	// Of edits that an earlier process has stored they are the ids of their users, as far as the
	// rows since the last snapshot have these.
	Writers []string
}

// MaxWriters bounds Draft.Writers.
const MaxWriters = 100

// Text is a record's text as one user is shown it.
type Text struct {
	Markdown string
	Update   []byte // in place of Markdown if the Records hold updates; empty: no content
	Title    string // of the record; empty if it is not known
	Revision Revision
	// ShowsDrafts is set if the user is shown drafts. Otherwise there may be a draft with
	// another text, which an editor would be shown.
	ShowsDrafts bool
	// Draft is set if the text is a draft, and not published.
	Draft bool
	// FetchedAt is when the text was requested. Zero: it counts as the newest.
	FetchedAt time.Time
}

// Revision identifies a state of a record across restarts: at most MaxRevision bytes,
// opaque, equal for equal states, empty if it is not known.
type Revision string

// MaxRevision is the length of the longest Revision that is stored, in bytes. A longer one
// counts as not known, so that the record seems to have changed.
const MaxRevision = 512

// Change is the difference between two revisions of a record.
type Change int

// The kinds of change.
const (
	Unchanged Change = iota
	Edited           // a draft was saved, or begun, by another program
	Published
	Discarded // the draft is gone, and was not published
	Touched   // the record has changed, and not its text
)

var changeNames = [...]string{"unchanged", "edited", "published", "discarded", "touched"}

func (c Change) String() string { return changeNames[c] }

// ErrCredential is returned by Records for a credential without the permission that the call
// needs. Another user's may have it.
var ErrCredential = errors.New("credential does not permit it")

// ErrNoRecord is returned by Records for a room that has no record. Its document begins
// empty and is stored nowhere but in the store of rooms.
var ErrNoRecord = errors.New("room has no record")

// ErrNew is returned by Records.Fetch for a record that does not exist, if Save creates it. It is
// an ErrNoRecord. The document begins empty. If the record was there before, it counts as deleted.
var ErrNew = fmt.Errorf("%w: it is not there yet", ErrNoRecord)

// ErrGone is returned by Records for a record that does not exist, if the user of the credential is
// shown all records. It is an ErrNoRecord. A record that has the room's name later is a different
// record.
var ErrGone = fmt.Errorf("%w: it is not there", ErrNoRecord)

// ChangedError is returned by Records.Save for a record that no longer has the revision
// that the text is based on.
type ChangedError struct {
	Change Change
	Now    Text // to merge with, and to base the next attempt on
}

func (e *ChangedError) Error() string { return fmt.Sprintf("record was %v meanwhile", e.Change) }

// Claims is shared by the nodes that may have a room, one after the other, so that no node saves a
// draft of a room that another has by now, and none takes a draft of another for an external
// change. Methods are called without a room's lock, and may block until ctx is done.
type Claims interface {
	// Claim confirms that this node has the room, and stores the hash of a text that is about to be
	// saved as its draft, at a version. The draft must not be saved after the deadline.
	Claim(ctx context.Context, room, hash string, version uint64) (deadline time.Time, err error)
	// Claimed returns the hashes of the last texts that any node was about to save, newest first.
	Claimed(ctx context.Context, room string) (hashes []string, err error)
	// Confirm returns nil if this node has the room.
	Confirm(ctx context.Context, room string) error
}

// Room is the room of a record: its document and its peers. Its lock guards fields of the Record as
// well.
type Room interface {
	Key() roomkey.Key

	// TryLock takes the room's lock unless that is held. Lock waits for it.
	TryLock() bool
	Lock()
	Unlock()

	// These are called without the lock.

	// Recover is deferred by each goroutine that works on the room: a panic ends that room only.
	Recover()
	// Quarantine moves a damaged stored state away, so that the room can begin with the
	// record's text.
	Quarantine(ctx context.Context) error
	// DropDeleted removes deleted content from the document. It returns false if it cannot.
	DropDeleted() bool
	// OverBudget notes that the document takes too many steps to read.
	OverBudget()

	// All others are called with the lock held.

	// Closed reports whether the room is not to be used any more.
	Closed() bool
	// FlushSoon makes the room journal the update that was applied, or the Record's note and
	// claims. Then it calls RowDurable, or before that RowDelayed.
	FlushSoon(now time.Time)
	// Delayed reports whether a row is not durable, and the store has taken long for it.
	Delayed() bool
	// Reschedule makes the room call Record.Due again.
	Reschedule()

	// Version returns how many updates the document has.
	Version() uint64
	// State returns the document's state, or a compressed snapshot if the room is compressed.
	// The room does not write to it any more.
	State() (state []byte, compressed bool)
	// Compressed reports whether State would be compressed.
	Compressed() bool
	// Document returns the document, not compressed. It is valid until the lock is released.
	Document() (*ydoc.Doc, error)
	// Apply merges an update that no peer has made, and that has no author.
	Apply(update yjs.CheckedUpdate)
	// ApplySnapshot merges the state of a snapshot with its authors, and raises the version to the
	// snapshot's.
	ApplySnapshot(state yjs.CheckedUpdate, version uint64, authors []byte)
	// Authors returns the authors of the document as snapshots have them (snapshot.Fields).
	Authors() []byte

	// Occupied reports whether the room has peers.
	Occupied() bool
	// Editors yields the credentials of the peers that may write.
	Editors() iter.Seq[string]
	// Notify sends a notice to the peers whose protocol has a form for it.
	Notify(level, text string)
	// DraftSaved is called when a draft was saved that has the text of a version of the document;
	// DraftsFail when drafts have failed for Drafts.Patience, and DraftsWork when one is saved
	// after that.
	DraftSaved(version uint64)
	DraftsFail()
	DraftsWork()
	// CloseRestricted closes the peers that may see only published text.
	CloseRestricted()
}
