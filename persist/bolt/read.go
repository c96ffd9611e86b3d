package bolt

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/civicpress/civic-realtime/persist"
)

// Load reads in a transaction of its own and waits for no writer.
func (s *Store) Load(ctx context.Context, room string) (snapshot []byte, journal [][]byte, err error) {
	if err := persist.CheckRoom(room); err != nil {
		return nil, nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	// The index before the transaction: every row it names is then in the database
	// or covered by the snapshot there, whatever is committed in between.
	l := loader{room: room, id: idOf(room)}
	s.mu.Lock()
	l.seqs, l.pending = s.index.of(l.id), s.pending
	s.mu.Unlock()
	if err := guard(func() error { return s.db.View(l.load) }); err != nil {
		return nil, nil, readError(room, err)
	}
	return l.snapshot, l.journal, nil
}

func readError(room string, err error) error {
	var corrupt *persist.CorruptError
	switch {
	case errors.Is(err, bbolterrors.ErrDatabaseNotOpen):
		return persist.ErrClosed
	case errors.Is(err, persist.ErrCorrupt) && !errors.As(err, &corrupt):
		return fmt.Errorf("room %q: %w", room, err)
	}
	return err
}

// loader is one Load under way.
type loader struct {
	room    string
	id      roomID
	seqs    []uint64 // rows in the database
	pending []row    // rows of any room that may not be

	snapshot []byte
	journal  [][]byte
}

func (l *loader) load(tx *bbolt.Tx) error {
	snapshot, through, err := getSnapshot(tx, l.room)
	if err != nil {
		return &persist.CorruptError{Room: l.room, Reason: err.Error()}
	}
	l.snapshot = snapshot
	rows := slices.Concat(readRows(tx, l.id, l.seqs, through), l.pendingRows(through))
	for _, r := range rows {
		blob, err := r.blobOf(l.room)
		if err != nil {
			return &persist.CorruptError{Room: l.room, Seq: r.key.seq(), Reason: err.Error()}
		}
		l.journal = append(l.journal, blob)
	}
	return nil
}

// readRows returns copies of those of the rows that the snapshot does not cover.
// One that is missing has no value.
func readRows(tx *bbolt.Tx, id roomID, seqs []uint64, through uint64) (rows []row) {
	b := tx.Bucket(journalBucket)
	for _, seq := range seqs {
		if seq > through {
			key := keyOf(seq, id)
			rows = append(rows, row{key, getParts(b, key[:])})
		}
	}
	return rows
}

func (l *loader) pendingRows(through uint64) (rows []row) {
	for _, r := range l.pending {
		if r.key.room() == l.id && r.key.seq() > through {
			rows = append(rows, row{r.key, slices.Clone(r.value)})
		}
	}
	return rows
}
