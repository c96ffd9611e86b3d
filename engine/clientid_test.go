package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// clientIDs are client ids of all sizes: those at bounds, and random ones.
func clientIDs(r *rand.Rand) []uint64 {
	ids := []uint64{0, 1, 1<<31 - 1, 1<<32 - 1, 1 << 32, 1<<32 + 1, 1<<52 - 1, 1 << 52, 1<<52 + 1, lib0.MaxSafeInteger}
	for bits := 1; bits <= 53; bits += 2 {
		ids = append(ids, r.Uint64N(1<<bits))
	}
	for range 20 {
		ids = append(ids, 1<<32+r.Uint64N(1<<52-1<<32), r.Uint64N(1<<53))
	}
	return ids
}

// paragraphUpdate is an update of a client that appends a paragraph to the document that it has.
func paragraphUpdate(t *testing.T, state []byte, client uint64, text string) []byte {
	t.Helper()
	v, err := view.New(yjs.Trust(state))
	if err != nil {
		t.Fatal(err)
	}
	s := markdown.Schema{}
	at := markdown.Place{Parent: s.InRoot()}
	for it := range v.Root(s.Root()).Items() {
		at.Left, at.HasLeft = it.Last(), true
	}
	clock := uint64(0)
	for id, n := range v.Clients() {
		if id == client {
			clock = n
		}
	}
	tree, err := markdown.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	w := s.NewWriterAt(yjs.ID{Client: client, Clock: clock})
	w.Nodes(&at, tree.Content)
	return lib0.AppendUvarint(w.AppendSections(nil), 0)
}

// TestAnyClientIDWrites shows that all peers get a client's edits of a record, whatever its client
// id.
func TestAnyClientIDWrites(t *testing.T) {
	for _, id := range clientIDs(rand.New(rand.NewPCG(52, 0))) {
		t.Run(fmt.Sprint(id), func(t *testing.T) {
			inRecordWorld(t, Config{Drafts: Drafts{Quiet: time.Second}}, "one\n\ntwo", func(w *recordWorld) {
				a, b := w.opens("ann"), w.opens("bob")
				want := "one\n\ntwo"
				for _, text := range []string{"first", "second", "# third"} {
					a.sends(protocol.Update, paragraphUpdate(t, a.conn.state(), id, text))
					pass(200 * time.Millisecond)
					want += "\n\n" + text
					w.wantText(want, a, b, w.opens("late"))
				}
				pass(time.Minute)
				if got := w.records.saved(); len(got) == 0 || got[len(got)-1] != (memSave{"ann", want}) {
					t.Errorf("saved %q", got)
				}
				if n := w.counter("realtime_seed_rebases_total"); n != 0 {
					t.Errorf("taken for a seed %d times", n)
				}
			})
		})
	}
}

// TestAnyClientIDReturns shows that a client that returns and sends its whole document gets its
// offline edits merged, whatever its client id.
func TestAnyClientIDReturns(t *testing.T) {
	for _, id := range clientIDs(rand.New(rand.NewPCG(52, 1))) {
		inRecordWorld(t, Config{}, "one\n\ntwo", func(w *recordWorld) {
			a := w.opens("ann")
			a.Leave()
			a.conn.doc.Apply(yjs.Trust(paragraphUpdate(t, a.conn.state(), id, "offline")))
			w.opens("bob").writes("one\n\ntwo and more")
			w.wantText("one\n\ntwo and more\n\noffline", w.rejoins(a, "ann"), w.opens("carl"))
		})
	}
}

// TestAnyClientIDBeginsAlone shows that a document that began empty is not taken for a seed,
// whatever its client id.
func TestAnyClientIDBeginsAlone(t *testing.T) {
	for _, id := range clientIDs(rand.New(rand.NewPCG(52, 2))) {
		inRecordWorld(t, Config{}, "one", func(w *recordWorld) {
			a := w.opens("ann")
			a.sends(protocol.SyncReply, paragraphUpdate(t, nil, id, "mine"))
			pass(200 * time.Millisecond)
			if got := a.shownText(); got != "one\n\nmine" && got != "mine\n\none" {
				t.Errorf("with id %d it reads %q", id, got)
			}
		})
	}
}

// TestAnyClientIDOfAViewer shows that an update of a viewer is denied, whatever its client id.
func TestAnyClientIDOfAViewer(t *testing.T) {
	for _, id := range clientIDs(rand.New(rand.NewPCG(52, 3))) {
		inRecordWorld(t, Config{}, "one", func(w *recordWorld) {
			v, b := w.opens("viewer"), w.opens("bob")
			v.sends(protocol.Update, paragraphUpdate(t, v.conn.state(), id, "mine"))
			pass(200 * time.Millisecond)
			w.wantText("one", v, b)
			if !strings.Contains(w.out.String(), "update denied") {
				t.Errorf("the denied update of client %d is not logged", id)
			}
		})
	}
}

