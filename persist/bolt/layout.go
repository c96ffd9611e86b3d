package bolt

import (
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
)

const (
	layout  = "3"
	layout1 = "1" // had neither versions nor expiries
	layout2 = "2" // had no list of rooms
)

// prepare lays out a new database, converts one of an older layout and refuses any other.
func prepare(db *bbolt.DB) error {
	return guard(func() error {
		ready := false
		err := db.View(func(tx *bbolt.Tx) error {
			meta := tx.Bucket(metaBucket)
			ready = meta != nil && string(meta.Get(formatKey)) == layout
			return nil
		})
		if err != nil || ready {
			return err
		}
		return db.Update(func(tx *bbolt.Tx) error {
			if name, _ := tx.Cursor().First(); name == nil {
				return create(tx)
			}
			return convert(tx)
		})
	})
}

func create(tx *bbolt.Tx) error {
	for _, name := range [][]byte{metaBucket, journalBucket, snapshotBucket} {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	return errors.Join(addVersions(tx), addManifest(tx))
}

// convert converts an older layout to this one, and refuses a later one.
func convert(tx *bbolt.Tx) error {
	meta := tx.Bucket(metaBucket)
	if meta == nil {
		return fmt.Errorf("%w: it holds something else than rooms", persist.ErrFormat)
	}
	switch found := meta.Get(formatKey); string(found) {
	case layout:
		return nil
	case layout1:
		return errors.Join(addVersions(tx), addManifest(tx))
	case layout2:
		return addManifest(tx)
	default:
		return fmt.Errorf("%w: %q instead of %q", persist.ErrFormat, found, layout)
	}
}

// addVersions converts the first layout to the second.
func addVersions(tx *bbolt.Tx) error {
	for _, name := range [][]byte{versionBucket, expiryBucket} {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	return nil
}

// addManifest converts the second layout to the third. A program that knows only the second must
// not write here any more: it would change rooms and not their entries.
func addManifest(tx *bbolt.Tx) error {
	for _, name := range [][]byte{roomBucket, damageBucket, quarantineBucket} {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	found, err := scan(tx)
	if err != nil {
		return err
	}
	if err := found.list(tx); err != nil {
		return err
	}
	return tx.Bucket(metaBucket).Put(formatKey, []byte(layout))
}
