package bolt

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// TestBackupOnFullDisk shows that a backup to somewhere else is made while nothing can be stored,
// with the rows that are in the log alone.
func TestBackupOnFullDisk(t *testing.T) {
	if !inOwnProcess(t) {
		return
	}
	s := open(t, t.TempDir(), never)
	add(t, s, "r", "a", "b")
	lift := limitFiles(t, 1)
	if err := s.SaveSnapshot(t.Context(), "r", []byte(bigSnapshot), 0); err == nil {
		t.Error("the disk is not full")
	}
	var file bytes.Buffer
	if _, err := s.Backup(t.Context(), &file); err != nil {
		t.Fatal(err)
	}
	lift()
	path := filepath.Join(t.TempDir(), "backup")
	writeFile(t, path, file.Bytes())
	restored, _ := restore(t, path)
	wantRows(t, restored, never, "a", "b")
}

// TestRestoreOnFullDisk shows that a restoration for which the disk has no room leaves the store
// that was there as it was.
func TestRestoreOnFullDisk(t *testing.T) {
	if !inOwnProcess(t) {
		return
	}
	s := open(t, t.TempDir(), never)
	save(t, s, "r", strings.Repeat(bigSnapshot, 20), 0)
	path, _ := backUp(t, s)
	dir := t.TempDir()
	closedStore(t, dir, "was there")
	before := listing(t, dir)
	lift := limitFiles(t, 1<<20)
	_, err := Restore(path, dir, Restoration{Replace: true})
	lift()
	if err == nil {
		t.Error("the disk is not full")
	}
	if after := listing(t, dir); after != before {
		t.Errorf("there was %s, and now is %s", before, after)
	}
	wantRows(t, dir, never, "was there")
}
