package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/pages"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

const (
	newName     = dbName + ".new"      // what is being made of a damaged database
	damagedName = dbName + ".damaged-" // and a time: one that was replaced
	stamp       = "20060102T150405.000Z"
)

// repairDB looks at every page of the database before bbolt does. If some are damaged, what
// can be read becomes a new database, and the damaged one keeps its bytes under another
// name. What is then missing of which room the list of rooms says.
func repairDB(dir string, cfg Config) (report []persist.Damage, err error) {
	path := filepath.Join(dir, dbName)
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missed(dir, cfg.Accept)
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
		return nil, missed(dir, cfg.Accept)
	}
	m, err := pages.Open(file, info.Size())
	if err != nil && !cfg.Accept {
		return nil, nil // bbolt says what it is instead
	}
	if err != nil {
		return replaceDamaged(dir, err, cfg.Clock(), os.Rename)
	}
	w := &pages.Walker{File: m}
	if err := w.Walk(); err != nil || w.Faulty == 0 {
		return nil, err
	}
	if err := salvage(filepath.Join(dir, newName), m, cfg.Accept); err != nil {
		return nil, fmt.Errorf("%s: %w", path, fmt.Errorf("%w: %w; %w; %s", persist.ErrCorrupt, w.Faults[0], err, seeRepair))
	}
	return replaceDamaged(dir, fmt.Errorf("%d places are damaged, the first: %w", w.Faulty, w.Faults[0]), cfg.Clock(), replaceDB)
}

// replaceDamaged gives a damaged database another name.
func replaceDamaged(dir string, why error, now time.Time, move func(path, aside string) error) ([]persist.Damage, error) {
	name := damagedName + now.UTC().Format(stamp)
	if err := move(filepath.Join(dir, dbName), filepath.Join(dir, name)); err != nil {
		return nil, err
	}
	return []persist.Damage{{Time: now, Reason: fmt.Sprintf("%s: %v; it is kept as %s, and what could be read of it is in use", dbName, why, name)}}, nil
}

// replaceDB sets the new database in the place of the old one. There is one at every moment.
func replaceDB(path, aside string) error {
	if os.Link(path, aside) != nil { // as on file systems that have none
		if err := os.Rename(path, aside); err != nil {
			return err
		}
	}
	return errors.Join(os.Rename(filepath.Join(filepath.Dir(path), newName), path), wal.SyncName(path))
}

// salvage makes a new database of what can be read of an image. Unless anything goes, it
// fails if that does not show which rooms there were.
func salvage(path string, m *pages.File, anything bool) (err error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true, FreelistType: bbolt.FreelistMapType})
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

// complete adds the buckets that are missing.
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

// provable says whether what is missing can be told.
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
