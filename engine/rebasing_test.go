package engine

import (
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// joinReturning joins as a client that returns to a room that has begun with another seed, and has
// sent nothing yet. held is the client's document; bob is in the room.
func joinReturning(w *recordWorld) (back, bob *client, held []byte) {
	a := w.opens("ann")
	held = a.conn.state()
	a.Leave()
	w.kill()
	w.store.drop("r")
	w.records.changeOutside("r", Published, "one\n\ntwo and more")
	w.start()
	bob = w.opens("bob")
	return w.joinsWith(a.conn, w.identityOf("ann")), bob, held
}

// framed is a payload with one message of y-websocket.
func framed(kind protocol.Kind, body []byte) []byte {
	return protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: kind, Body: body})
}

// TestRebaseDelaysNoOthers shows that the room is free while a seed rebase is computed, and that
// later messages of its client are handled after it.
func TestRebaseDelaysNoOthers(t *testing.T) {
	inRecordWorld(t, Config{}, "one\n\ntwo", func(w *recordWorld) {
		back, bob, held := joinReturning(w)
		typed := typedAfter(held, 77, "beside")
		w.rebases <- struct{}{}
		left, err := back.TryDeliver(framed(protocol.SyncReply, held))
		if left == nil || err != nil {
			t.Fatalf("TryDeliver has computed a rebase: %v", err)
		}
		var order []string
		done := make(chan struct{})
		go func() {
			defer close(done)
			if err := back.DeliverRest(left); err != nil {
				t.Error(err)
			}
			order = append(order, "rebase")
			if err := back.Deliver(framed(protocol.Update, typed)); err != nil {
				t.Error(err)
			}
		}()
		settle()
		if left, err := bob.TryDeliver(framed(protocol.AwarenessRequest, nil)); left != nil || err != nil {
			t.Errorf("bob waits for ann's rebase: %v", err)
		}
		bob.writes("zero\n\none\n\ntwo and more")
		w.wantText("zero\n\none\n\ntwo and more", bob)
		order = append(order, "bob")
		<-w.rebases
		<-done
		pass(time.Second)
		if len(order) != 2 || order[0] != "bob" {
			t.Errorf("order %v", order)
		}
		w.wantText("zero\n\none\n\ntwobeside and more", back, bob, w.opens("carl"))
		if n := w.counter("realtime_seed_rebases_total"); n == 0 {
			t.Error("nothing was rebased")
		}
	})
}

// TestRebaseWhileOthersWrite shows that a rebase is computed again if the document has changed
// meanwhile, and after maxTries is merged into the document as it is then.
func TestRebaseWhileOthersWrite(t *testing.T) {
	inRecordWorld(t, Config{}, "one\n\ntwo", func(w *recordWorld) {
		back, bob, held := joinReturning(w)
		w.rebases <- struct{}{}
		done := make(chan struct{})
		go func() {
			defer close(done)
			back.sends(protocol.SyncReply, held)
		}()
		text := "one\n\ntwo and more"
		for range maxTries {
			settle()
			select {
			case <-done:
				t.Fatal("merged before the rebase was computed")
			default:
			}
			if n := w.counter("realtime_seed_rebases_total"); n != 0 {
				t.Fatal("merged, although the document has changed")
			}
			text = "more\n\n" + text
			bob.writes(text)
			<-w.rebases
			w.rebases <- struct{}{} // waits until this one has been computed
		}
		<-w.rebases
		<-done
		pass(time.Second)
		w.wantText(text, back, bob, w.opens("carl"))
		if n := w.counter("realtime_seed_rebases_total"); n != 1 {
			t.Errorf("rebased %d times", n)
		}
	})
}

// TestRebaseAfterCompaction shows that an update that has waited for a compaction is also rebased
// without holding the room's lock.
func TestRebaseAfterCompaction(t *testing.T) {
	inRecordWorld(t, Config{}, "one\n\ntwo", func(w *recordWorld) {
		back, bob, held := joinReturning(w)
		u := checked(t, held)
		r := back.room
		w.rebases <- struct{}{}
		r.mu.Lock()
		r.tryAfterCompaction(entry{peer: back.Peer, update: u, whole: true}, time.Now())
		r.mu.Unlock()
		pass(5 * time.Second)
		if n := w.counter("realtime_seed_rebases_total"); n != 0 || len(r.compaction.updates) != 1 {
			t.Errorf("%d rebased, %d wait", n, len(r.compaction.updates))
		}
		bob.writes("zero\n\none\n\ntwo and more")
		<-w.rebases
		pass(5 * time.Second)
		w.wantText("zero\n\none\n\ntwo and more", back, bob, w.opens("carl"))
		if n := w.counter("realtime_seed_rebases_total"); n != 1 || len(r.compaction.updates) != 0 {
			t.Errorf("%d rebased, %d wait", n, len(r.compaction.updates))
		}
	})
}

// TestRebaseWithTakenID shows that a computed rebase is not merged if a client has written with the
// client id that was chosen for it.
func TestRebaseWithTakenID(t *testing.T) {
	inRecordWorld(t, Config{}, "one\n\ntwo", func(w *recordWorld) {
		back, bob, held := joinReturning(w)
		u := checked(t, held)
		r := back.room
		snapshotSource := typed(1<<52+9, 0, "mine")
		planned := checked(t, snapshotSource)
		bob.sends(protocol.Update, snapshotSource)
		settle()
		r.mu.Lock()
		defer r.mu.Unlock()
		if got := r.merge(entry{peer: back.Peer, update: u, whole: true}); got != errRebase {
			t.Errorf("without a rebase: %v", got)
		}
		if got := r.merge(entry{peer: back.Peer, update: u, whole: true, rebase: &rebase{update: planned}}); got != errRebase || back.rebases != 0 {
			t.Errorf("with a taken id: %v", got)
		}
	})
}
