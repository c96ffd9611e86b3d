package pages

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.etcd.io/bbolt"
)

// database returns the file of a database that fill has filled.
func database(t *testing.T, fill func(tx *bbolt.Tx) error) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{PageSize: 4096})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(fill), db.Close()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestForgedMeta stores data that looks like a meta page of a newer transaction, at the place of
// one if pages were larger, and shows that it is not read as one.
func TestForgedMeta(t *testing.T) {
	b := database(t, func(*bbolt.Tx) error { return nil })
	f, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	forged := bytes.Clone(b[pageHead:][:metaLen+8])
	size := int(f.pageSize)
	native.PutUint32(forged[8:], uint32(2*size))
	native.PutUint64(forged[48:], 1<<40)
	h := fnv.New64a()
	_, _ = h.Write(forged[:metaLen])
	native.PutUint64(forged[metaLen:], h.Sum64())
	copy(b[2*size+pageHead:], forged)
	for _, damage := range []int{-1, pageHead + 20, size + pageHead + 20} {
		c := bytes.Clone(b)
		if damage >= 0 {
			c[damage], c[damage+1] = c[damage]^0x55, c[damage+1]^0x77
		}
		got, err := Open(bytes.NewReader(c), int64(len(c)))
		if err != nil || got.meta.txid > f.meta.txid || got.pageSize != f.pageSize {
			t.Errorf("damaged at %d: %+v, %v", damage, got, err)
		}
	}
}

// TestTooManyElements makes pages claim elements that lie in zeros, without keys. It shows that the
// walk yields all other elements, and none that bbolt would not store.
func TestTooManyElements(t *testing.T) {
	b := database(t, func(tx *bbolt.Tx) error {
		bucket, err := tx.CreateBucket([]byte("bucket"))
		for i := range 40 {
			err = errors.Join(err, bucket.Put(fmt.Appendf(nil, "%02d", i), make([]byte, 40)))
		}
		return err
	})
	f, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for page := range slices.Chunk(b[2*f.pageSize:], int(f.pageSize)) {
		if count := native.Uint16(page[10:]); native.Uint16(page[8:]) == flagLeaf && count > 1 {
			native.PutUint16(page[10:], 200)
		}
	}
	values := 0
	w := &Walker{File: f, Value: func(_ [][]byte, key, _ []byte) error {
		if len(key) == 0 {
			t.Error("a value without a key")
		}
		values++
		return nil
	}}
	if err := w.Walk(); err != nil || values < 40 || w.Faulty != 1 {
		t.Errorf("%d values, %d faults, %v", values, w.Faulty, err)
	}
}

// walk walks through a database and returns its faults.
func walk(t *testing.T, b []byte) []error {
	t.Helper()
	f, err := Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	w := &Walker{File: f}
	if err := w.Walk(); err != nil {
		t.Fatal(err)
	}
	return w.Faults
}

// TestKeysOfBranches turns each bit of the keys that branches have of their pages. It shows that
// every one is found, also where keys are still in order: bbolt would lose such a page once it has
// changed it.
func TestKeysOfBranches(t *testing.T) {
	b := database(t, func(tx *bbolt.Tx) error {
		bucket, err := tx.CreateBucket([]byte("bucket"))
		for i := range 100 {
			err = errors.Join(err, bucket.Put(fmt.Appendf(nil, "key %03d", 3*i), make([]byte, 400)))
		}
		return err
	})
	if faults := walk(t, b); faults != nil {
		t.Fatal(faults)
	}
	turned := 0
	for at := 2 * 4096; at < len(b); at += 4096 {
		page := b[at : at+4096]
		if native.Uint16(page[8:]) != flagBranch {
			continue
		}
		end := pageHead + int(native.Uint16(page[10:]))*(elementLen+len("key 000"))
		for i := pageHead + int(native.Uint16(page[10:]))*elementLen; i < end; i++ {
			for bit := range 8 {
				page[i] ^= 1 << bit
				if turned++; walk(t, b) == nil {
					t.Errorf("byte %d, bit %d of a branch: not found", i, bit)
				}
				page[i] ^= 1 << bit
			}
		}
	}
	if turned < 500 {
		t.Errorf("%d bits of keys in branches", turned)
	}
}

// TestNoFaults puts and deletes keys at random, and shows that no state of a database that bbolt
// has written is taken for a damaged one.
func TestNoFaults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 400 {
		if err := db.Update(func(tx *bbolt.Tx) error { return change(tx, random, round/50%2) }); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if faults := walk(t, b); faults != nil {
			t.Fatalf("round %d: %v", round, faults)
		}
	}
}

// change puts and deletes some keys, as a rule more of the one or of the other.
func change(tx *bbolt.Tx, random *rand.Rand, deleting int) error {
	bucket, err := tx.CreateBucketIfNotExists([]byte("bucket"))
	if err != nil {
		return err
	}
	for range 1 + random.IntN(60) {
		key := fmt.Appendf(nil, "%0*d", 4+random.IntN(40), random.IntN(3000))
		if random.IntN(4) > 2*deleting {
			err = errors.Join(err, bucket.Put(key, make([]byte, random.IntN(900))))
			continue
		}
		if at, _ := bucket.Cursor().Seek(key); at != nil {
			err = errors.Join(err, bucket.Delete(at))
		}
	}
	return err
}
