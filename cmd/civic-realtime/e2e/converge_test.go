package e2e

import (
	"bytes"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
)

// TestConverge shows that three clients that type at once, with two versions of y-websocket, end
// with one document, and that a client that joins later gets it, too. They edit a Y.Text, an
// XmlFragment with nested elements and formatted text, and a Y.Map.
func TestConverge(t *testing.T) {
	t.Parallel()
	s := start(t)
	const room = "town-plan"
	writers := []*client{join(t, s, room, "ann", 3), join(t, s, room, "bob", 3), join(t, s, room, "cleo", 2)}

	seed := newSeed(t)
	editAll(writers, 300, seed)
	for _, c := range writers {
		c.mustBeUndisturbed()
	}
	first := converge(t, writers...)
	mustHoldEverything(t, first)

	// One of them edits without a connection, the two others with one.
	writers[0].do("disconnect", nil, nil)
	editAll(writers, 100, seed+len(writers))
	writers[0].do("reconnect", nil, nil)
	second := converge(t, writers...)
	if first.Hash == second.Hash {
		t.Error("the second round of edits changed nothing")
	}

	converge(t, append(writers, join(t, s, room, "newcomer", 3))...)
	if code := s.terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	s.restart()
	converge(t, append(writers, join(t, s, room, "latecomer", 2))...)
	for _, c := range writers {
		c.mustBeSound()
	}
}

// editAll makes all clients edit at random at the same time.
func editAll(clients []*client, count, seed int) {
	var edits []processes.Call
	for i, c := range clients {
		edits = append(edits, c.begin("edit", args{"seed": seed + i, "count": count}))
	}
	for _, edit := range edits {
		edit.End(nil)
	}
}

// mustHoldEverything checks that the document has content of every kind, so that converging on it
// shows something.
func mustHoldEverything(t *testing.T, r report) {
	t.Helper()
	for _, part := range []string{`"bold"`, `"image"`, `"paragraph"`, `"children":[{"name"`, `"attributes"`, `"insert"`, `"map":{"`} {
		if !bytes.Contains(r.Content, []byte(part)) {
			t.Errorf("no %s in the document:\n%.2000s", part, r.Content)
		}
	}
}
