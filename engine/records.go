package engine

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Records is where the texts of records are, beside the Store: an editor's room
// begins with one, and is saved as one. Without it (Config.Records) rooms begin
// empty. It is called from several goroutines, never with a room's lock held, and
// may block until ctx is done. No error of its may contain a credential or text.
type Records interface {
	// Save makes markdown the draft of a room's record, in the name of a credential's
	// bearer, and returns what the record is then. since is what it goes back to, ""
	// if that is not known. When the record is something else by now nothing is saved
	// and the error is a *ChangedError; ErrCredential is one that may not save; any
	// other may be tried again.
	Save(ctx context.Context, room, credential string, since Mark, markdown string) (Text, error)
	// Look returns the record as it is now, as a credential's bearer is shown it.
	Look(ctx context.Context, room, credential string) (Text, error)
	// Change says what has happened to a record since.
	Change(since Mark, now Text) Change
	// IsDraft says whether a mark is one of a draft.
	IsDraft(mark Mark) bool
	// LoadSnapshot returns a snapshot that was kept beside the record, nil if there is none.
	LoadSnapshot(ctx context.Context, room, credential string) ([]byte, error)
	// SaveSnapshot keeps a snapshot beside the record, where that is possible.
	SaveSnapshot(ctx context.Context, room, credential string, snapshot []byte, version uint64) error
}

// Text is a record's text as somebody is shown it.
type Text struct {
	Markdown string
	Title    string // of the record; empty if it is not known
	Mark     Mark
	// Whole: drafts are shown to who this is shown to. Otherwise there may be a draft
	// with another text, and this one proves nothing about what an editor would see.
	Whole bool
	// Draft: it is not what is published.
	Draft bool
	// Asked is when it was asked for. Zero: it is taken for the newest.
	Asked time.Time
}

// Mark is how Records knows a text again, across restarts: at most MaxMark bytes,
// opaque, equal for equal states of a record, empty if that is not known.
type Mark string

// Change is what has happened to a record between two looks at it.
type Change int

// The changes that can be told apart.
const (
	Unchanged Change = iota
	Edited           // a draft was saved, or begun, by somebody else
	Published
	Discarded // the draft is gone, and was not published
	Touched   // something beside the text
)

var changes = [...]string{"unchanged", "edited", "published", "discarded", "touched"}

func (c Change) String() string { return changes[c] }

// ErrCredential is returned by Records for a credential that may not do what was
// asked. Another user's may.
var ErrCredential = errors.New("credential does not permit it")

// ErrNoRecord is returned by Records for a room that is not a record's. It begins
// empty and is saved nowhere but in the Store.
var ErrNoRecord = errors.New("room has no record")

// ErrGone is returned by Records for a record that is not there, as somebody knows from
// whom none is hidden. It is an ErrNoRecord. What is under the room's name later is another record.
var ErrGone = fmt.Errorf("%w: it is not there", ErrNoRecord)

// ChangedError is returned by Records.Save for a record that is no longer what the
// text goes back to.
type ChangedError struct {
	Change Change
	Now    Text // what to merge with, and base the next attempt on
}

func (e *ChangedError) Error() string { return fmt.Sprintf("record was %v meanwhile", e.Change) }

// Archive is what a Store can do that keeps more of a room than how it is now.
type Archive interface {
	// KeepVersion keeps a snapshot beside the room's own, with the reason.
	KeepVersion(ctx context.Context, room, why string, snapshot []byte) error
	// Expire has the room, with all that is kept of it, dropped after a time unless it
	// is written to before; the zero time takes that back.
	Expire(ctx context.Context, room string, at time.Time) error
	// DropExpired drops the rooms whose time has come, and says how many those were.
	DropExpired(ctx context.Context, now time.Time) (rooms int, err error)
}
