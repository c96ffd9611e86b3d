package bolt

import (
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
)

const (
	layout  = "2"
	layout1 = "1" // had neither versions nor expiries
)

var (
	metaBucket     = []byte("meta")
	journalBucket  = []byte("journal")
	snapshotBucket = []byte("snapshots")
	versionBucket  = []byte("versions")
	expiryBucket   = []byte("expiries")

	formatKey = []byte("format")
)

// prepare lays out a new database and refuses one that is laid out otherwise.
func prepare(db *bbolt.DB) error {
	return guard(func() error {
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
	return extend(tx)
}

// convert brings an older layout up to this one, and refuses a later one.
func convert(tx *bbolt.Tx) error {
	meta := tx.Bucket(metaBucket)
	if meta == nil {
		return fmt.Errorf("%w: it holds something else than rooms", persist.ErrFormat)
	}
	switch found := meta.Get(formatKey); string(found) {
	case layout:
		return nil
	case layout1:
		return extend(tx)
	default:
		return fmt.Errorf("%w: %q instead of %q", persist.ErrFormat, found, layout)
	}
}

// extend makes of the first layout this one. A program that knows only the first must
// not write here any more: it would leave a room its expiry.
func extend(tx *bbolt.Tx) error {
	for _, name := range [][]byte{versionBucket, expiryBucket} {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	return tx.Bucket(metaBucket).Put(formatKey, []byte(layout))
}

// scan returns what the journal holds and the newest number given out. A row that
// is damaged is entered for every room whose it may have been, so that their Load
// finds it and fails.
func scan(db *bbolt.DB) (x index, last uint64, err error) {
	x = index{}
	err = guard(func() error {
		return db.View(func(tx *bbolt.Tx) error {
			b := tx.Bucket(journalBucket)
			last = b.Sequence()
			c := b.Cursor()
			for k, _ := c.First(); k != nil; k, _ = c.Next() {
				x.enter(b, k)
			}
			return nil
		})
	})
	return x, last, err
}

// enter adds the row whose part has this key, once.
func (x index) enter(b *bbolt.Bucket, k []byte) {
	if string(k[keyLen:]) != string(partKey(nil, 0)) {
		return
	}
	r := row{key: rowKey(k[:keyLen])}
	r.value = getParts(b, r.key[:])
	id := r.key.room()
	x.add(id, r.key.seq())
	if room, _, err := r.parse(); err != nil && room != "" && idOf(room) != id {
		x.add(idOf(room), r.key.seq())
	}
}
