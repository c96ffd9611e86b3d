package snapshots

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
	"github.com/civicpress/civic-realtime/persist"
)

// TestFormatsForPeople shows the readable contents of any document, and the remarks on the parts
// that are left out.
func TestFormatsForPeople(t *testing.T) {
	st := storeOf(t)
	for _, test := range []struct {
		record, fragment string
		format           Format
		text             string
		remarks          []string
	}{
		{"readme", "", Markdown, "Hello from 7. Hello from 8. \n", nil},
		{"readme", "", JSON, "{\n  \"greetings\": \"Hello from 7. Hello from 8. \"\n}\n", nil},
		{"styled", "", Markdown, "loud\n", []string{`"styled" (a text) is shown without its formats and what is embedded in it`}},
		{"settings", "", Markdown, "## settings\n\n```json\n{\n  \"big\": 7,\n  \"bytes\": \"YWJj\",\n  \"ratio\": null\n}\n```\n\n", nil},
		{"settings", "", JSON, "{\n  \"settings\": {\n    \"big\": 7,\n    \"bytes\": \"YWJj\",\n    \"ratio\": null\n  }\n}\n", nil},
		{"todo", "", Markdown, "## todo\n\n```json\n[\n  \"one\",\n  \"two\"\n]\n```\n\n", nil},
		{"letter", "", Markdown, "## letter\n\n```xml\n<paragraph>Dear all</paragraph>\n```\n\n", nil},
		{"letter", "letter", Markdown, "Dear all\n", nil},
		{"board", "", Markdown, "## greetings\n\nHello from 7. Hello from 8. \n\n## letter\n\n```xml\n<paragraph>Dear all</paragraph>\n```\n\n## todo\n\n```json\n[\n  \"one\",\n  \"two\"\n]\n```\n\n", nil},
		{"both", "", Markdown, "Text\n", []string{`"todo" (an array) is not shown; --json and the format yjs have it`}},
		{"rich", "", Markdown, "Buy milk\n\ndone\n", []string{"Markdown has no form for taskList, underline"}},
		{"both", "", Text, "Text\n", []string{`"todo" (an array) is not shown`}},
		{"rich", "", Text, "Buy milk\ndone\n", nil},
		{"readme", "", Text, "Hello from 7. Hello from 8. \n", nil},
		{"empty", "", Markdown, "", nil},
		{"marks", "", Markdown, "", nil}, // left by a deleted text
	} {
		s, err := Read(t.Context(), st, keyOf(test.record), 0)
		if err != nil {
			t.Fatal(err)
		}
		text, remarks, err := s.As(test.format, markdown.Schema{Fragment: test.fragment}, snapshot.Raw)
		if err != nil || string(text) != test.text {
			t.Errorf("%s as %s: %q, %v, want %q", test.record, test.format, text, err, test.text)
		}
		if !slices.EqualFunc(remarks, test.remarks, strings.HasPrefix) {
			t.Errorf("%s as %s: it is remarked %q", test.record, test.format, remarks)
		}
	}
}

// TestFormatsForPrograms shows that the formats for programs have the whole document.
func TestFormatsForPrograms(t *testing.T) {
	st := storeOf(t)
	rooms, err := st.Rooms(t.Context())
	if err != nil || len(rooms) != 10 {
		t.Fatal(len(rooms), err)
	}
	for _, room := range rooms {
		s, err := Read(t.Context(), st, roomkey.MustParse(room.Key), 0)
		if err != nil {
			t.Fatal(err)
		}
		update, _, err := s.As(Yjs, markdown.Schema{}, snapshot.Raw)
		if _, invalid := yjs.CheckUpdate(update); err != nil || invalid != nil {
			t.Errorf("%s: %v, %v", room.Key, err, invalid)
		}
		blob, _, err := s.As(Stored, markdown.Schema{}, snapshot.Raw)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := stored.Read(blob, nil, MaxBytes); err != nil || !bytes.Equal(again.State, update) {
			t.Errorf("%s: %v", room.Key, err)
		}
	}
}

