package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/snapshots"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

const (
	firstText  = "# By-law 7\n\nDogs are on a leash.\n"
	secondText = "# By-law 7\n\nDogs and cats are on a leash.\n"
	thirdText  = "Nothing is left.\n"
)

// archived returns the store of a stopped server. One record has three texts: version 1, the
// snapshot, and an update in the journal. Another one lacks CivicPress' fragment, and a third one
// is damaged.
func archived(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := func() time.Time { now = now.Add(time.Hour); return now }
	st := must(bolt.Open(dir, bolt.Config{Retention: persist.Retention{Now: clock}}))
	first := markdown.Schema{}.Seed(must(markdown.Parse(firstText)))
	second, _ := edited(t, first, secondText)
	third, edit := edited(t, second, thirdText)
	saveState(t, st, "record:a", first, 1)
	saveState(t, st, "record:a", second, 2)
	ctx := t.Context()
	if err := st.Append(ctx, []persist.Row{{Room: "record:a", Data: stored.AppendRow(nil, 3, edit)}}); err != nil {
		t.Fatal(err)
	}
	if len(third) == 0 {
		t.Fatal("nothing is stored")
	}
	saveState(t, st, "record:map", []byte("\x01\x01\x07\x00\x28\x01\x01m\x01k\x01\x77\x01v\x00"), 1)
	if err := st.SaveSnapshot(ctx, "record:bad", []byte("no snapshot"), 0); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// edited returns the state with this text, and the update to it.
func edited(t *testing.T, state []byte, text string) ([]byte, yjs.CheckedUpdate) {
	t.Helper()
	u := yjs.Trust(must(prose.Edit(must(yjs.CheckUpdate(state)), markdown.Schema{}, must(markdown.Parse(text)))))
	blob := must(snapshot.Append(nil, snapshot.Snapshot{State: state}, snapshot.Zstd))
	return must(stored.Read(blob, [][]byte{stored.AppendRow(nil, 1, u)}, snapshots.MaxBytes)).State, u
}

func saveState(t *testing.T, st *bolt.Store, room string, state []byte, version uint64) {
	t.Helper()
	blob := must(snapshot.Append(nil, snapshot.Snapshot{Version: version, State: state}, snapshot.Gzip))
	if err := st.SaveSnapshot(t.Context(), room, blob, 0); err != nil {
		t.Fatal(err)
	}
}

// command runs a snapshot command that must succeed.
func command(t *testing.T, dir, line string) (stdout, stderr string) {
	t.Helper()
	p := start(t, nil, append(append([]string{"snapshot"}, strings.Fields(line)...), "--data-dir", dir)...)
	stdout, code := p.end()
	if code != 0 {
		t.Fatalf("snapshot %s: exit code %d: %s", line, code, &p.stderr)
	}
	return stdout, p.stderr.String()
}

func wantLines(t *testing.T, got string, want ...string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(got), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d:\n%s", len(lines), len(want), got)
	}
	for i, pattern := range want {
		if !regexp.MustCompile("^" + pattern + `\s*$`).MatchString(lines[i]) {
			t.Errorf("%q does not match %q", lines[i], pattern)
		}
	}
}

// TestSnapshotList checks the tables of the records, and of the versions of one.
func TestSnapshotList(t *testing.T) {
	dir := archived(t)
	output, _ := command(t, dir, "list")
	wantLines(t, output, `RECORD +SAVED +BYTES +ROWS SINCE +VERSIONS +EXPIRES`,
		`a +2026-01-02T05:04:05Z +\d+ +1 +1 +-`, `bad +2026-01-02T07:04:05Z +11 +0 +0 +-`, `map +2026-01-02T06:04:05Z +\d+ +0 +0 +-`)
	output, _ = command(t, dir, "list --record a")
	wantLines(t, output, `VERSION +TIME +BYTES +REASON`, `1 +2026-01-02T04:04:05Z +\d+ +snapshot`)
	output, _ = command(t, dir, "list --record nobody")
	wantLines(t, output, `VERSION +TIME +BYTES +REASON`)
}

// TestSnapshotShow checks the text and the description of a record and of a version.
func TestSnapshotShow(t *testing.T) {
	dir := archived(t)
	for _, test := range []struct{ args, text, facts string }{
		{"--record a", thirdText, `snapshot of version 2, gzip, \d+ bytes for \d+, checksum ok; 1 rows in the journal since, to version 3`},
		{"--record a --version 1", firstText, `snapshot of version 1, gzip, \d+ bytes for \d+, checksum ok`},
		{"--record a --version 1 --json", "{\n  \"civic-realtime\": {\n    \"e495a3437f628813714c842840d2cfcc\": \"seed\"\n  },\n  \"default\": \"\\u003cheading level=\\\"1\\\"\\u003eBy-law 7\\u003c/heading\\u003e\\u003cparagraph\\u003eDogs are on a leash.\\u003c/paragraph\\u003e\"\n}\n", `snapshot of .*`},
		{"--record map --json", "{\n  \"m\": {\n    \"k\": \"v\"\n  }\n}\n", `snapshot of .*`},
	} {
		text, facts := command(t, dir, "show "+test.args)
		if text != test.text {
			t.Errorf("%s: %q, want %q", test.args, text, test.text)
		}
		wantLines(t, facts, test.facts)
	}
}

