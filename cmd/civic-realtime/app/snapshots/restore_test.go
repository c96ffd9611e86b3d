package snapshots

import (
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/contents"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
	"github.com/civicpress/civic-realtime/persist"
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
	r := Restoration{Room: keyOf("a"), Version: 1, Algorithm: snapshot.Zstd}
	for _, want := range []uint64{2, 0} {
		if kept, err := r.Apply(t.Context(), st); err != nil || kept != want {
			t.Errorf("version %d is kept, want %d: %v", kept, want, err)
		}
	}
	for version, want := range []string{firstText, firstText, secondText} {
		s, err := Read(t.Context(), st, keyOf("a"), uint64(version))
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
	version, err := Read(t.Context(), st, keyOf("a"), 1)
	if err != nil {
		t.Fatal(err)
	}
	live, err := Read(t.Context(), st, keyOf("a"), 0)
	if err != nil {
		t.Fatal(err)
	}
	now := State{Snapshot: live.Snapshot}
	edit, err := Restoration{Room: keyOf("a"), Version: 1}.Edit(version, now)
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
	if s, err := Read(t.Context(), st, keyOf("a"), 0); err != nil || textOf(t, s) != secondText {
		t.Errorf("stored: %q, %v", textOf(t, s), err)
	}
}

// TestRestoreAnyDocument shows that documents that no editor of CivicPress makes are restored, with
// everything that is in them.
func TestRestoreAnyDocument(t *testing.T) {
	st := storeOf(t)
	for _, record := range []string{"readme", "styled", "settings", "todo", "letter", "board", "both", "rich"} {
		version, err := Read(t.Context(), st, keyOf(record), 1)
		if err != nil {
			t.Fatal(err)
		}
		want := jsonOf(t, version)
		other := documentOf(t, client(11, item(yjs.RefString, "other", "", named("text"))))
		rows := []persist.Row{
			{Room: "record:" + record, Data: stored.AppendRow(nil, 2, deletionOf(t, version))},
			{Room: "record:" + record, Data: stored.AppendRow(nil, 3, yjs.Trust(other))},
		}
		if err := st.Append(t.Context(), rows); err != nil {
			t.Fatal(err)
		}
		changed, err := Read(t.Context(), st, keyOf(record), 0)
		if err != nil || jsonOf(t, changed) == want {
			t.Fatalf("%s is not changed: %v", record, err)
		}
		if kept, err := (Restoration{Room: keyOf(record), Version: 1}).Apply(t.Context(), st); err != nil || kept != 2 {
			t.Errorf("%s: version %d is kept, %v", record, kept, err)
		}
		now, err := Read(t.Context(), st, keyOf(record), 0)
		if got := jsonOf(t, now); err != nil || got != want {
			t.Errorf("%s: %s, want %s, %v", record, got, want, err)
		}
	}
}

// jsonOf returns what a state shows, without roots that show nothing.
func jsonOf(t *testing.T, s State) string {
	t.Helper()
	v, err := view.New(s.update())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]any{}
	for _, name := range v.Roots() {
		if root := v.Root(name); root.HasItems() || root.HasEntries() {
			all[name] = root.JSON(contents.KindOf(root, false))
		}
	}
	text, err := indented(all)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// deletionOf returns an update that deletes everything in a state.
func deletionOf(t *testing.T, s State) yjs.CheckedUpdate {
	t.Helper()
	v, err := view.New(s.update())
	if err != nil {
		t.Fatal(err)
	}
	var ranges []yjs.DeleteRange
	for client, end := range v.Clients() {
		ranges = append(ranges, yjs.DeleteRange{Client: client, End: end})
	}
	return yjs.Trust(yjs.AppendDeletes([]byte{0}, ranges))
}
