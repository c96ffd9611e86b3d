package main

import (
	"archive/tar"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/snapshots"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// TestOldDataDirectory shows that a data directory with rows of formats 1 and 2 and snapshots of
// formats 1 to 4, left by a killed process, is opened and written to. testdata/data-format-4.tar.gz
// was made by the last version that wrote those.
func TestOldDataDirectory(t *testing.T) {
	dir := t.TempDir()
	unpack(t, filepath.Join("testdata", "data-format-4.tar.gz"), dir)
	st := must(bolt.Open(dir, bolt.Config{Existing: true}))
	if found := st.Damage(); len(found) > 0 {
		t.Errorf("damage: %v", found)
	}
	update := must(yjs.CheckUpdate([]byte{0, 0}))
	for room, want := range map[string]struct {
		version        uint64
		state          string // hash
		note           bool
		rows, versions int
	}{
		"record:bare": {2, "d9a08267b4098f73", false, 0, 0}, // format 1
		"record:raw":  {4, "b19364c20f14d40a", true, 3, 1},  // format 2
		"record:gzip": {4, "b19364c20f14d40a", true, 3, 1},  // format 2
		"record:zstd": {4, "b19364c20f14d40a", true, 3, 1},  // format 4
	} {
		check := func(more int) {
			t.Helper()
			blob, rows, err := st.Load(t.Context(), room)
			if err != nil || len(rows) != want.rows+more {
				t.Fatalf("%s: %d rows, %v", room, len(rows), err)
			}
			s, err := stored.Read(blob, rows, snapshots.MaxBytes)
			if err != nil || s.Version != want.version+uint64(more) || hashOf(s.State) != want.state || (s.Note != nil) != want.note || s.Incarnation != 0 {
				t.Errorf("%s: version %d, state %s, a note of %d bytes, incarnation %d, %v", room, s.Version, hashOf(s.State), len(s.Note), s.Incarnation, err)
			}
		}
		check(0)
		versions, err := st.Versions(t.Context(), room)
		if err != nil || len(versions) != want.versions {
			t.Errorf("%s: versions %v, %v", room, versions, err)
		}
		for _, v := range versions {
			if s, err := stored.Read(must(st.Version(t.Context(), room, v.ID)), nil, snapshots.MaxBytes); err != nil || s.Version != 2 {
				t.Errorf("%s: version %d is of %d, %v", room, v.ID, s.Version, err)
			}
		}
		rows := []persist.Row{{Room: room, Data: stored.AppendRow(nil, want.version+1, update)}}
		if err := errors.Join(st.Append(t.Context(), rows), rows[0].Err); err != nil {
			t.Fatal(err)
		}
		check(1)
	}
	if err := st.Close(); err != nil {
		t.Error(err)
	}
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// unpack extracts an archive of files in one directory.
func unpack(t *testing.T, archive, dir string) {
	t.Helper()
	f := must(os.Open(archive))
	defer func() { _ = f.Close() }()
	r := tar.NewReader(must(gzip.NewReader(f)))
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeDir {
			continue
		}
		out := must(os.OpenFile(filepath.Join(dir, filepath.Base(h.Name)), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600))
		_, err = io.Copy(out, r)
		if err := errors.Join(err, out.Close()); err != nil {
			t.Fatal(err)
		}
	}
}
