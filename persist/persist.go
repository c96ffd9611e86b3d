// Package persist says what a store of rooms must do. Each backend has a folder
// of its own; Memory, in this one, is the plainest. The suite in storetest holds
// every backend to what is written here.
//
// # What is kept
//
// A store keeps rooms apart by their key, any string of 1 to MaxRoom bytes. A room
// has at most one snapshot, a journal of rows, and versions, which are snapshots that
// it had. All are blobs: nothing looks
// inside them, and they may be empty. A snapshot or a row of 16 MiB must fit.
// A room that nothing was ever stored for is empty, not an error.
//
//	Load(ctx, room) (snapshot []byte, journal [][]byte, err error)
//
// returns the newest snapshot, nil if there is none, and the rows appended after
// what it covers, oldest first.
//
//	Append(ctx, rows []Row) error
//
// adds each row's Data to the journal of its Room and sets its answer: Seq, or Err where the
// store refuses the row. A nil return means that every row has its answer, and that those
// without an Err are durable. A refused row holds up no other, but for rows of the same room
// after it, which are refused too. The rows that one call accepts are one commit: after a crash
// all of them are there or none. An error is of the whole commit: nothing is known to be
// stored, and the answers say nothing. A room may occur more than once. Sequence numbers
// ascend in the order of the rows and across rooms for as long as the store exists, through
// restarts and truncation, with gaps where an Append failed.
//
//	SaveSnapshot(ctx, room, snapshot []byte, through uint64) error
//
// replaces the room's snapshot and drops its rows up to and including through, in
// one commit. Rows after through stay, and so do all other rooms. A through beyond
// the newest number covers the rows there are, not those to come.
//
//	KeepVersion(ctx, room, why string, snapshot []byte) error
//	Versions(ctx, room) ([]Version, error)
//	Version(ctx, room, id uint64) ([]byte, error)
//
// keep a snapshot beside the room's own, list those that are kept, oldest first, and
// return one. SaveSnapshot too keeps the snapshot that it replaces when the newest it
// kept so is older than Retention.VersionInterval, or of a time to come, as a clock that
// ran ahead says, or when there is none. Of either
// sort a room has at most Retention.Versions: one more drops the oldest of its sort.
// A replaced snapshot that is damaged is not kept, and stops nothing.
//
//	Expire(ctx, room, at time.Time) error
//	DropExpired(ctx, now time.Time) (rooms int, err error)
//
// have a room, with all that is kept of it, dropped by the first DropExpired whose now
// is not before at. An Append or SaveSnapshot of that room in between, or an Expire with
// the zero time, takes that back; another Expire replaces it. A room that nothing is
// stored for does not expire. After an error rooms says how many were dropped before.
//
//	Quarantine(ctx, room) error
//
// moves the room's snapshot and its rows out of the way, in one commit: the room is empty
// then, but for its versions. A store that is durable keeps what it moved, damaged as it
// may be, for people to look at.
//
//	Rooms(ctx) ([]Room, error)
//
// lists the rooms that something is stored for, in order of their keys. With an
// ErrCorrupt it lists those that can be told.
//
//	Close() error
//
// waits for calls under way, makes durable what is not, and lets go of the store.
// Closing again does nothing. Every other call after it fails with ErrClosed.
//
// # When it returns
//
// What a call stored or dropped without error survives the death of the process,
// unless the backend keeps nothing at all (Memory), and of the machine, unless its
// documentation says otherwise. After an error it is unknown whether anything was
// stored. Storing the same again is right: a room's rows are updates that may be
// applied twice.
//
// # Concurrency
//
// Append is called from one goroutine at a time, all else from any number of others
// meanwhile. What reads sees every call that returned before it began, and never half
// of one.
//
// # Contexts
//
// A context that has ended before the store began to write stops the call with the
// context's error and nothing stored. A commit that has begun is carried through.
//
// # Ownership
//
// A store keeps nothing of its arguments once it returned. What Load returns is the
// caller's, to change and to keep after Close.
//
// # Damage
//
// A store that reads back something other than was written fails the Load of that
// room, or the Version, with a *CorruptError, and goes on serving all others. It never returns less
// than was stored as if that were all, and it takes no snapshot in the place of what is damaged:
// until Quarantine the room fails, through restarts.
//
//	Damage() []Damage
//
// lists what was found when the store was opened: rooms that fail, what was lost of which it
// cannot be said whose it was, and what was damaged but could be made anew. A commit
// that had not returned when the process ended, and is not there whole, is listed as harmless.
//
//	Healthy() error
//
// fails while what the store holds is out of reach, so that nothing can be stored: its files
// were deleted or replaced. It is noticed within seconds and waits for nobody; Append and all
// that writes fails from then on, too, until they are back.
package persist

import (
	"errors"
	"fmt"
)

// MaxRoom is the longest key of a room in bytes: a record id of 255 and a kind of 7.
const MaxRoom = 262

// Row is a row to be appended and, once Append has returned, the answer about it. It is an
// alias of a struct type, which engine declares the same, so that neither package imports the
// other.
type Row = struct {
	Room string
	Data []byte // borrowed by Append
	Seq  uint64 // the row's number; set by Append, 0 if it was refused
	Err  error  // why the row was refused; set by Append, nil if it is durable
}

// What a store can fail with, besides a context's error and those of its medium.
var (
	ErrClosed  = errors.New("store is closed")
	ErrInUse   = errors.New("store is in use by another process")
	ErrCorrupt = error(damaged("stored data is damaged"))
	ErrGone    = errors.New("store is not where it was opened any more")
	ErrFormat  = errors.New("store has a layout this program does not know")
	ErrRoom    = errors.New("not a room's key")
)

// damaged is an error that says by its method what kind it is, for those who do not know
// this package.
type damaged string

func (d damaged) Error() string { return string(d) }

// Damaged marks the kind.
func (damaged) Damaged() {}

// CorruptError says what of which room cannot be read. It is an ErrCorrupt.
type CorruptError struct {
	Room   string
	Seq    uint64 // of the row; 0 for the snapshot
	ID     uint64 // of the version; 0 for the snapshot
	Reason string
}

func (e *CorruptError) Error() string {
	switch {
	case e.ID != 0:
		return fmt.Sprintf("%v: version %d of room %q: %s", ErrCorrupt, e.ID, e.Room, e.Reason)
	case e.Seq == 0:
		return fmt.Sprintf("%v: snapshot of room %q: %s", ErrCorrupt, e.Room, e.Reason)
	}
	return fmt.Sprintf("%v: row %d of room %q: %s", ErrCorrupt, e.Seq, e.Room, e.Reason)
}

func (e *CorruptError) Unwrap() error { return ErrCorrupt }

// CheckRoom returns an ErrRoom unless room can be a room's key.
func CheckRoom(room string) error {
	if len(room) == 0 || len(room) > MaxRoom {
		return fmt.Errorf("%w: %d bytes long", ErrRoom, len(room))
	}
	return nil
}

// CheckRows resets the answers of rows, refuses those whose room cannot be a key, and returns
// how many are left to be stored.
func CheckRows(rows []Row) (left int) {
	for i := range rows {
		r := &rows[i]
		if r.Seq, r.Err = 0, CheckRoom(r.Room); r.Err == nil {
			left++
		}
	}
	return left
}
