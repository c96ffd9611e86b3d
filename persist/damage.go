package persist

import (
	"fmt"
	"time"
)

// Damage is something that a store found to be other than it was stored.
type Damage struct {
	Room   string    // whose it is; empty: of the whole store, or of a room that cannot be told
	Seq    uint64    // of the row; 0 for anything else
	Reason string    // for operators
	Time   time.Time // when it was found

	// Harmless says that nothing is lost by it: what is damaged could be made anew, or
	// is of a commit that had not ended.
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
