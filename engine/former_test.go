package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// mustRefuseFormer checks that clients which have the structs of a client id in the note are closed
// as if that were deleted, whatever they send first and in every protocol, and that nothing of it
// comes.
func (w *world) mustRefuseFormer(id uint64, state []byte) {
	w.t.Helper()
	before := w.textOf("notes/a", 0)
	for name, m := range map[string]protocol.Message{
		"a state vector": {Kind: protocol.SyncRequest, Body: yjs.StateVector{{Client: id, Clock: 1}}.Append(nil)},
		"the state":      {Kind: protocol.SyncReply, Body: state},
		"an update":      {Kind: protocol.Update, Body: state},
	} {
		for _, p := range []protocol.Protocol{protocol.YWebsocket{}, protocol.MsgPack{}, protocol.Hocuspocus{}} {
			if m.Kind == protocol.SyncRequest && p.Native() {
				continue // as a server writes it, it has no state vector
			}
			peer, err := w.Join(context.Background(), note, new(memConn), p, Identity{ID: "old"})
			if err != nil {
				w.t.Fatal(err)
			}
			err = peer.Deliver(p.Append(nil, m))
			if why := new(CloseError); !errors.As(err, &why) || why.Code != CloseDeleted || !errors.Is(err, ErrDeleted) {
				w.t.Errorf("%s in %s: %v", name, p.Name(), err)
			} else if words := why.LastWords(); len(words) != 1 || words[0].Code != protocol.CodeDeleted {
				w.t.Errorf("%+v", words)
			}
			peer.Leave()
		}
	}
	_, err := w.Edit(context.Background(), note, Edit{By: Identity{ID: "program"}, Update: state})
	if !errors.Is(err, ErrDeleted) {
		w.t.Errorf("an edit of a program: %v", err)
	}
	pass(time.Second)
	if got := w.textOf("notes/a", 0); got != before {
		w.t.Errorf("%q, was %q", got, before)
	}
}

// TestBegunAnew shows that a document that is begun after a deletion was lifted gets nothing of
// what clients still have of the deleted one: they are closed as before, over restarts, when the
// room was compressed, after other deletions, and however they come. Other clients are not.
func TestBegunAnew(t *testing.T) {
	inDeletable(t, Config{
		CompressAfter: time.Minute, Grace: time.Hour, SnapshotInterval: time.Hour, Compression: snapshot.Gzip,
	}, func(w *world, st *deletable, restart func()) {
		const first, second, third = 1 << 40, 1<<40 + 7, 1<<40 + 5
		writes := func(id uint64, text string) []byte {
			a := w.joinSynced("notes/a")
			state := typed(id, 0, text)
			a.sends(protocol.Update, state)
			pass(time.Second)
			a.Leave()
			return state
		}
		deletes := func() {
			w.mustDelete()
			w.mustBeDeleted(st)
			restart()
			if err := w.Undelete(context.Background(), note, agent); err != nil {
				t.Fatal(err)
			}
		}
		old := writes(first, "one")
		deletes()
		w.mustRefuseFormer(first, old)
		other := writes(second, "two")
		w.mustRefuseFormer(first, old)
		restart() // which takes a snapshot
		w.mustRefuseFormer(first, old)
		restart()
		more := w.joinSynced("notes/a")
		more.sends(protocol.Update, typed(second, 3, strings.Repeat("!", 500)))
		pass(time.Second)
		more.Leave()
		pass(2 * time.Minute)
		if r := w.roomMap.find(note); r == nil || r.compressed.blob == nil || !r.unsaved() {
			t.Error("the document is not compressed, or saved already")
		}
		restart() // which stores the compressed document
		w.mustRefuseFormer(first, old)
		back := w.joinSynced("notes/a")
		back.sends(protocol.SyncRequest, yjs.StateVector{{Client: second, Clock: 3}}.Append(nil))
		back.sends(protocol.SyncReply, other)
		back.Leave()
		if got := w.textOf("notes/a", 0); got != "two"+strings.Repeat("!", 500) {
			t.Errorf("%q", got)
		}
		w.mustDelete()
		deletes()
		writes(third, "three")
		for id, state := range map[uint64][]byte{first: old, second: other} {
			w.mustRefuseFormer(id, state)
		}
		if got := w.textOf("notes/a", 0); got != "three" {
			t.Errorf("%q", got)
		}
	})
}

// TestBegunFromCopy shows that a program may begin a document with what it has of the deleted one,
// and that clients may write on there then.
func TestBegunFromCopy(t *testing.T) {
	inDeletable(t, Config{Events: new(events.Hub)}, func(w *world, st *deletable, restart func()) {
		a := w.joinSynced("notes/a")
		state := typed(70, 0, "one")
		a.sends(protocol.Update, state)
		pass(time.Second)
		w.mustDelete()
		a.Leave()
		ctx := context.Background()
		if err := w.Undelete(ctx, note, agent); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Edit(ctx, note, Edit{Update: state, Create: true}); err != nil {
			t.Fatal(err)
		}
		b := w.joinSynced("notes/a")
		b.sends(protocol.SyncRequest, yjs.StateVector{{Client: 70, Clock: 3}}.Append(nil))
		b.sends(protocol.Update, typed(70, 3, " two"))
		pass(time.Second)
		if got := w.textOf("notes/a", 0); got != "one two" {
			t.Errorf("%q", got)
		}
		rooms, _, err := w.StoredRooms(ctx, "", "", 10)
		if err != nil || len(rooms) != 1 || rooms[0].Key != roomkey.MustParse("notes/a").String() || !rooms[0].Deleted.IsZero() {
			t.Errorf("%+v, %v", rooms, err)
		}
	})
}
