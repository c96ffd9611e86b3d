package roomstate

import (
	"testing"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/authors"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// rowsBy returns the rows of updates, each by a user, as a node writes them.
func rowsBy(t *testing.T, updates ...[]byte) func(users ...string) [][]byte {
	t.Helper()
	return func(users ...string) (rows [][]byte) {
		var doc ydoc.Doc
		table := authors.New(0)
		for i, u := range updates {
			doc.ApplyBy(yjs.Trust(u), table.Number(authors.Author{ID: users[i]}), table)
			f := snapshot.Fields{Authors: table.Row()}
			rows = append(rows, append(stored.AppendRowHeader(nil, uint64(i+1), f), u...))
		}
		return rows
	}
}

func (s *State) wantWriter(t *testing.T, what string, client, clock uint64, writer, deleter string) {
	t.Helper()
	by, _ := s.authors.Writer(client, clock)
	gone, _ := s.authors.Deleter(client, clock)
	if by.ID != writer || gone.ID != deleter {
		t.Errorf("%s: %d of client %d is written by %q and deleted by %q, not %q and %q", what, clock,
			client, by.ID, gone.ID, writer, deleter)
	}
}

// TestAuthors shows that states that are merged, as rows, snapshots or what one lacks of the other,
// keep the authors of both, and that a snapshot without authors gives its content to nobody.
func TestAuthors(t *testing.T) {
	mine := rowsBy(t, insert(1, 0, 'a'), insert(1, 1, 'b'), remove(1, 0))("ann", "ben", "ben")
	theirs := rowsBy(t, insert(2, 0, 'c'), insert(2, 1, 'd'), remove(2, 1))("cleo", "cleo", "ann")
	check := func(what string, s *State) {
		t.Helper()
		s.wantWriter(t, what, 1, 0, "ann", "ben")
		s.wantWriter(t, what, 1, 1, "ben", "")
		s.wantWriter(t, what, 2, 0, "cleo", "")
		s.wantWriter(t, what, 2, 1, "cleo", "ann")
	}
	a, b := read(t, nil, mine...), read(t, nil, theirs...)
	check("rows", read(t, nil, append(mine, theirs...)...))
	check("a row that lacks nothing", read(t, nil, append(mine, lacking(t, b, a))...))
	check("the other one", read(t, nil, append(theirs, lacking(t, a, b))...))
	blobs := [2][]byte{}
	for i, s := range []*State{a, b} {
		var err error
		if blobs[i], err = s.Snapshot(snapshot.Raw); err != nil {
			t.Fatal(err)
		}
	}
	check("a snapshot and rows", read(t, blobs[0], theirs...))
	check("two snapshots", read(t, blobs[0], blobs[1]))
	row, err := AsRow(blobs[1], limit)
	if err != nil {
		t.Fatal(err)
	}
	check("a snapshot as a row", read(t, blobs[0], row))
	old, err := snapshot.Append(nil, snapshot.Snapshot{Version: 9, State: read(t, nil, mine...).doc.AppendState(nil)}, snapshot.Raw)
	if err != nil {
		t.Fatal(err)
	}
	s := read(t, nil, mine[0], old)
	s.wantWriter(t, "without authors", 1, 0, "ann", "")
	s.wantWriter(t, "without authors", 1, 1, "", "")
}
