package bolt

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// Load reads in a transaction of its own. It waits for the writer only while that is dropping
// rooms.
func (s *Store) Load(
	ctx context.Context, room string,
) (snapshot []byte, journal [][]byte, err error) {
	l, err := s.loadRoom(ctx, room)
	if err != nil {
		return nil, nil, err
	}
	return l.snapshot, l.journal, nil
}

func (s *Store) loadRoom(ctx context.Context, room string) (*loader, error) {
	if err := persist.CheckRoom(room); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l := &loader{room: room, id: wal.IDOf(room)}
	err := s.read(ctx, room, func() { l.take(s) }, l.load)
	if errors.Is(err, persist.ErrCorrupt) {
		s.counters.damage.Add(1)
	}
	return l, err
}

// read calls take under mu, to copy parts of the index and pending rows, and then view, to read the
// database. The index is copied before the transaction begins: every row in it is then in the
// database or covered by the snapshot there, whatever is committed in between, or its room was
// dropped, and then read begins anew.
func (s *Store) read(
	ctx context.Context, room string, take func(), view func(*bbolt.Tx) error,
) error {
	for {
		s.mu.Lock()
		take()
		drops, dropped, readers := s.drops, false, s.readers
		s.mu.Unlock()
		err := guard(func() error {
			return readers.view(s.db, func(tx *bbolt.Tx) error {
				if dropped = tx.Bucket(expiryBucket).Sequence() != drops; dropped {
					return nil
				}
				return view(tx)
			})
		})
		if err != nil || !dropped {
			return readError(room, err)
		}
		if err := s.acquire(ctx); err != nil { // waits until the index has lost the room too
			return err
		}
		s.release()
	}
}

// readError returns the error of a call that reads, for a failed transaction.
func readError(room string, err error) error {
	var corrupt *persist.CorruptError
	switch {
	case errors.Is(err, bbolterrors.ErrDatabaseNotOpen):
		return persist.ErrClosed
	case room != "" && errors.Is(err, persist.ErrCorrupt) && !errors.As(err, &corrupt):
		return fmt.Errorf("room %q: %w", room, err)
	}
	return err
}

// loader is one call of Load under way.
type loader struct {
	room    string
	id      wal.RoomID
	seqs    []uint64  // rows in the database
	pending []wal.Row // rows of any room that may not be in the database

	snapshot []byte
	through  uint64 // the last row that it covers
	journal  [][]byte
	numbers  []uint64 // of the rows in journal
}

// take copies the row numbers and pending rows. mu is held.
func (l *loader) take(s *Store) { l.seqs, l.pending = s.index.of(l.id), s.pending }

func (l *loader) load(tx *bbolt.Tx) error {
	if err := damageOf(tx, l.id, l.room); err != nil {
		return err
	}
	snapshot, through, err := getSnapshot(tx, l.room)
	if err != nil {
		return &persist.CorruptError{Room: l.room, Reason: err.Error()}
	}
	l.snapshot, l.through = snapshot, through
	rows := slices.Concat(readRows(tx, l.id, l.seqs, through), l.unflushedRows(through))
	for _, r := range rows {
		blob, err := r.Blob(l.room)
		if err != nil {
			return &persist.CorruptError{Room: l.room, Seq: r.Key.Seq(), Reason: err.Error()}
		}
		l.journal, l.numbers = append(l.journal, blob), append(l.numbers, r.Key.Seq())
	}
	return nil
}

// readRows returns copies of those of the rows that the snapshot does not cover. A missing row has
// no value.
func readRows(tx *bbolt.Tx, id wal.RoomID, seqs []uint64, through uint64) (rows []wal.Row) {
	b := tx.Bucket(journalBucket)
	for _, seq := range seqs {
		if seq > through {
			key := wal.KeyOf(seq, id)
			rows = append(rows, wal.Row{Key: key, Value: getBlob(b, key[:])})
		}
	}
	return rows
}

func (l *loader) unflushedRows(through uint64) (rows []wal.Row) {
	for _, r := range l.pending {
		if r.Key.Room() == l.id && r.Key.Seq() > through {
			rows = append(rows, wal.Row{Key: r.Key, Value: slices.Clone(r.Value)})
		}
	}
	return rows
}
