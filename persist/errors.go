package persist

import (
	"errors"
	"fmt"
)

// Errors of stores, besides those of contexts and of their media.
var (
	ErrClosed  = errors.New("store is closed")
	ErrInUse   = errors.New("store is in use by another process")
	ErrCorrupt = error(damaged("stored data is damaged"))
	ErrGone    = errors.New("store is not where it was opened any more")
	ErrFormat  = errors.New("store has a layout this program does not know")
	ErrRoom    = errors.New("not a room's key")
)

// damaged is an error that packages which do not import this one can recognize by its method.
type damaged string

func (d damaged) Error() string { return string(d) }

// Damaged marks the error.
func (damaged) Damaged() {}

// CorruptError names the snapshot, the row or the version that cannot be read. It is an ErrCorrupt.
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
