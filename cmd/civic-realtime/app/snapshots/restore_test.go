package snapshots

import (
	"errors"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/stored"
)

// textOf returns the text of a state.
func textOf(t *testing.T, s State) string {
	t.Helper()
	text, _, err := s.As(Markdown, markdown.Schema{}, snapshot.Raw)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestApply shows that a version is restored in a store, and that the state before becomes another
// version.
func TestApply(t *testing.T) {
	st := storeOfTexts(t)
	r := Restoration{Record: "a", Version: 1, Algorithm: snapshot.Zstd}
	for _, want := range []uint64{2, 0} {
		if kept, err := r.Apply(t.Context(), st); err != nil || kept != want {
			t.Errorf("version %d is kept, want %d: %v", kept, want, err)
		}
	}
	for version, want := range []string{firstText, firstText, secondText} {
		s, err := Read(t.Context(), st, "a", uint64(version))
		if err != nil || textOf(t, s) != want {
			t.Errorf("version %d: %q, %v", version, textOf(t, s), err)
		}
	}
	versions, err := st.Versions(t.Context(), "record:a")
	if err != nil || len(versions) != 2 || versions[1].Why != BeforeRestore {
		t.Errorf("%+v, %v", versions, err)
	}
}

// TestEditOfADocumentInMemory shows that the update for a document in memory, newer than the stored
// one, restores a version in it, and that nothing in the store changes.
func TestEditOfADocumentInMemory(t *testing.T) {
	st := storeOfTexts(t)
	version, err := Read(t.Context(), st, "a", 1)
	if err != nil {
		t.Fatal(err)
	}
	live, err := Read(t.Context(), st, "a", 0)
	if err != nil {
		t.Fatal(err)
	}
	now := State{Snapshot: live.Snapshot}
	edit, err := Restoration{Record: "a", Version: 1}.Edit(version, now)
	if err != nil {
		t.Fatal(err)
	}
	blob, err := now.Encode(snapshot.Raw)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := stored.Read(blob, [][]byte{stored.AppendRow(nil, 3, yjs.Trust(edit))}, MaxBytes)
	if err != nil {
		t.Fatal(err)
	}
	if got := textOf(t, State{Snapshot: doc}); got != firstText {
		t.Errorf("%q", got)
	}
	if edit, err := (Restoration{Version: 1}).Edit(version, State{Snapshot: doc}); edit != nil || err != nil {
		t.Errorf("again: %x, %v", edit, err)
	}
	if s, err := Read(t.Context(), st, "a", 0); err != nil || textOf(t, s) != secondText {
		t.Errorf("stored: %q, %v", textOf(t, s), err)
	}
}

// TestNotRestored shows that an error names the parts that cannot be restored, before anything is
// changed.
func TestNotRestored(t *testing.T) {
	st := storeOf(t)
	for _, test := range []struct {
		record string
		is     error
		says   []string
	}{
		{"readme", ErrNoText, []string{`only the text of an editor can be restored, from the fragment "default", and the record has "greetings" (a text)`}},
		{"letter", ErrNoText, []string{`"letter" (XML)`}},
		{"both", ErrPartial, []string{`not all can be restored of version 1`, `"todo" (an array) would stay as it is now`, "nothing is changed"}},
		{"rich", ErrPartial, []string{"Markdown has no form for taskList, underline, which version 1 has", "nothing is changed"}},
	} {
		_, err := Restoration{Record: test.record, Version: 1}.Apply(t.Context(), st)
		if !errors.Is(err, test.is) {
			t.Errorf("%s: %v", test.record, err)
			continue
		}
		for _, says := range test.says {
			if !strings.Contains(err.Error(), says) {
				t.Errorf("%s: nothing of %q in %v", test.record, says, err)
			}
		}
		if versions, err := st.Versions(t.Context(), "record:"+test.record); err != nil || len(versions) != 1 {
			t.Errorf("%s: %d versions, %v", test.record, len(versions), err)
		}
	}
	for _, r := range []Restoration{
		{Record: "both", Version: 1, Partly: true},
		{Record: "letter", Version: 1, Schema: markdown.Schema{Fragment: "letter"}},
		{Record: "marks", Version: 1},
	} {
		if kept, err := r.Apply(t.Context(), st); err != nil || kept != 0 {
			t.Errorf("%s: version %d is kept, %v", r.Record, kept, err)
		}
	}
}
