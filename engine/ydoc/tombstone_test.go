package ydoc

import (
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestChangesOfTombstones shows that the changes of a document say that new structs are deleted
// which have come without their content: a client may have them with it, from before a loss of
// data here.
func TestChangesOfTombstones(t *testing.T) {
	const client = 7
	begin := yjs.AppendID([]byte{1, 1}, yjs.ID{Client: client})
	written := lib0.AppendString(append(begin[:len(begin):len(begin)], yjs.RefString, 1), "text")
	written = append(lib0.AppendString(written, "abc"), 0)
	deleted := lib0.AppendString(append(begin[:len(begin):len(begin)], yjs.RefDeleted, 1), "text")
	deleted = append(deleted, 3, 1, client, 1, 0, 3)
	check := func(b []byte) yjs.CheckedUpdate {
		u, err := yjs.CheckUpdate(b)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	var server, other Doc
	other.Apply(check(written))
	server.Apply(check(deleted))
	other.Apply(check(server.AppendChanges(nil)))
	if only := check([]byte{0, 1, client, 1, 0, 3}); !other.Contains(only) {
		t.Error("the deletion did not arrive")
	}
	if server.HasChanges() {
		t.Error("something is left")
	}
}
