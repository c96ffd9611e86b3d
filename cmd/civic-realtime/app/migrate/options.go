package migrate

import "github.com/civicpress/civic-realtime/codec/snapshot"

// Existing says what is done with a document whose room has other content.
type Existing int

// What is done.
const (
	Refuse  Existing = iota // it fails
	Skip                    // it is left out
	Merge                   // both are merged, as Yjs merges documents
	Replace                 // the room's content is kept as a version, and replaced
)

// Options are those of an import.
type Options struct {
	Rooms     Rooms
	Existing  Existing
	Partly    bool // documents that are not whole are imported, too
	DryRun    bool // nothing is stored
	Algorithm snapshot.Algorithm

	// DocumentBytes is the size of the largest document that can be edited. Larger ones are
	// imported, with a remark.
	DocumentBytes int

	// Each is called for each problem when it is found; nil: for none.
	Each func(Problem)
}