// TestEncode shows that a stored snapshot is returned as it is, and that any other state is
// compressed.
func TestEncode(t *testing.T) {
	st := storeOfTexts(t)
	for version, want := range map[uint64]snapshot.Algorithm{1: snapshot.Gzip, 0: snapshot.Zstd} {
		s, err := Read(t.Context(), st, keyOf("a"), version)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []State{s, {Snapshot: s.Snapshot}} {
			blob, err := s.Encode(snapshot.Zstd)
			if err != nil {
				t.Fatal(err)
			}
			if h, err := snapshot.Stat(blob); err != nil || h.Version != s.Snapshot.Version || s.blob != nil && h.Algorithm != want {
				t.Errorf("version %d: %+v, %v", version, h, err)
			}
		}
	}
}

// TestReadWhileWritten shows that a record can be read while a server writes it.
func TestReadWhileWritten(t *testing.T) {
	st := storeOfTexts(t)
	s, err := Read(t.Context(), st, keyOf("a"), 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		var err error
		for version := uint64(3); ctx.Err() == nil && err == nil; version++ {
			row := stored.AppendRow(nil, version, yjs.Trust(s.State)) // a row that the snapshot has already
			err = st.Append(t.Context(), []persist.Row{{Room: "record:a", Data: row}})
		}
		ended <- err
	}()
	last := s.Snapshot.Version
	for range 100 {
		now, err := Read(t.Context(), st, keyOf("a"), 0)
		if err != nil {
			t.Fatal(err)
		}
		text, _, err := now.As(Markdown, markdown.Schema{}, snapshot.Raw)
		if err != nil || string(text) != secondText || now.Snapshot.Version < last {
			t.Fatalf("version %d after %d: %q, %v", now.Snapshot.Version, last, text, err)
		}
		last = now.Snapshot.Version
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestReadNothing shows the errors for records and versions that are not stored.
func TestReadNothing(t *testing.T) {
	st := storeOfTexts(t)
	if err := st.SaveSnapshot(t.Context(), "record:bad", []byte("no snapshot"), 0); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		record  string
		version uint64
		says    string
	}{
		{"nobody", 0, `nothing is stored of record "nobody"`},
		{"a", 9, `record "a" has no version 9`},
		{"bad", 0, "not a snapshot"},
	} {
		_, err := Read(t.Context(), st, keyOf(test.record), test.version)
		if err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s, version %d: %v", test.record, test.version, err)
		}
	}
}

// TestKeys shows which texts name rooms, and how rooms are named in messages.
func TestKeys(t *testing.T) {
	if _, err := RecordKey("a/b"); !errors.Is(err, ErrRecordID) {
		t.Error(err)
	}
	if _, err := RoomKey("record:a/b"); !errors.Is(err, ErrRoomName) {
		t.Error(err)
	}
	for name, want := range map[string]string{"record:a": `record "a"`, "notes/c": `room "notes/c"`} {
		if key, err := RoomKey(name); err != nil || Label(key) != want {
			t.Errorf("%s is %s, %v", name, Label(key), err)
		}
	}
}

// TestSteps shows that a document that takes more steps than allowed is not shown.
func TestSteps(t *testing.T) {
	var sections []string
	for id := range byte(100) { // all of which begin at the same place
		sections = append(sections, client(100-id, item(yjs.RefString, "greetings", "", named("Hello. "))))
	}
	s := State{Snapshot: snapshot.Snapshot{State: documentOf(t, sections...)}, Steps: 10}
	for _, f := range []Format{Markdown, Text, JSON} {
		if _, _, err := s.As(f, markdown.Schema{}, snapshot.Raw); !errors.Is(err, view.ErrBudget) {
			t.Errorf("%s: %v", f, err)
		}
	}
}
