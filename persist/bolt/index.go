package bolt

import (
	"slices"

	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// index knows which journal rows in the database are whose: for each room the
// sequence numbers, ascending.
type index map[wal.RoomID][]uint64

func (x index) add(id wal.RoomID, seq uint64) { x[id] = append(x[id], seq) }

func (x index) of(id wal.RoomID) []uint64 { return slices.Clone(x[id]) }

// covered returns the room's numbers up to and including through.
func (x index) covered(id wal.RoomID, through uint64) []uint64 {
	return slices.Clone(x[id][:x.upTo(id, through)])
}

// drop forgets the room's numbers up to and including through.
func (x index) drop(id wal.RoomID, through uint64) {
	if rest := x[id][x.upTo(id, through):]; len(rest) > 0 {
		x[id] = rest
	} else {
		delete(x, id)
	}
}

func (x index) upTo(id wal.RoomID, through uint64) int {
	n, found := slices.BinarySearch(x[id], through)
	if found {
		n++
	}
	return n
}
