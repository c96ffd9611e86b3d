package stored

import (
	"bytes"
	"cmp"
	"fmt"

	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// emptyUpdate is an update with nothing in it, and the state of a document without content.
var emptyUpdate = []byte{0, 0}

// Stat returns the version and the incarnation of the document that Read returns, without reading
// that: of damaged data it may return both. empty is set if nothing was written in it.
func Stat(blob []byte, rows [][]byte) (version, incarnation uint64, empty bool, err error) {
	empty = true
	if blob != nil {
		h, err := snapshot.Stat(blob)
		if err != nil {
			return 0, 0, false, fmt.Errorf("snapshot: %w", err)
		}
		version, incarnation, empty = h.Version, h.Incarnation, h.Size <= uint64(len(emptyUpdate))
	}
	for i, row := range rows {
		v, f, update, err := SplitRow(row)
		if err != nil {
			return 0, 0, false, fmt.Errorf("row %d of %d: %w", i+1, len(rows), err)
		}
		version = max(version, v)
		incarnation = cmp.Or(f.Incarnation, incarnation)
		empty = empty && bytes.Equal(update, emptyUpdate)
	}
	return version, incarnation, empty, nil
}
