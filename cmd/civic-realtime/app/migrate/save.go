package migrate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/snapshots"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/persist"
)

// Store is a store that documents are imported into.
type Store interface {
	snapshots.Source
	KeepVersion(
		ctx context.Context, room string, v persist.Version, snapshot []byte,
	) (id uint64, err error)
	SaveSnapshot(ctx context.Context, room string, snapshot []byte, through uint64) error
}

// BeforeImport is the reason of the version that keeps the content before an import.
const BeforeImport = "before import"

// Errors that are about one document.
var (
	errExists = errors.New("its room has other content: --merge merges both, --overwrite replaces that, --skip leaves the document out")
	errStored = errors.New("what is stored of its room cannot be read; civic-realtime repair shows what can be had")

	errDeleted = errors.New("a document that was deleted does not come back by an import, " +
		"unless civic-realtime undelete has lifted that on the running server")
)

// outcome says what became of a document.
type outcome int

const (
	imported outcome = iota
	merged
	replaced
	present
	skipped
)

// incoming is a document that is to be stored.
type incoming struct {
	room    roomkey.Key
	doc     *ydoc.Doc
	updates int // how many made it
}

// save stores a document. It returns what it did, or would do if this is a trial.
func (o *Options) save(ctx context.Context, st Store, d incoming) (outcome, error) {
	blob, rows, err := st.Load(ctx, d.room.String())
	if err != nil {
		return 0, err
	}
	if blob == nil && len(rows) == 0 {
		return imported, o.store(ctx, st, d.room, d.begin(0), nil)
	}
	old, err := snapshots.Read(ctx, st, d.room, 0)
	if errors.Is(err, snapshots.ErrDeleted) {
		return 0, fmt.Errorf("%w: %w", err, errDeleted)
	}
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errStored, err)
	}
	doc, err := ydoc.Load(old.State)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errStored, err)
	}
	return o.saveOver(ctx, st, d, old, doc)
}

// saveOver stores a document in a room that has the document there.
func (o *Options) saveOver(
	ctx context.Context, st Store, d incoming, old snapshots.State, there *ydoc.Doc,
) (outcome, error) {
	u := yjs.Trust(d.doc.AppendState(nil))
	known := there.Contains(u)
	switch {
	case known && (o.Existing != Replace || d.doc.Contains(yjs.Trust(old.State))):
		return present, nil
	case isEmpty(there):
		return imported, o.store(ctx, st, d.room, next(old, there, u), nil)
	case o.Existing == Skip:
		return skipped, nil
	case o.Existing == Merge:
		return merged, o.store(ctx, st, d.room, next(old, there, u), &old)
	case o.Existing == Replace:
		return replaced, o.store(ctx, st, d.room, d.begin(old.Incarnation), &old)
	}
	return 0, errExists
}

// next returns the state of a room after an update of the document there.
func next(old snapshots.State, there *ydoc.Doc, u yjs.CheckedUpdate) snapshot.Snapshot {
	there.Apply(u)
	s := old.Snapshot
	s.State, s.Version = there.AppendState(nil), s.Version+1
	return s
}

// begin returns the document as the first state of a room, after one of an earlier incarnation; 0:
// there was none.
func (d incoming) begin(earlier uint64) snapshot.Snapshot {
	return snapshot.Snapshot{
		Version: uint64(max(d.updates, 1)), State: d.doc.AppendState(nil),
		Incarnation: snapshot.LaterIncarnation(time.Now().UnixMilli(), earlier),
	}
}

// store makes s the content of a room, after it has kept what was there as a version, unless that
// is nil.
func (o *Options) store(
	ctx context.Context, st Store, room roomkey.Key, s snapshot.Snapshot, old *snapshots.State,
) error {
	if o.DryRun {
		return nil
	}
	if old != nil {
		blob, err := old.Encode(o.Algorithm)
		if err == nil {
			before := persist.Version{Why: BeforeImport}
			_, err = st.KeepVersion(ctx, room.String(), before, blob)
		}
		if err != nil {
			return err
		}
	}
	blob, err := snapshot.Append(nil, s, o.Algorithm)
	if err != nil {
		return err
	}
	return st.SaveSnapshot(ctx, room.String(), blob, math.MaxUint64)
}
