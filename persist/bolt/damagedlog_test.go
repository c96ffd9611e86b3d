package bolt

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/wal"
)

// TestDamagedLog damages a row in a record of a synced log that has newer records behind it. It
// shows that its room fails, that all others have all their data, that the report names the room,
// and that the file is kept.
func TestDamagedLog(t *testing.T) {
	from := t.TempDir()
	s := open(t, from, Config{SyncInterval: never.SyncInterval})
	for _, text := range []string{"first", "second", "third"} {
		appendRows(t, s, []persist.Row{{Room: "damaged", Data: []byte("the " + text)},
			{Room: "good", Data: []byte("a " + text)}})
	}
	dir := crash(t, from)
	path := filepath.Join(dir, wal.FileName)
	b := bytes.ReplaceAll(read(t, path), []byte("the second"), []byte("THE SECOND"))
	write(t, path, b)
	var log strings.Builder
	cfg := never
	cfg.Log = textLog(&log)
	for range 2 {
		s = open(t, dir, cfg)
		wantDamaged(t, s, 3, "a first", "a second", "a third")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(log.String(), "room=damaged row=3") ||
		strings.Contains(log.String(), "second") {
		t.Errorf("the log says %s", log.String())
	}
	kept, err := filepath.Glob(path + ".damaged-*")
	if err != nil || len(kept) != 1 || !bytes.Equal(read(t, kept[0]), b) {
		t.Errorf("kept %v, %v", kept, err)
	}
}

// TestDamagedAsyncLog damages a row of a log that is not synced, as a power cut may. It shows that
// the rows before it are kept, and that the loss of the others is reported.
func TestDamagedAsyncLog(t *testing.T) {
	from := t.TempDir()
	s := open(t, from, never)
	add(t, s, "r", "first", "the second", "third")
	dir := crash(t, from)
	path := filepath.Join(dir, wal.FileName)
	write(t, path, bytes.ReplaceAll(read(t, path), []byte("the second"), []byte("THE SECOND")))
	s = open(t, dir, never)
	if _, rows := contents(t, s, "r"); !slices.Equal(rows, []string{"first"}) {
		t.Errorf("%q", rows)
	}
	if found := s.Damage(); len(found) != 1 || found[0].Harmless ||
		!strings.Contains(found[0].Reason, `"r"`) {
		t.Errorf("%v", found)
	}
}

// TestTornLastCommit shows that a commit that was under way when the process ended is left out,
// that its rooms are logged, and that the file is kept.
func TestTornLastCommit(t *testing.T) {
	from := t.TempDir()
	s := open(t, from, Config{SyncInterval: never.SyncInterval})
	add(t, s, "r", "first", strings.Repeat("the second", 2000))
	dir := crash(t, from)
	path := filepath.Join(dir, wal.FileName)
	b := read(t, path)
	clear(b[3*block : 4*block])
	write(t, path, b)
	s = open(t, dir, never)
	if _, rows := contents(t, s, "r"); !slices.Equal(rows, []string{"first"}) {
		t.Errorf("%d rows", len(rows))
	}
	if found := s.Damage(); !slices.ContainsFunc(found, func(d persist.Damage) bool { return d.Harmless && strings.Contains(d.Reason, `"r"`) }) {
		t.Errorf("%v", found)
	}
	if _, err := os.Stat(filepath.Join(dir, tornName)); err != nil {
		t.Error(err)
	}
}
