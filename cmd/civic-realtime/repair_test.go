package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// runRepair runs a repair command, and returns its output and exit code.
func runRepair(t *testing.T, dir, line string) (output string, code int) {
	t.Helper()
	p := start(t, nil, append(append([]string{"repair"}, strings.Fields(line)...), "--data-dir", dir)...)
	stdout, code := p.end()
	return stdout + p.stderr.String(), code
}

// damageBlob flips a bit in each copy of a stored value.
func damageBlob(t *testing.T, dir string, blob []byte) {
	t.Helper()
	path := filepath.Join(dir, "rooms.db")
	b := must(os.ReadFile(path))
	if !bytes.Contains(b, blob) {
		t.Fatal("it is not stored")
	}
	wrong := bytes.Clone(blob)
	wrong[len(wrong)/2] ^= 4
	if err := os.WriteFile(path, bytes.ReplaceAll(b, blob, wrong), 0o600); err != nil {
		t.Fatal(err)
	}
}

func wantOutput(t *testing.T, output string, code, want int, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(output, word) {
			t.Errorf("nothing of %q in: %s", word, output)
		}
	}
	if code != want {
		t.Errorf("exit code %d, want %d: %s", code, want, output)
	}
}

// TestRepairWithoutDamage checks the output of the repair command for a store without damage, and
// for none.
func TestRepairWithoutDamage(t *testing.T) {
	dir := archived(t)
	output, code := runRepair(t, dir, "")
	wantOutput(t, output, code, 0, "3 records, 0 of them damaged")
	output, code = runRepair(t, t.TempDir(), "")
	wantOutput(t, output, code, 1, "nothing is stored")
	output, code = runRepair(t, t.TempDir(), "--accept")
	wantOutput(t, output, code, 1, "nothing is stored")
	output, code = runRepair(t, dir, "--output x")
	wantOutput(t, output, code, 2, "--record")
}

// TestRepairRecord shows that a version of a record whose snapshot is damaged can be recovered.
func TestRepairRecord(t *testing.T) {
	dir := archived(t)
	st := must(bolt.Open(dir, bolt.Config{Existing: true}))
	blob, _, err := st.Load(t.Context(), "record:a")
	if err := errors.Join(err, st.Close()); err != nil {
		t.Fatal(err)
	}
	damageBlob(t, dir, blob)

	before := must(os.ReadFile(filepath.Join(dir, "rooms.db")))
	output, code := runRepair(t, dir, "")
	wantOutput(t, output, code, 1, "damaged", "checksum mismatch", "--record")
	if strings.Contains(output, "Dogs") || !bytes.Equal(before, must(os.ReadFile(filepath.Join(dir, "rooms.db")))) {
		t.Error("it has changed something, or printed the text of a record")
	}
	file := filepath.Join(t.TempDir(), "a.md")
	output, code = runRepair(t, dir, "--record a --version 1 --format markdown --output "+file)
	wantOutput(t, output, code, 0)
	if got := string(must(os.ReadFile(file))); got != firstText {
		t.Errorf("written %q", got)
	}
	output, code = runRepair(t, dir, "--record a --version 1 --accept")
	wantOutput(t, output, code, 0, "quarantined")
	if text, _ := command(t, dir, "show --record a"); text != firstText {
		t.Errorf("it says %q", text)
	}
	output, code = runRepair(t, dir, "")
	wantOutput(t, output, code, 0, "quarantined as 1", "0 of them damaged")
	output, code = runRepair(t, dir, "--aside 1 --record a --output x")
	wantOutput(t, output, code, 2, "--aside")
	output, code = runRepair(t, dir, "--aside 1 --output "+file+".yjs")
	wantOutput(t, output, code, 0, "0 bytes of snapshot and 1 rows")
	output, code = runRepair(t, dir, "--aside 1 --forget")
	wantOutput(t, output, code, 0)
	for _, what := range []string{"--forget", "--output x"} {
		output, code = runRepair(t, dir, "--aside 1 "+what)
		wantOutput(t, output, code, 1, "nothing is quarantined as 1")
	}
}

// TestRepairRows shows that the intact rows of a record are recovered, and that the record opens
// again.
func TestRepairRows(t *testing.T) {
	dir := archived(t)
	st := must(bolt.Open(dir, bolt.Config{Existing: true}))
	err := st.Append(t.Context(), []persist.Row{{Room: "record:a", Data: []byte("a row that will be damaged")}})
	if err := errors.Join(err, st.Close()); err != nil {
		t.Fatal(err)
	}
	damageBlob(t, dir, []byte("a row that will be damaged"))
	st = must(bolt.Open(dir, bolt.Config{Existing: true}))
	if _, _, err := st.Load(t.Context(), "record:a"); !errors.Is(err, persist.ErrCorrupt) {
		t.Errorf("Load: %v", err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	output, code := runRepair(t, dir, "--record a --accept")
	wantOutput(t, output, code, 0, "quarantined")
	if text, _ := command(t, dir, "show --record a"); text != thirdText {
		t.Errorf("it says %q", text)
	}
}

// TestRepairStore shows that a store whose database is missing opens with the rows of its
// write-ahead log.
func TestRepairStore(t *testing.T) {
	dir := archived(t)
	if err := os.Truncate(filepath.Join(dir, "rooms.db"), 0); err != nil {
		t.Fatal(err)
	}
	_, err := bolt.Open(dir, bolt.Config{Existing: true})
	if !errors.Is(err, persist.ErrCorrupt) {
		t.Errorf("Open: %v", err)
	}
	output, code := runRepair(t, dir, "")
	wantOutput(t, output, code, 1, "rooms.mark", "does not open")
	output, code = runRepair(t, dir, "--accept")
	wantOutput(t, output, code, 0, "the store opens")
	output, code = runRepair(t, dir, "")
	wantOutput(t, output, code, 0, "0 records")
}

// TestRepairTruncatedDatabase shows that the rest of a truncated database is listed and recovered.
func TestRepairTruncatedDatabase(t *testing.T) {
	dir := archived(t)
	path := filepath.Join(dir, "rooms.db")
	used := bytes.TrimRight(must(os.ReadFile(path)), "\x00")
	if err := os.Truncate(path, int64(len(used))/2&^4095); err != nil {
		t.Fatal(err)
	}
	output, code := runRepair(t, dir, "")
	wantOutput(t, output, code, 1, "end of the file", "does not open")
	output, code = runRepair(t, dir, "--accept")
	wantOutput(t, output, code, 0, "the store opens")
	if kept, err := filepath.Glob(path + ".damaged-*"); len(kept) != 1 || err != nil {
		t.Errorf("%v, %v", kept, err)
	}
}
