package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/snapshots"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// runCheck runs the check command, and returns its output and exit code.
func runCheck(t *testing.T, dir string, flags ...string) (stdout, stderr string, code int) {
	t.Helper()
	p := start(t, nil, append([]string{"check", "--data-dir", dir}, flags...)...)
	stdout, code = p.end()
	return stdout, p.stderr.String(), code
}

// TestCheck shows that the check command reports the record of archived whose document cannot be
// read, and nothing if there is none.
func TestCheck(t *testing.T) {
	dir := archived(t)
	stdout, stderr, code := runCheck(t, dir)
	wantOutput(t, stdout, code, 1, "document, record bad: not a snapshot", "3 records: 3 snapshots, 1 rows in the database and 0 in the log, 1 versions; 0 quarantined\n")
	if !strings.Contains(stderr, "civic-realtime repair") || strings.Contains(stdout, "Dogs") {
		t.Errorf("it says %s and %s", stdout, stderr)
	}
	st := must(bolt.Open(dir, bolt.Config{Existing: true}))
	if err := errors.Join(st.Quarantine(t.Context(), "record:bad"), st.Close()); err != nil {
		t.Fatal(err)
	}
	stdout, _, code = runCheck(t, dir)
	wantOutput(t, stdout, code, 0, "1 quarantined", "nothing is wrong")

	stdout, stderr, code = runCheck(t, t.TempDir())
	wantOutput(t, stdout+stderr, code, 1, "nothing is stored")
}

// TestCheckInUse shows that the check command does not read the store of a running server.
func TestCheckInUse(t *testing.T) {
	dir := archived(t)
	st := must(bolt.Open(dir, bolt.Config{Existing: true}))
	stdout, stderr, code := runCheck(t, dir)
	wantOutput(t, stdout+stderr, code, 1, "stop the server first")
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestCheckJSON checks the report of damaged rows and versions, and of an update with a missing
// reference, as JSON.
func TestCheckJSON(t *testing.T) {
	dir := archived(t)
	st := must(bolt.Open(dir, bolt.Config{Existing: true}))
	version, err := st.Version(t.Context(), "record:a", 1)
	rows := []persist.Row{
		{Room: "record:a", Data: []byte("a row that will be damaged")},
		{Room: "record:map", Data: stored.AppendRow(nil, 2, must(yjs.CheckUpdate([]byte("\x01\x01\x07\x05\x84\x07\x04\x01x\x00"))))},
	}
	if err := errors.Join(err, st.Append(t.Context(), rows), rows[0].Err, rows[1].Err, st.Close()); err != nil {
		t.Fatal(err)
	}
	damageBlob(t, dir, rows[0].Data)
	damageBlob(t, dir, version)
	stdout, _, code := runCheck(t, dir, "--json")
	var r snapshots.CheckReport
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != 1 || r.OK || r.Totals.Rooms != 3 {
		t.Fatalf("exit code %d, %v: %s", code, err, stdout)
	}
	var got []string
	for _, f := range r.Findings {
		f.Reason, _, _ = strings.Cut(f.Reason, ":")
		b := must(json.Marshal(f))
		got = append(got, string(b))
	}
	want := []string{
		`{"place":"journal","room":"record:a","row":2,"reason":"checksum mismatch","harmless":false}`,
		`{"place":"version","room":"record:a","version":1,"reason":"checksum mismatch","harmless":false}`,
		`{"place":"document","room":"record:bad","reason":"not a snapshot","harmless":false}`,
		`{"place":"document","room":"record:map","reason":"stored updates refer to updates that are not stored","harmless":false}`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
