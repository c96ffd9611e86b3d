package bolt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/backupfile"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// Restoration has the options of Restore.
type Restoration struct {
	// Replace makes Restore move the files of a store that is there to a folder within the
	// directory, whose name begins with "replaced-". Default: it fails with ErrHasData.
	Replace bool
	// Now is the clock. Default time.Now.
	Now func() time.Time
}

// Restored describes a store that was made of a backup.
type Restored struct {
	backupfile.Header
	backupfile.Totals
	Rooms    int
	Replaced string // the folder with the files that were there; empty: there were none
}

// CheckBackup reads the whole backup at path, and fails unless it is one, unchanged.
func CheckBackup(path string) (Restored, error) {
	file, size, err := openBackup(path)
	if err != nil {
		return Restored{}, err
	}
	defer file.Close()
	var r Restored
	count := func(path [][]byte, _, _ []byte) error {
		if len(path) == 1 && string(path[0]) == string(roomBucket) {
			r.Rooms++
		}
		return nil
	}
	r.Header, r.Totals, err = backupfile.Read(file, size, backupfile.Visitor{Value: count})
	if err == nil && r.Layout != layout {
		err = fmt.Errorf("%w: the backup is of %q, and this program knows %q", persist.ErrFormat,
			r.Layout, layout)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return r, err
}

func openBackup(path string) (*os.File, int64, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file", path)
	}
	if err != nil {
		return nil, 0, errors.Join(err, file.Close())
	}
	return file, info.Size(), nil
}

// Restore makes the backup at path the store in dir, which is made if it is missing. Nothing in dir
// is changed before the whole backup was read and the new store verified; then its files get their
// names. A Restore that is interrupted leaves the store that was there, the new one, or, between
// the two, a directory that Open refuses with a message that says so, and no half of one. Rooms
// that were to expire some time after the backup expire as long after the restoration.
func Restore(path, dir string, r Restoration) (Restored, error) {
	done, err := CheckBackup(path)
	if err != nil {
		return done, err
	}
	now := persist.Retention{Now: r.Now}.Clock()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return done, err
	}
	lock, err := lockDirectory(dir)
	if err != nil {
		return done, err
	}
	defer lock.Close()
	old, marked, err := storesFiles(dir)
	hasData := len(old) > 0 || marked
	if err == nil && hasData && !r.Replace {
		err = fmt.Errorf("%w in %s", ErrHasData, dir)
	}
	if err != nil {
		return done, err
	}
	made := filepath.Join(dir, restoringName)
	m := &restorer{age: now.Sub(done.Begun)}
	if err := m.build(path, made); err != nil {
		return done, errors.Join(err, removeExisting(made))
	}
	if hasData {
		done.Replaced = filepath.Join(dir, replacedName+now.UTC().Format(stamp))
		if err := moveAside(dir, done.Replaced, old, marked); err != nil {
			return done, err
		}
	}
	return done, install(dir, m.sums.commits)
}

// restorer makes a database of a backup.
type restorer struct {
	rebuilder
	age  time.Duration // of the backup
	sums sums
}

// build makes a new database at a path, and verifies it.
func (m *restorer) build(backup, path string) (err error) {
	file, size, err := openBackup(backup)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := removeExisting(path); err != nil {
		return err
	}
	options := &bbolt.Options{NoSync: true, FreelistType: bbolt.FreelistMapType}
	if m.db, err = bbolt.Open(path, 0o600, options); err != nil {
		return err
	}
	records := backupfile.Visitor{Bucket: m.bucketFound, Value: m.value}
	_, _, err = backupfile.Read(file, size, records)
	if err = errors.Join(err, m.end()); err == nil {
		err = m.db.Update(m.complete)
	}
	if err == nil {
		err = m.db.View(verifyAll)
	}
	if err == nil {
		err = m.db.Sync()
	}
	return errors.Join(err, m.db.Close())
}

// value stores a value, and sums up entries of the manifest.
func (m *restorer) value(path [][]byte, key, value []byte) error {
	if len(path) == 1 && string(path[0]) == string(expiryBucket) && len(value) == timeLen {
		at := m.later(binary.BigEndian.Uint64(value))
		value = binary.BigEndian.AppendUint64(nil, at)
	}
	if len(path) == 1 && string(path[0]) == string(roomBucket) && len(key) == idLen {
		id := wal.RoomID(key)
		e, err := decodeEntry(id, value)
		if err != nil {
			return fmt.Errorf("%w: %w", persist.ErrCorrupt, err)
		}
		e.expires = m.later(e.expires)
		m.sums.add(id, &e)
		value = e.encode(id)
	}
	return m.valueFound(path, key, slices.Clone(value)) // bbolt refers to it until the commit
}

// later returns an expiry, in ms since 1970, as long after now as it was after the backup.
func (m *restorer) later(expiry uint64) uint64 {
	if expiry == 0 {
		return 0
	}
	return expiry + uint64(max(0, m.age.Milliseconds()))
}

// complete adds the bucket that a backup does not have.
func (m *restorer) complete(tx *bbolt.Tx) error {
	meta, err := tx.CreateBucketIfNotExists(metaBucket)
	if err != nil {
		return err
	}
	for _, name := range allBuckets {
		if !madeLater(name) && tx.Bucket(name) == nil {
			return fmt.Errorf("%w: the backup has no bucket %q", persist.ErrCorrupt, name)
		}
	}
	m.sums.last, m.sums.commits = tx.Bucket(journalBucket).Sequence(), 1
	return errors.Join(meta.Put(formatKey, []byte(layout)), meta.Put(sumsKey, m.sums.encode()))
}

// verifyAll fails if what is stored does not show which rooms there are.
func verifyAll(tx *bbolt.Tx) error {
	return guard(func() error {
		_, err := verify(tx, time.Now, false)
		return err
	})
}
