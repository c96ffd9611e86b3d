package migrate

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/snapshots"
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/imports"
	"github.com/civicpress/civic-realtime/transport/docname"
)

// source is a store of another server that has these documents.
type source []imports.Document

func (s source) Documents() iter.Seq[imports.Document] { return slices.Values(s) }
func (source) Close() error                            { return nil }

// typed is the update of a client that has typed text into an empty document.
func typed(client byte, text string) []byte {
	return append(lib0.AppendBytes([]byte{1, 1, client, 0, 4, 1, 4, 't', 'e', 'x', 't'}, []byte(text)), 0)
}

// after is the update of a client that has typed text behind its first n characters, which are
// below 128.
func after(client, n byte, text string) []byte {
	return append(lib0.AppendBytes([]byte{1, 1, client, n, 0x84, client, n - 1}, []byte(text)), 0)
}

// deleted is an update that deletes the first n characters of a client.
func deleted(client, n byte) []byte { return []byte{0, 1, client, 1, 0, n} }

func doc(name string, updates ...[]byte) imports.Document {
	return imports.Document{Name: name, Updates: updates}
}

// importInto imports documents into a store.
func importInto(t *testing.T, st Store, o Options, docs ...imports.Document) *Report {
	t.Helper()
	o.Algorithm, o.DocumentBytes = snapshot.Raw, 1<<20
	r, err := o.Run(t.Context(), source(docs), st)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// stateOf returns the stored state of a record, of a version or, with 0, of now.
func stateOf(t *testing.T, st Store, record string, version uint64) snapshots.State {
	t.Helper()
	s, err := snapshots.Read(t.Context(), st, roomkey.MustParse("record:"+record), version)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// mustSay checks the stored text of a record.
func mustSay(t *testing.T, st Store, record, want string) {
	t.Helper()
	b, _, err := stateOf(t, st, record, 0).As(snapshots.JSON, markdown.Schema{}, snapshot.Raw)
	if err != nil || !bytes.Contains(b, []byte(`"`+want+`"`)) {
		t.Errorf("%s says %s, want %s; %v", record, b, want, err)
	}
}

func mustFail(t *testing.T, r *Report, reasons ...string) {
	t.Helper()
	if r.Failed != len(reasons) || len(r.Problems) != len(reasons) {
		t.Fatalf("%+v, want %q", r, reasons)
	}
	for i, p := range r.Problems {
		if !strings.Contains(p.String(), reasons[i]) || p.Imported {
			t.Errorf("%s, want %q", p, reasons[i])
		}
	}
}

// TestRun shows that documents become records with their names, that empty ones need no room, and
// that importing again finds everything there, also when a record was edited since.
func TestRun(t *testing.T) {
	st := persist.NewMemory()
	docs := []imports.Document{
		doc("a", typed(1, "abc"), after(1, 3, "def"), deleted(1, 2)), doc("b", typed(2, "b")), doc("empty"), doc("also", []byte{0, 0}),
	}
	r := importInto(t, st, Options{}, docs...)
	if r.Imported != 2 || r.Empty != 2 || r.Failed != 0 || r.Bytes == 0 {
		t.Errorf("%+v", r)
	}
	mustSay(t, st, "a", "cdef")
	mustSay(t, st, "b", "b")
	if s := stateOf(t, st, "a", 0); s.Version != 3 || s.Incarnation == 0 || s.Note != nil {
		t.Errorf("%+v", s.Snapshot)
	}
	importInto(t, st, Options{Existing: Merge}, doc("a", typed(3, "x")))
	if r := importInto(t, st, Options{}, docs...); r.Present != 2 || r.Imported+r.Failed != 0 || r.Bytes != 0 {
		t.Errorf("again: %+v", r)
	}
	if rooms, err := st.Rooms(t.Context()); err != nil || len(rooms) != 2 {
		t.Errorf("%+v, %v", rooms, err)
	}
}

// TestExisting shows what is done where a record has other content: nothing, merging, or replacing,
// which keep the content before as a version. Replacing by the same changes nothing.
func TestExisting(t *testing.T) {
	for _, test := range []struct {
		existing Existing
		want     string
		count    func(*Report) int
		versions int
	}{
		{Refuse, "old", func(r *Report) int { return r.Failed }, 0},
		{Skip, "old", func(r *Report) int { return r.Skipped }, 0},
		{Merge, "oldnew", func(r *Report) int { return r.Merged }, 1},
		{Replace, "new", func(r *Report) int { return r.Replaced }, 1},
	} {
		st := persist.NewMemory()
		st.SetRetention(persist.Retention{NoAutomatic: true})
		importInto(t, st, Options{}, doc("a", typed(1, "old")))
		before := stateOf(t, st, "a", 0)
		r := importInto(t, st, Options{Existing: test.existing}, doc("a", typed(2, "new")))
		if test.count(r) != 1 {
			t.Errorf("%d: %+v", test.existing, r)
		}
		mustSay(t, st, "a", test.want)
		now := stateOf(t, st, "a", 0)
		if sameDocument := now.Incarnation == before.Incarnation; sameDocument == (test.existing == Replace) {
			t.Errorf("%d: incarnation %d, it was %d", test.existing, now.Incarnation, before.Incarnation)
		}
		versions, err := st.Versions(t.Context(), "record:a")
		if err != nil || len(versions) != test.versions {
			t.Fatalf("%d: %+v, %v", test.existing, versions, err)
		}
		if test.versions > 0 {
			kept := stateOf(t, st, "a", versions[0].ID)
			if versions[0].Why != BeforeImport || !bytes.Equal(kept.State, before.State) {
				t.Errorf("%d: %+v, %q", test.existing, versions, kept.State)
			}
			if again := importInto(t, st, Options{Existing: test.existing}, doc("a", typed(2, "new"))); again.Present != 1 {
				t.Errorf("%d: again: %+v", test.existing, again)
			}
		}
	}
}

// TestReplaceEdited shows that replacing takes what a record has more than the document, too.
func TestReplaceEdited(t *testing.T) {
	st := persist.NewMemory()
	importInto(t, st, Options{}, doc("a", typed(1, "abc"), after(1, 3, "def")))
	if r := importInto(t, st, Options{Existing: Replace}, doc("a", typed(1, "abc"))); r.Replaced != 1 {
		t.Errorf("%+v", r)
	}
	mustSay(t, st, "a", "abc")
}

// TestNotWhole shows that documents that lack something are not imported, others are, and that
// Partly imports what there is of them with a remark.
func TestNotWhole(t *testing.T) {
	damaged := doc("damaged", typed(3, "part"))
	damaged.Err = imports.ErrDamaged
	docs := []imports.Document{
		doc("missing", typed(1, "abc"), after(1, 4, "def")), doc("garbage", typed(2, "abc"), []byte("no update"), after(2, 3, "def")),
		damaged, doc("nothing", []byte{9, 9}), {Lost: true, Err: errors.New("block 7 is damaged")}, doc("good", typed(5, "good")),
	}
	st := persist.NewMemory()
	r := importInto(t, st, Options{}, docs...)
	mustFail(t, r, "updates refer to others", "update 2 of 3 is no Yjs update", "damaged", "update 1 of 1 is no Yjs update", "documents may be missing: block 7")
	mustSay(t, st, "good", "good")
	r = importInto(t, st, Options{Partly: true}, docs...)
	if r.Imported != 3 || r.Failed != 2 || r.Present != 1 || len(r.Problems) != 5 || !r.Problems[0].Imported {
		t.Errorf("partly: %+v", r)
	}
	mustSay(t, st, "missing", "abc")
	mustSay(t, st, "garbage", "abcdef")
	mustSay(t, st, "damaged", "part")
}

// TestOrder shows that updates may be in any order, also if more of them wait than are kept at a
// time.
func TestOrder(t *testing.T) {
	long := strings.Repeat("x", 400<<10)
	updates := [][]byte{typed(1, "a"), after(1, 1, "b")}
	for client := byte(2); client < 8; client++ {
		insert := append(lib0.AppendBytes([]byte{1, 1, client, 0, 0x84, 1, client % 2}, []byte(long)), 0)
		updates = append(updates, insert)
	}
	slices.Reverse(updates)
	st := persist.NewMemory()
	if r := importInto(t, st, Options{}, doc("a", updates...)); r.Imported != 1 || r.Bytes < int64(6*len(long)) || r.Failed > 0 {
		t.Errorf("%+v", r)
	} else if len(r.Problems) != 1 || !strings.Contains(r.Problems[0].String(), "more than limits.document_bytes") {
		t.Errorf("the remark about its size: %+v", r.Problems)
	}
}

// TestSameRoom shows that two documents with the same room do not replace each other.
func TestSameRoom(t *testing.T) {
	docs := []imports.Document{doc("a b", typed(1, "first")), doc("a%20b", typed(2, "second"))}
	for existing, want := range map[Existing]string{Refuse: "first", Skip: "first", Replace: "first", Merge: "firstsecond"} {
		st := persist.NewMemory()
		r := importInto(t, st, Options{Rooms: Rooms{From: YWebsocket}, Existing: existing}, docs...)
		if existing != Merge {
			mustFail(t, r, `"a b" has the same room`)
		}
		mustSay(t, st, "a b", want)
	}
}

// TestDryRun shows that a trial reports the same, and stores nothing.
func TestDryRun(t *testing.T) {
	docs := []imports.Document{doc("a", typed(1, "new")), doc("a/b", typed(1, "no record")), doc("c", typed(1, "c"))}
	for existing := Refuse; existing <= Replace; existing++ {
		trial, real := persist.NewMemory(), persist.NewMemory()
		for _, st := range []*persist.Memory{trial, real} {
			importInto(t, st, Options{}, doc("a", typed(2, "old")))
		}
		got := importInto(t, trial, Options{Existing: existing, DryRun: true}, docs...)
		want := importInto(t, real, Options{Existing: existing}, docs...)
		if got.DryRun = false; got.Summary("") != want.Summary("") || !slices.Equal(got.Problems, want.Problems) {
			t.Errorf("%+v, want %+v", got, want)
		}
		mustSay(t, trial, "a", "old")
		if rooms, _ := trial.Rooms(t.Context()); len(rooms) != 1 {
			t.Errorf("%+v", rooms)
		}
	}
	if r := importInto(t, nil, Options{DryRun: true}, docs...); r.Imported != 2 || r.Failed != 1 {
		t.Errorf("without a store: %+v", r)
	}
}

// TestDeleted shows that a document that was deleted does not come back, whatever is asked for, and
// that it is listed. It is imported once the deletion was lifted, as there is an empty document
// then: into that one, which clients may have.
func TestDeleted(t *testing.T) {
	for existing := Refuse; existing <= Replace; existing++ {
		st := persist.NewMemory()
		put := func(s snapshot.Snapshot) {
			s.State, s.Incarnation = []byte{0, 0}, 7
			if err := st.SaveSnapshot(t.Context(), "record:a", must(snapshot.Append(nil, s, snapshot.Raw)), 0); err != nil {
				t.Fatal(err)
			}
		}
		put(snapshot.Snapshot{Version: 3, Deleted: snapshot.Deletion{At: 1000, By: "bob"}})
		before := must(st.Room(t.Context(), "record:a"))
		for _, trial := range []bool{true, false} {
			r := importInto(t, st, Options{Existing: existing, DryRun: trial}, doc("a", typed(1, "gone")), doc("b", typed(2, "b")))
			mustFail(t, r, `record "a" was deleted at 1970-01-01T00:00:01Z by "bob": a document that was deleted does not come back`)
		}
		if after := must(st.Room(t.Context(), "record:a")); after != before {
			t.Errorf("%d: %+v, it was %+v", existing, after, before)
		}
		mustSay(t, st, "b", "b")
		put(snapshot.Snapshot{Version: 4})
		if r := importInto(t, st, Options{Existing: existing}, doc("a", typed(1, "again"))); r.Imported != 1 {
			t.Errorf("%d: lifted: %+v", existing, r)
		}
		mustSay(t, st, "a", "again")
		if s := stateOf(t, st, "a", 0); s.Incarnation != 7 || s.Version != 5 {
			t.Errorf("%d: %+v", existing, s.Snapshot)
		}
	}
}

// failing is a store whose writes fail.
type failing struct {
	*persist.Memory
	err error
}

func (f failing) SaveSnapshot(context.Context, string, []byte, uint64) error { return f.err }

// TestStoreFails shows that the import ends when the store fails, and goes on after a room whose
// stored content is damaged.
func TestStoreFails(t *testing.T) {
	full := errors.New("no space left")
	o := Options{Algorithm: snapshot.Raw}
	r, err := o.Run(t.Context(), source{doc("a", typed(1, "a")), doc("b", typed(1, "b"))}, failing{persist.NewMemory(), full})
	if !errors.Is(err, full) || r.Failed != 1 || r.Imported != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	st := persist.NewMemory()
	if err := st.SaveSnapshot(t.Context(), "record:a", []byte("no snapshot"), 0); err != nil {
		t.Fatal(err)
	}
	r = importInto(t, st, Options{Existing: Replace}, doc("a", typed(1, "a")), doc("b", typed(1, "b")))
	mustFail(t, r, "civic-realtime repair")
	mustSay(t, st, "b", "b")
}

// TestInterrupted shows that an import that is interrupted has stored whole documents, and returns
// the context's error.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	st := persist.NewMemory()
	docs := func(yield func(imports.Document) bool) {
		if yield(doc("a", typed(1, "a"))) {
			cancel()
			yield(doc("b", typed(1, "b")))
		}
	}
	o := Options{Algorithm: snapshot.Raw}
	if r, err := o.Run(ctx, stream(docs), st); !errors.Is(err, context.Canceled) || r.Imported != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	mustSay(t, st, "a", "a")
}

type stream iter.Seq[imports.Document]

func (s stream) Documents() iter.Seq[imports.Document] { return iter.Seq[imports.Document](s) }
func (stream) Close() error                            { return nil }

// TestRooms shows the rooms of documents, and why some have none.
func TestRooms(t *testing.T) {
	collab := docname.Rules{must(docname.ParseRule("collab/*=record:*")), must(docname.ParseRule("start=record:home"))}
	for _, test := range []struct {
		Rooms
		name, want string
	}{
		{Rooms{}, "notes", "record:notes"},
		{Rooms{}, "a%20b", "record:a%20b"},
		{Rooms{From: YWebsocket}, "a%20b", "record:a b"},
		{Rooms{From: YWebsocket}, "100%", "percent-encoded"},
		{Rooms{From: YWebsocket}, "a%2Fb", "no slash"},
		{Rooms{Rules: collab}, "collab/notes", "record:notes"},
		{Rooms{Rules: collab}, "start", "record:home"},
		{Rooms{Rules: collab}, "notes", "no rule fits"},
		{Rooms{Rules: collab}, "collab/", "no rule fits"},
		{Rooms{Rules: collab}, "", "empty"},
		{Rooms{From: YWebsocket, Rules: collab}, "collab/a%20b", "record:a b"},
		{Rooms{}, "", "empty"},
		{Rooms{}, "a/b", "no slash"},
		{Rooms{}, "a\nb", "control characters"},
		{Rooms{}, "a\xff", "UTF-8"},
		{Rooms{}, strings.Repeat("a", 256), "longer than 255 bytes"},
		{Rooms{}, "..", "reserved"},
	} {
		key, err := test.Room(test.name)
		if err == nil && key.String() != test.want || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %q, %v", test, key, err)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TestSummary shows the line about what was done, and that problems have no control characters.
func TestSummary(t *testing.T) {
	r := Report{Imported: 2, Merged: 1, Present: 3, Failed: 1, Bytes: 9}
	if s := r.Summary("/data"); s != "imported 3 documents (9 bytes) into /data, 1 merged into rooms that were there, 3 were there already, 1 failed" {
		t.Error(s)
	}
	p := Problem{Name: "a\x1b[2J", Reason: "one\ntwo\x1b"}
	if s := p.String(); s != `"a\x1b[2J" is not imported: one; two ` {
		t.Errorf("%q", s)
	}
}
