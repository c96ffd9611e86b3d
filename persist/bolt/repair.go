package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"math/bits"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/pages"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

const (
	newName     = dbName + ".new"      // a database that is being made of a damaged one
	damagedName = dbName + ".damaged-" // with a time behind it: a database that was replaced
	stamp       = "20060102T150405.000Z"
)

// repairDB reads every page of the database before bbolt does. If some are damaged, all that can be
// read becomes a new database, and the damaged one is kept under another name. The manifest shows
// which rooms lack something then.
func repairDB(dir string, cfg Config) (report []persist.Damage, err error) {
	path := filepath.Join(dir, dbName)
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, checkMissing(dir, cfg.Accept)
	}
	if err != nil {
		return nil, openError(dir, err)
	}
	defer file.Close()
	if err := pages.Lock(file, lockWait); err != nil {
		return nil, fmt.Errorf("%w: %s", persist.ErrInUse, dir)
	}
	info, err := file.Stat()
	if err != nil || info.IsDir() {
		return nil, err
	}
	if info.Size() == 0 {
		return nil, checkMissing(dir, cfg.Accept)
	}
	m, err := pages.Open(file, info.Size())
	if err != nil && !cfg.Accept {
		return nil, nil // bbolt returns the error
	}
	if err != nil {
		return replaceDamaged(dir, err, cfg.Clock(), os.Rename)
	}
	w := &pages.Walker{File: m}
	if err := w.Walk(); err != nil || w.Faulty == 0 {
		return nil, err
	}
	if err := rebuild(filepath.Join(dir, newName), m, cfg.Accept); err != nil {
		return nil, fmt.Errorf("%s: %w: %w; %w; %s",
			path, persist.ErrCorrupt, w.Faults[0], err, seeRepair)
	}
	why := fmt.Errorf("%d places are damaged, the first: %w", w.Faulty, w.Faults[0])
	return replaceDamaged(dir, why, cfg.Clock(), replaceDB)
}

// replaceDamaged calls move to give a damaged database another name, and returns a report of that.
func replaceDamaged(
	dir string, why error, now time.Time, move func(path, renamed string) error,
) ([]persist.Damage, error) {
	name := damagedName + now.UTC().Format(stamp)
	if err := move(filepath.Join(dir, dbName), filepath.Join(dir, name)); err != nil {
		return nil, err
	}
	const format = "%s: %v; it is kept as %s, and what could be read of it is in use"
	return []persist.Damage{{Time: now, Reason: fmt.Sprintf(format, dbName, why, name)}}, nil
}

// replaceDB renames the old database, and the new one to its name. Where the file system has hard
// links there is a database at path at every moment.
func replaceDB(path, renamed string) error {
	if os.Link(path, renamed) != nil {
		if err := os.Rename(path, renamed); err != nil {
			return err
		}
	}
	made := filepath.Join(filepath.Dir(path), newName)
	return errors.Join(os.Rename(made, path), wal.SyncName(path))
}

// rebuild makes a new database at path of all that can be read of a damaged one. Unless anything is
// set, it fails if that does not show which rooms there were.
func rebuild(path string, m *pages.File, anything bool) (err error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	options := &bbolt.Options{NoSync: true, FreelistType: bbolt.FreelistMapType}
	db, err := bbolt.Open(path, 0o600, options)
	if err != nil {
		return err
	}
	c := &rebuilder{db: db}
	w := &pages.Walker{File: m, Bucket: c.bucketFound, Value: c.valueFound}
	if err = errors.Join(w.Walk(), c.end()); err == nil {
		err = db.Update(complete)
	}
	if err == nil && anything {
		err = prepare(db)
	} else if err == nil {
		err = db.View(provable)
	}
	if err == nil {
		err = db.Sync()
	}
	if err = errors.Join(err, db.Close()); err != nil {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}

// complete adds buckets that are missing.
func complete(tx *bbolt.Tx) error {
	found := layout1
	if tx.Bucket(versionBucket) != nil {
		found = layout2
	}
	names := [][]byte{metaBucket, journalBucket, snapshotBucket}
	if tx.Bucket(roomBucket) != nil {
		found = layout
	}
	if found != layout1 {
		names = append(names, versionBucket, expiryBucket)
	}
	if found == layout {
		names = append(names, damageBucket, quarantineBucket)
	}
	for _, name := range names {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	if meta := tx.Bucket(metaBucket); meta.Get(formatKey) == nil || found == layout {
		return meta.Put(formatKey, []byte(found))
	}
	return nil
}

var errUnproven = errors.New("it does not show any more which rooms there were")

// provable fails unless the manifest shows which data is missing.
func provable(tx *bbolt.Tx) error {
	if tx.Bucket(roomBucket) == nil {
		return errUnproven
	}
	x, err := verify(tx, time.Now, false)
	if err != nil {
		return err
	}
	if !x.sumsWhole && (len(x.faults) > 0 || len(x.stored) == 0 || len(x.stored) != len(x.rooms)) {
		return errUnproven
	}
	return nil
}

// rebuilder copies the buckets and values that a Walker finds to another database.
type rebuilder struct {
	db   *bbolt.DB
	tx   *bbolt.Tx
	size int // of the keys and values in tx, in bytes
}

// maxRebuildTx is how much one transaction of a rebuilder takes, in bytes.
const maxRebuildTx = 4 << 20

func (c *rebuilder) bucketFound(path [][]byte, sequence uint64) error {
	b, err := c.bucket(path)
	if err != nil || b == nil {
		return err
	}
	return b.SetSequence(sequence)
}

func (c *rebuilder) valueFound(path [][]byte, key, value []byte) error {
	if c.size += len(key) + len(value); c.size > maxRebuildTx {
		if err := c.end(); err != nil {
			return err
		}
	}
	b, err := c.bucket(path)
	if err != nil || b == nil || len(key) > bbolt.MaxKeySize || b.Bucket(key) != nil {
		return err
	}
	return b.Put(key, value)
}

func (c *rebuilder) end() error {
	if c.tx == nil {
		return nil
	}
	err := c.tx.Commit()
	c.tx, c.size = nil, 0
	return err
}

// bucket returns the bucket at path, which is made if it is missing; nil if there can be none.
func (c *rebuilder) bucket(path [][]byte) (b *bbolt.Bucket, err error) {
	if len(path) == 0 {
		return nil, nil
	}
	if c.tx == nil {
		if c.tx, err = c.db.Begin(true); err != nil {
			return nil, err
		}
	}
	if b, err = c.tx.CreateBucketIfNotExists(known(path[0])); err != nil {
		return nil, err
	}
	for _, name := range path[1:] {
		if b.Get(name) != nil || len(name) > bbolt.MaxKeySize {
			return nil, nil
		}
		if b, err = b.CreateBucketIfNotExists(name); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// known corrects the name of one of the store's buckets of which one bit is wrong.
func known(name []byte) []byte {
	for _, of := range allBuckets {
		if len(of) == len(name) && distance(of, name) == 1 {
			return of
		}
	}
	return name
}

// distance returns the number of bits in which a and b, of one length, differ.
func distance(a, b []byte) (n int) {
	for i := range a {
		n += bits.OnesCount8(a[i] ^ b[i])
	}
	return n
}
