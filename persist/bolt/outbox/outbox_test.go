package outbox

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/storetest"
)

func mustOpen(t *testing.T, dir string, log *bytes.Buffer) *Outbox {
	t.Helper()
	o, err := Open(dir, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close() })
	return o
}

// TestSuite shows that the file is an outbox as package persist documents it.
func TestSuite(t *testing.T) {
	storetest.RunOutbox(t, func(t *testing.T) func() storetest.Outbox {
		dir := t.TempDir()
		return func() storetest.Outbox { return mustOpen(t, dir, new(bytes.Buffer)) }
	})
}

// TestCopyOfRunningFile shows that everything that a call has stored is in the file when it
// returns: a copy of the file, as it is after kill -9, has it.
func TestCopyOfRunningFile(t *testing.T) {
	dir, copied := t.TempDir(), t.TempDir()
	o := mustOpen(t, dir, new(bytes.Buffer))
	for _, id := range []string{"1", "2"} {
		entries := []persist.OutboxEntry{{Queue: "q", ID: id, Data: []byte("x")}}
		if err := o.Add(t.Context(), 0, entries, []persist.OutboxMark{{Key: id, Data: []byte("m")}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.Change(t.Context(), nil, []uint64{1}); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(dir, FileName))
	if err == nil {
		err = os.WriteFile(filepath.Join(copied, FileName), file, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	after := mustOpen(t, copied, new(bytes.Buffer))
	all, err := after.Entries(t.Context(), 0, 9)
	if err != nil || len(all) != 1 || all[0].ID != "2" {
		t.Errorf("%v, %v", all, err)
	}
	if marks, err := after.Marks(t.Context()); err != nil || len(marks) != 2 {
		t.Errorf("%v, %v", marks, err)
	}
}

// TestDamagedRecord shows that a damaged record is dropped and logged, and that all others are
// there.
func TestDamagedRecord(t *testing.T) {
	dir := t.TempDir()
	var log bytes.Buffer
	o := mustOpen(t, dir, &log)
	entries := []persist.OutboxEntry{{Queue: "q", ID: "1", Data: []byte("x")}, {Queue: "q", ID: "2", Data: []byte("y")}}
	marks := []persist.OutboxMark{{Key: "a", Data: []byte("1")}, {Key: "b", Data: []byte("2")}}
	if err := o.Add(t.Context(), 0, entries, marks); err != nil {
		t.Fatal(err)
	}
	err := o.db.Update(func(tx *bbolt.Tx) error {
		damage := func(b *bbolt.Bucket, key []byte) error {
			value := append([]byte{}, b.Get(key)...)
			value[len(value)-1] ^= 1
			return b.Put(key, value)
		}
		if err := damage(tx.Bucket(entryBucket), keyOf(1)); err != nil {
			return err
		}
		return damage(tx.Bucket(markBucket), []byte("b"))
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = o.Close()
	o = mustOpen(t, dir, &log)
	all, _ := o.Entries(t.Context(), 0, 9)
	kept, _ := o.Marks(t.Context())
	if len(all) != 1 || all[0].ID != "2" || len(kept) != 1 || kept[0].Key != "a" {
		t.Errorf("%v, %v", all, kept)
	}
	if n, size, _ := o.Size(t.Context()); n != 1 || size != persist.OutboxSize(all[0]) {
		t.Errorf("%d entries of %d bytes", n, size)
	}
	if !strings.Contains(log.String(), "records=2") {
		t.Error(log.String())
	}
	if err := o.Add(t.Context(), 0, entries[:1], nil); err != nil {
		t.Fatal(err)
	}
	if all, _ = o.Entries(t.Context(), 0, 9); len(all) != 2 {
		t.Errorf("the id of the damaged entry is still taken: %v", all)
	}
}

// TestDamagedFile shows that a file that is no database is kept aside, and that a new one is made;
// and that a second process does not open the file.
func TestDamagedFile(t *testing.T) {
	dir := t.TempDir()
	var log bytes.Buffer
	if err := os.WriteFile(filepath.Join(dir, FileName), bytes.Repeat([]byte("no database "), 9999), 0o600); err != nil {
		t.Fatal(err)
	}
	o := mustOpen(t, dir, &log)
	if n, _, err := o.Size(t.Context()); n != 0 || err != nil {
		t.Error(n, err)
	}
	if kept, _ := filepath.Glob(filepath.Join(dir, FileName+".damaged-*")); len(kept) != 1 {
		t.Errorf("%v is kept; %s", kept, &log)
	}
	if _, err := Open(dir, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("two have the file")
	}
}