// TestSnapshotExport shows that an exported file has the state in the chosen format, and that no
// existing file is overwritten.
func TestSnapshotExport(t *testing.T) {
	dir, out := archived(t), t.TempDir()
	read := func(name, args string) []byte {
		path := filepath.Join(out, name)
		if output, _ := command(t, dir, "export --output "+path+" "+args); output != "" {
			t.Errorf("stdout has %q", output)
		}
		return must(os.ReadFile(path))
	}
	if got := read("md", "--record a --format markdown"); string(got) != thirdText {
		t.Errorf("%q", got)
	}
	s := must(snapshot.Decode(read("snapshot", "--record a --format snapshot"), snapshots.MaxBytes))
	if state := read("yjs", "--record a --format yjs"); s.Version != 3 || !bytes.Equal(s.State, state) {
		t.Errorf("version %d of %d bytes, and %d bytes", s.Version, len(s.State), len(state))
	}
	old := read("old", "--record a --version 1 --format snapshot")
	if h := must(snapshot.Stat(old)); h.Version != 1 || h.Algorithm != snapshot.Gzip {
		t.Errorf("%+v", h)
	}
	start(t, nil, "snapshot", "export", "--record", "a", "--format", "yjs", "--data-dir", dir, "--output", filepath.Join(out, "md")).mustEnd(1, "exists")
}

// TestSnapshotRestore shows that a record gets the version's text, that the text before is kept,
// and that a client that has the text before merges nothing of it in again.
func TestSnapshotRestore(t *testing.T) {
	dir := archived(t)
	output, _ := command(t, dir, "restore --record a --version 1")
	wantLines(t, output, `record "a" says what version 1 says; what it said before is version 2`)
	for version, want := range []string{firstText, firstText, thirdText} {
		args := "show --record a"
		if version > 0 {
			args += fmt.Sprint(" --version ", version)
		}
		if text, _ := command(t, dir, args); text != want {
			t.Errorf("version %d: %q, want %q", version, text, want)
		}
	}
	output, _ = command(t, dir, "list --record a")
	wantLines(t, output, `VERSION .*`, `1 .* snapshot`, `2 .* before restore`)
	output, _ = command(t, dir, "restore --record a --version 1")
	wantLines(t, output, `record "a" says what version 1 says already`)
	clientReturns(t, dir)
}

// clientReturns merges the state before the restore into the one after it.
func clientReturns(t *testing.T, dir string) {
	st := must(bolt.Open(dir, bolt.Config{}))
	defer st.Close()
	held := must(snapshot.Decode(must(st.Version(context.Background(), "record:a", 2)), snapshots.MaxBytes))
	blob, rows, err := st.Load(context.Background(), "record:a")
	if err != nil {
		t.Fatal(err)
	}
	rows = append(rows, stored.AppendRow(nil, 5, must(yjs.CheckUpdate(held.State))))
	now := snapshots.State{Snapshot: must(stored.Read(blob, rows, snapshots.MaxBytes))}
	if text, _, err := now.As(snapshots.Markdown, markdown.Schema{}, snapshot.Raw); err != nil || string(text) != firstText {
		t.Errorf("with what a client held: %q", text)
	}
}

// TestSnapshotRefuses checks the errors and exit codes for states that are not stored, for invalid
// flags, and for a store that is missing or in use.
func TestSnapshotRefuses(t *testing.T) {
	dir := archived(t)
	for _, test := range []struct {
		args string
		code int
		says string
	}{
		{"show --record nobody", 1, `nothing is stored of record "nobody"`},
		{"show --record a --version 9", 1, `no version 9`},
		{"show --record bad", 1, "not a snapshot"},
		{"show --record a/b", 2, "--record"},
		{"show", 2, "--record"},
		{"export --record a --format pdf --output x", 2, "--format"},
		{"export --record a --format yjs", 2, "--output"},
		{"restore --record map --version 1", 1, "no version 1"},
		{"restore --record a", 2, "--version"},
		{"restore --record a --version 0", 2, "--version"},
		{"restore --record a --version 9", 1, "no version 9"},
		{"list --record a/b", 2, "--record"},
	} {
		t.Run(test.args, func(t *testing.T) {
			args := append([]string{"snapshot"}, strings.Fields(test.args)...)
			p := start(t, nil, append(args, "--data-dir", dir)...)
			p.mustEnd(test.code, test.says)
		})
	}
	none := filepath.Join(dir, "none")
	start(t, nil, "snapshot", "list", "--data-dir", none).mustEnd(1, "nothing is stored in "+none)
	st := must(bolt.Open(dir, bolt.Config{}))
	defer st.Close()
	start(t, nil, "snapshot", "list", "--data-dir", dir).mustEnd(1, "in use by another process", "stop the server first")
}