// TestExternalEditWithTakenID shows that an external change is planned again if a client has
// written, before it is merged, with the client id that was chosen for it.
func TestExternalEditWithTakenID(t *testing.T) {
	inRecordWorld(t, Config{}, "one\n\ntwo", func(w *recordWorld) {
		a := w.opens("ann")
		state := a.conn.state()
		w.records.changeOutside("r", Edited, "one and more\n\ntwo")
		now := w.records.records["r"].text(true)
		tree, err := markdown.Parse(now.Markdown)
		if err != nil {
			t.Fatal(err)
		}
		planned, err := prose.Edit(yjs.Trust(state), markdown.Schema{}, tree)
		if err != nil {
			t.Fatal(err)
		}
		var id uint64
		for s := range yjs.Trust(planned).Sections() {
			id = s.Client
		}
		compared := 0
		w.records.onChange = func() {
			if compared++; compared == 1 {
				a.sends(protocol.Update, paragraphUpdate(t, state, id, "typed"))
			}
		}
		if err := w.Refresh(context.Background(), roomkey.MustParse("r")); err != nil {
			t.Fatal(err)
		}
		if w.records.onChange = nil; compared != 2 {
			t.Errorf("planned %d times, want 2: the edit is merged under the id of another client", compared)
		}
		pass(time.Minute)
		w.wantText("one and more\n\ntwo\n\ntyped", a, w.opens("bob")) // "typed" is ann's
		w.records.changeOutside("r", Edited, "one and more\n\ntwo\n\ntyped")
		if err := w.Refresh(context.Background(), roomkey.MustParse("r")); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		w.wantText("one and more\n\ntwo\n\ntyped", a, w.opens("carl"))
	})
}

// TestMadeUpSeeds shows that a client that sends one seed after the other causes maxRebases rebases
// and no more, and that nobody's text is lost.
func TestMadeUpSeeds(t *testing.T) {
	inRecordWorld(t, Config{}, "one\n\ntwo", func(w *recordWorld) {
		a, b := w.opens("ann"), w.opens("bob")
		for i := range 3 * maxRebases {
			tree, err := markdown.Parse(fmt.Sprint("made up ", i))
			if err != nil {
				t.Fatal(err)
			}
			a.sends(protocol.Update, markdown.Schema{}.Seed(tree))
		}
		pass(time.Second)
		if n := w.counter("realtime_seed_rebases_total"); n != maxRebases {
			t.Errorf("%d rebases, want %d", n, maxRebases)
		}
		if n := w.counter("realtime_rebases_refused_total"); n != 2*maxRebases {
			t.Errorf("%d are counted as merged as they are, want %d", n, 2*maxRebases)
		}
		if got := b.shownText(); !strings.Contains(got, "one\n\ntwo") || strings.Count(got, "made up") != 2*maxRebases {
			t.Errorf("it reads %q", got)
		}
		w.rejoins(a, "ann") // on a new connection, which has rebases left
		if got := b.shownText(); !strings.Contains(got, "one\n\ntwo") {
			t.Errorf("then it reads %q", got)
		}
	})
}

// TestRoomOfEarlierRelease shows that a room stored without a Provenance in its seed is given one,
// so that its clients are recognized when they return to a room with another seed, even after
// deleting some of the text.
func TestRoomOfEarlierRelease(t *testing.T) {
	inRecordWorld(t, Config{}, "one two\n\nthree", func(w *recordWorld) {
		w.opens("ann").Leave()
		pass(time.Second)
		w.kill()
		for i, r := range w.store.rows["r"] {
			version, fields, update, err := stored.SplitRow(r.row)
			if err != nil || fields.Note == nil {
				t.Fatalf("row %d: %v", i, err)
			}
			w.store.rows["r"][i].row = append(noteHeader(version, fields.Note), withoutLastStruct(update)...)
		}
		clear(w.store.snapshots)
		w.start()
		a := w.opens("ann")
		a.conn.doc.Apply(yjs.Trust(deleted(a.conn.stateVector()[0].Client, 2, 4))) // "one "
		v, err := view.New(yjs.Trust(a.conn.state()))
		if err != nil {
			t.Fatal(err)
		}
		a.conn.doc = ydoc.Doc{} // without the deleted content, as in Yjs
		a.conn.doc.Apply(yjs.Trust(v.AppendCompacted(nil)))
		a.Leave()
		w.kill()
		w.store.drop("r")
		clear(w.records.snapshots)
		w.records.changeOutside("r", Published, "one two\n\nthree and more")
		w.start()
		b := w.opens("bob")
		w.wantText("two\n\nthree and more", w.rejoins(a, "ann"), b)
	})
}

// withoutLastStruct returns an update of one client without its last struct.
func withoutLastStruct(update []byte) []byte {
	r := yjs.Trust(update).Read()
	r.NextSection()
	first, n, from, to := r.Structs.Next, r.Structs.Left, r.Structs.Offset(), 0
	for s := (yjs.Struct{}); r.Structs.Read(&s); {
		to = s.Start
	}
	b := yjs.AppendID(lib0.AppendUvarint([]byte{1}, n-1), first)
	return append(append(b, update[from:to]...), 0)
}
