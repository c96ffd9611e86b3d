package persist

import (
	"fmt"
	"time"
)

// Damage is a piece of stored data that was read back other than it was written, or not at all.
type Damage struct {
	Room   string    // empty: it is of the whole store, or of a room that is not known
	Seq    uint64    // of the row; 0: it is not about one row
	Reason string    // for operators
	Time   time.Time // when it was found

	// Harmless is set if nothing is lost: the damage could be repaired, or is in a commit that had
	// not ended.
	Harmless bool
}

func (d Damage) String() string {
	s := d.Reason
	if d.Seq != 0 {
		s = fmt.Sprintf("row %d: %s", d.Seq, s)
	}
	if d.Room != "" {
		s = fmt.Sprintf("room %q: %s", d.Room, s)
	}
	return s
}
