package stored

import (
	"cmp"
	"fmt"

	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// Stat returns the version and the incarnation of the document that Read returns, without reading
// that: of damaged data it may return both.
func Stat(blob []byte, rows [][]byte) (version, incarnation uint64, err error) {
	if blob != nil {
		h, err := snapshot.Stat(blob)
		if err != nil {
			return 0, 0, fmt.Errorf("snapshot: %w", err)
		}
		version, incarnation = h.Version, h.Incarnation
	}
	for i, row := range rows {
		v, f, _, err := SplitRow(row)
		if err != nil {
			return 0, 0, fmt.Errorf("row %d of %d: %w", i+1, len(rows), err)
		}
		version = max(version, v)
		incarnation = cmp.Or(f.Incarnation, incarnation)
	}
	return version, incarnation, nil
}
