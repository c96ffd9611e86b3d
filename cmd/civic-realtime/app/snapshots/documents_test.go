package snapshots

import (
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// item returns a struct of an update: in a root or, with a key, an entry of the root.
func item(ref byte, root, key, content string) string {
	info, sub := ref, ""
	if key != "" {
		info, sub = ref|yjs.InfoParentSub, named(key)
	}
	return string([]byte{info, 1}) + named(root) + sub + content
}

func named(s string) string { return string(lib0.AppendString(nil, s)) }

// client returns a section of an update: the structs that a client wrote, from clock 0 on.
func client(id byte, structs ...string) string {
	return string([]byte{byte(len(structs)), id, 0}) + strings.Join(structs, "")
}

// documentOf returns an update with these sections and no deletions.
func documentOf(t *testing.T, sections ...string) []byte {
	t.Helper()
	b := []byte(string([]byte{byte(len(sections))}) + strings.Join(sections, "") + "\x00")
	if _, err := yjs.CheckUpdate(b); err != nil {
		t.Fatalf("%q: %v", b, err)
	}
	return b
}

// Documents that are not CivicPress', with one kind of root each.
var (
	greetings = client(9, item(yjs.RefString, "greetings", "", named("Hello from 7. Hello from 8. ")))
	styled    = client(8, item(yjs.RefFormat, "styled", "", named("bold")+named("true")), "\x84\x08\x00"+named("loud"), "\x85\x08\x04"+named(`{"image":"x"}`))
	settings  = client(7, item(yjs.RefAny, "settings", "ratio", "\x01\x7b\x7f\xf8\x00\x00\x00\x00\x00\x00"), item(yjs.RefAny, "settings", "big", "\x01\x7a\x00\x00\x00\x00\x00\x00\x00\x07"),
		item(yjs.RefAny, "settings", "none", "\x01\x7f"), item(yjs.RefBinary, "settings", "bytes", named("abc")))
	todo   = client(6, item(yjs.RefAny, "todo", "", "\x02\x77"+named("one")+"\x77"+named("two")))
	letter = client(5, item(yjs.RefType, "letter", "", "\x03"+named("paragraph")), "\x07\x00\x05\x00\x06", "\x04\x00\x05\x01"+named("Dear all"))
	marks  = client(2, item(yjs.RefFormat, "marks", "", named("bold")+named("true")))
	empty  = client(4, item(yjs.RefDeleted, "empty", "", "\x01"))
	rich   = client(3, item(yjs.RefType, "default", "", "\x03"+named("taskList")), "\x07\x00\x03\x00\x06", "\x04\x00\x03\x01"+named("Buy milk"),
		"\x87\x03\x00\x03"+named("paragraph"), "\x07\x00\x03\x0a\x06", "\x06\x00\x03\x0b"+named("underline")+named("true"), "\x84\x03\x0c"+named("done"))
)

// openStore opens an empty store until the end of the test.
func openStore(t *testing.T) *bolt.Store {
	t.Helper()
	st, err := bolt.Open(t.TempDir(), bolt.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return st
}

// keyOf returns the key of a record's room.
func keyOf(record string) roomkey.Key { return roomkey.MustParse("record:" + record) }

// save stores a document as a record's snapshot, and as a version of it.
func save(t *testing.T, st *bolt.Store, record string, document []byte) {
	t.Helper()
	blob, err := snapshot.Append(nil, snapshot.Snapshot{Version: 1, State: document}, snapshot.Gzip)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.SaveSnapshot(t.Context(), "record:"+record, blob, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := st.KeepVersion(t.Context(), "record:"+record, persist.Version{Why: "why"}, blob); err != nil {
		t.Fatal(err)
	}
}

// storeOf opens a store with all these documents, each also as version 1.
func storeOf(t *testing.T) *bolt.Store {
	t.Helper()
	st := openStore(t)
	both := client(2, item(yjs.RefType, "default", "", "\x03"+named("paragraph")), "\x07\x00\x02\x00\x06", "\x04\x00\x02\x01"+named("Text"))
	for record, sections := range map[string][]string{
		"readme": {greetings}, "styled": {styled}, "settings": {settings}, "todo": {todo}, "letter": {letter}, "rich": {rich}, "empty": {empty},
		"marks": {marks}, "board": {greetings, todo, letter}, "both": {both, todo},
	} {
		save(t, st, record, documentOf(t, sections...))
	}
	return st
}

// Texts of the record "a" of storeOfTexts.
const (
	firstText  = "# By-law 7\n\nDogs are on a leash.\n"
	secondText = "# By-law 7\n\nDogs and cats are on a leash.\n"
)

// parsed returns the tree of a Markdown text.
func parsed(t *testing.T, text string) markdown.Node {
	t.Helper()
	tree, err := markdown.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// storeOfTexts opens a store with a record whose first text is version 1, and whose second text is
// an update in the journal.
func storeOfTexts(t *testing.T) *bolt.Store {
	t.Helper()
	st := openStore(t)
	first := markdown.Schema{}.Seed(parsed(t, firstText))
	save(t, st, "a", first)
	edit, err := prose.Edit(yjs.Trust(first), markdown.Schema{}, parsed(t, secondText))
	if err != nil {
		t.Fatal(err)
	}
	rows := []persist.Row{{Room: "record:a", Data: stored.AppendRow(nil, 2, yjs.Trust(edit))}}
	if err := st.Append(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	return st
}
