package outbox

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/civicpress/civic-realtime/persist"
)

// FileName is the name of the file in the data directory.
const FileName = "outbox.db"

// lockWait is how long Open tries for the lock of the file.
const lockWait = 200 * time.Millisecond

// Outbox is an open outbox. Its methods are those that package persist documents.
type Outbox struct {
	db *bbolt.DB

	use    sync.RWMutex // held by calls; Close takes it for itself
	closed bool

	mu      sync.Mutex // guards the rest
	count   int        // entries
	bytes   int64      // that they take
	waiting []*change  // for the next commit
	writing bool       // a goroutine commits
}

// Open opens the outbox in a data directory, which it makes if it is missing.
func Open(dir string, log *slog.Logger) (*Outbox, error) {
	path := filepath.Join(dir, FileName)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	o, err := open(path, log)
	if err == nil || !isDamage(err) {
		return o, err
	}
	aside := path + ".damaged-" + time.Now().UTC().Format("20060102T150405Z")
	if bad := os.Rename(path, aside); bad != nil {
		return nil, errors.Join(err, bad)
	}
	log.Error("outbox of webhooks is damaged: messages that waited in it are lost; it begins anew",
		slog.String("kept", aside), slog.String("reason", err.Error()))
	return open(path, log)
}

// isDamage reports whether a file is there that no outbox can be read from.
func isDamage(err error) bool {
	return !errors.Is(err, persist.ErrInUse) && !errors.Is(err, fs.ErrPermission) &&
		!errors.As(err, new(*fs.PathError))
}

func open(path string, log *slog.Logger) (*Outbox, error) {
	o := new(Outbox)
	err := guard(func() (err error) {
		o.db, err = bbolt.Open(path, 0o600, &bbolt.Options{
			Timeout: lockWait, FreelistType: bbolt.FreelistMapType, NoStatistics: true,
		})
		return err
	})
	if errors.Is(err, bbolterrors.ErrTimeout) {
		return nil, fmt.Errorf("%w: %s", persist.ErrInUse, path)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	lost := 0
	begin := func(tx *bbolt.Tx) error { return o.begin(tx, &lost) }
	err = guard(func() error { return o.db.Update(begin) })
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), o.db.Close())
	}
	if lost > 0 {
		log.Error("some records of the outbox of webhooks are damaged, and are dropped",
			slog.String("path", path), slog.Int("records", lost))
	}
	return o, nil
}

// begin makes the buckets, counts the entries, and drops damaged records.
func (o *Outbox) begin(tx *bbolt.Tx, lost *int) error {
	for _, name := range [][]byte{entryBucket, idBucket, markBucket} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	drop := func(b *bbolt.Bucket, bad func(key, value []byte) bool) error {
		var keys [][]byte
		err := b.ForEach(func(key, value []byte) error {
			if bad(key, value) {
				keys = append(keys, append([]byte{}, key...))
			}
			return nil
		})
		*lost += len(keys)
		for _, key := range keys {
			err = errors.Join(err, b.Delete(key))
		}
		return err
	}
	damagedEntry := func(key, value []byte) bool {
		e, ok := decode(key, value)
		if ok {
			o.count++
			o.bytes += persist.OutboxSize(e)
		}
		return !ok
	}
	damagedMark := func(key, value []byte) bool {
		_, ok := checked(key, value)
		return !ok
	}
	err := errors.Join(drop(tx.Bucket(entryBucket), damagedEntry),
		drop(tx.Bucket(markBucket), damagedMark))
	if *lost == 0 || err != nil {
		return err
	}
	return rebuildIDs(tx)
}

// rebuildIDs makes the bucket of ids anew.
func rebuildIDs(tx *bbolt.Tx) error {
	if err := tx.DeleteBucket(idBucket); err != nil {
		return err
	}
	ids, err := tx.CreateBucket(idBucket)
	if err != nil {
		return err
	}
	return tx.Bucket(entryBucket).ForEach(func(key, value []byte) error {
		e, _ := decode(key, value)
		return ids.Put(idKey(e.Queue, e.ID), keyOf(e.Seq))
	})
}

// guard turns a panic of bbolt, or a fault in its memory map, into an error.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("%w: %v", persist.ErrCorrupt, cause)
		}
	}()
	return f()
}
