package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/stored"
)

// storedRow is a journal row of an update.
func storedRow(incarnation uint64, update []byte) []byte {
	return append(stored.AppendRowHeader(nil, 9, snapshot.Fields{Incarnation: incarnation}), update...)
}

// TestMergeStored shows that rows of another node are merged as an update that nobody wrote: the
// version is raised, all peers are sent it, and MergeStored returns when it is durable.
func TestMergeStored(t *testing.T) {
	onNodes(t, Config{}, false, func(n *nodes) {
		a, witness := n.a.joinSynced("r"), n.a.joinJSON("r", ann)
		a.types(0, "text")
		pass(time.Second)
		witness.conn.take()
		a.conn.take()
		rows := [][]byte{storedRow(0, typed(70, 0, "one")), storedRow(a.room.incarnation, typed(70, 3, "two"))}
		n.shared.appending.close()
		merged := make(chan error, 1)
		go func() { merged <- n.a.MergeStored(context.Background(), "r", rows) }()
		pass(10 * time.Millisecond)
		if len(merged) > 0 {
			t.Error("it did not wait until the rows are durable")
		}
		n.shared.appending.open()
		if err := <-merged; err != nil {
			t.Fatal(err)
		}
		settle()
		a.wantMessages("the rows", protocol.Update)
		if m := witness.wantMessages("the rows", "sync")[0]; m.From != "" || m.Version != 3 {
			t.Errorf("version %d, from %q", m.Version, m.From)
		}
		commits := len(n.shared.commits)
		if err := n.a.MergeStored(context.Background(), "r", rows); err != nil || len(n.shared.commits) != commits {
			t.Errorf("again: %v", err)
		}
		if v := n.a.RoomVersion("r"); v != 3 || n.a.Occupied("r") != 2 || n.a.RoomVersion("x") != 0 || n.a.Occupied("x") != 0 {
			t.Errorf("version %d, occupied by %d", v, n.a.Occupied("r"))
		}
	})
}

// TestMergeStoredLeavesOut shows which rows are not merged, while the others are.
func TestMergeStoredLeavesOut(t *testing.T) {
	onNodes(t, Config{}, false, func(n *nodes) {
		a := n.a.joinSynced("r")
		for name, test := range map[string]struct {
			row  []byte
			want error
		}{
			"of another incarnation": {storedRow(a.room.incarnation+1, typed(71, 0, "x")), errIncarnation},
			"of an unknown form":     {[]byte{99}, stored.ErrRow},
		} {
			before := a.room.version
			good := storedRow(0, typed(80+before, 0, "x"))
			if err := n.a.MergeStored(context.Background(), "r", [][]byte{test.row, good}); !errors.Is(err, test.want) {
				t.Errorf("%s: %v", name, err)
			}
			if a.room.version != before+1 {
				t.Errorf("%s: version %d after %d", name, a.room.version, before)
			}
		}
		if err := n.a.MergeStored(context.Background(), "elsewhere", nil); err != ErrNoRoom {
			t.Errorf("a room that is not loaded: %v", err)
		}
	})
}

// TestMergeStoredIntoFrozen shows that a room that goes to another node merges nothing, and that
// the caller is told so, as the rows must stay in the store then.
func TestMergeStoredIntoFrozen(t *testing.T) {
	onNodes(t, Config{}, false, func(n *nodes) {
		a := n.a.joinSynced("r")
		n.shared.appending.close()
		a.types(0, "text")
		settle()
		n.take("r", "b")
		go func() { _ = n.a.disownWithin("r", time.Minute) }()
		settle()
		err := n.a.MergeStored(context.Background(), "r", [][]byte{storedRow(0, typed(70, 0, "x"))})
		if err == nil || a.room.version != 1 {
			t.Errorf("version %d, %v", a.room.version, err)
		}
		n.shared.appending.open()
	})
}

// TestMergeStoredIsSaved shows that updates of another node get into the draft of a record, also
// if nobody is in the room and its document is compressed.
func TestMergeStoredIsSaved(t *testing.T) {
	for name, idle := range map[string]bool{"with a peer": false, "compressed": true} {
		t.Run(name, func(t *testing.T) {
			onNodes(t, Config{}, true, func(n *nodes) {
				a := n.a.opens("ann")
				if idle {
					a.Leave()
					pass(time.Minute)
				}
				row := storedRow(0, editOf(t, a.conn.state(), "text, and more"))
				if err := n.a.MergeStored(context.Background(), "r", [][]byte{row}); err != nil {
					t.Fatal(err)
				}
				pass(time.Minute)
				if got := n.records.saved(); len(got) != 1 || got[0].markdown != "text, and more" {
					t.Errorf("drafts %q", got)
				}
			})
		})
	}
}

// editOf is the update that gives a document another text.
func editOf(t *testing.T, state []byte, text string) []byte {
	t.Helper()
	tree, err := markdown.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	update, err := prose.Edit(yjs.Trust(state), markdown.Schema{}, tree)
	if err != nil || update == nil {
		t.Fatalf("nothing to edit: %v", err)
	}
	return update
}
