package pages

import (
	"bytes"
	"hash/fnv"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/bbolt"
)

// TestForgedMeta stores what looks like a meta page of a newer transaction where one would
// be if pages were larger: stored data must not be read as another store.
func TestForgedMeta(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
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
