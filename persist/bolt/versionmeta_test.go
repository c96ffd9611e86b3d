package bolt

import (
	"errors"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
)

// changeMeta changes the stored metadata of a version.
func changeMeta(t *testing.T, s *Store, room string, id uint64, change func([]byte) []byte) {
	t.Helper()
	err := s.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(versionBucket).Bucket([]byte(room)).Bucket(versionKey(id))
		if to := change(append([]byte(nil), b.Get(metaKey)...)); to != nil {
			return b.Put(metaKey, to)
		}
		return b.Delete(metaKey)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestVersionOfEarlierRelease shows that a version without metadata is readable, gets a name, and
// is no damage.
func TestVersionOfEarlierRelease(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{})
	if err := keepVersion(t.Context(), s, "r", "why", []byte("V")); err != nil {
		t.Fatal(err)
	}
	changeMeta(t, s, "r", 1, func([]byte) []byte { return nil })
	all, err := s.Versions(t.Context(), "r")
	if err != nil || len(all) != 1 || all[0].Why != "why" || all[0].Name != "" || !all[0].Kept.IsZero() {
		t.Errorf("%+v, %v", all, err)
	}
	if err := s.RenameVersion(t.Context(), "r", 1, "name"); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, Config{})
	blob, err := s.Version(t.Context(), "r", 1)
	all, _ = s.Versions(t.Context(), "r")
	if string(blob) != "V" || err != nil || all[0].Name != "name" || len(s.Damage()) > 0 {
		t.Errorf("%q, %v, %+v, %v", blob, err, all, s.Damage())
	}
}

// TestDamagedVersionMeta shows that a version whose metadata is damaged is not lost for others, can
// be read, is found by a check, and is repaired by a name; every bit counts.
func TestDamagedVersionMeta(t *testing.T) {
	s := open(t, t.TempDir(), Config{Retention: persist.Retention{Versions: 1}})
	v := persist.Version{Why: "why", By: "u", ByName: "U", For: "w", Name: "n", RestoredFrom: 3}
	if _, err := s.KeepVersion(t.Context(), "r", v, []byte("V")); err != nil {
		t.Fatal(err)
	}
	fault := func() (found error) {
		_ = s.db.View(func(tx *bbolt.Tx) error {
			if why := metaFault(tx, "r", 1); why != nil {
				found = why
			}
			return nil
		})
		return found
	}
	var length int
	changeMeta(t, s, "r", 1, func(b []byte) []byte { length = len(b); return b })
	for bit := range 8 * length {
		flip := func(b []byte) []byte { b[bit/8] ^= 1 << (bit % 8); return b }
		changeMeta(t, s, "r", 1, flip)
		if !errors.Is(fault(), persist.ErrCorrupt) {
			t.Errorf("bit %d is not missed", bit)
		}
		changeMeta(t, s, "r", 1, flip)
	}
	if err := fault(); err != nil {
		t.Fatal(err)
	}
	changeMeta(t, s, "r", 1, func(b []byte) []byte { return b[:len(b)-1] })
	for range 3 {
		if err := keepVersion(t.Context(), s, "r", "other", nil); err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.Versions(t.Context(), "r")
	if err != nil || len(all) != 2 || all[0].Name != lostName || all[0].Why != "why" || all[0].By != "" {
		t.Errorf("%+v, %v", all, err)
	}
	if blob, err := s.Version(t.Context(), "r", 1); string(blob) != "V" || err != nil {
		t.Errorf("%q, %v", blob, err)
	}
	if err := s.RenameVersion(t.Context(), "r", 1, "again"); err != nil || fault() != nil {
		t.Errorf("%v, %v", err, fault())
	}
}
