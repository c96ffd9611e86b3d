package bench

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// keystrokes is the number of updates of a long document, as many as the editing trace B4 has.
const keystrokes = 260_000

// writer writes the updates of a client that types words at changing places, and now and then
// deletes its last letter. Equal seeds give equal updates.
type writer struct {
	client  uint64
	clock   uint64 // of the next letter
	cursor  uint64 // the letter after which the next goes
	fresh   bool   // the last letter was just typed
	random  *rand.Rand
	scratch []byte
}

func newWriter(client uint64) *writer {
	return &writer{client: client, random: rand.New(rand.NewPCG(client, 1))}
}

// next returns an update, which the next call overwrites.
func (w *writer) next() []byte {
	switch {
	case w.clock == 0:
		w.insertFirst()
	case w.fresh && w.random.IntN(20) == 0:
		w.delete()
	default:
		w.insert()
	}
	return w.scratch
}

func (w *writer) insertFirst() {
	b := yjs.AppendID(append(w.scratch[:0], 1, 1), yjs.ID{Client: w.client})
	b = lib0.AppendString(append(b, yjs.RefString, 1), "text")
	w.scratch = append(lib0.AppendString(b, "a"), 0)
	w.clock = 1
}

func (w *writer) insert() {
	if w.random.IntN(40) == 0 {
		w.cursor = w.random.Uint64N(w.clock) // elsewhere from here on
	}
	b := yjs.AppendID(append(w.scratch[:0], 1, 1), yjs.ID{Client: w.client, Clock: w.clock})
	b = yjs.AppendID(append(b, yjs.RefString|yjs.InfoOrigin), yjs.ID{Client: w.client, Clock: w.cursor})
	w.scratch = append(lib0.AppendString(b, string(rune('a'+w.clock%26))), 0)
	w.cursor, w.fresh = w.clock, true
	w.clock++
}

func (w *writer) delete() {
	b := lib0.AppendUvarint(append(w.scratch[:0], 0, 1), w.client)
	b = lib0.AppendUvarint(append(b, 1), w.cursor)
	w.scratch = lib0.AppendUvarint(b, 1)
	w.fresh = false
}

// session returns n updates of a client, each in memory of its own.
func session(client uint64, n int) [][]byte {
	w, updates := newWriter(client), make([][]byte, n)
	for i := range updates {
		updates[i] = append([]byte(nil), w.next()...)
	}
	return updates
}

// apply merges an update as a room does: checked, then applied.
func apply(tb testing.TB, d *ydoc.Doc, update []byte) {
	u, err := yjs.CheckUpdate(update)
	if err != nil {
		tb.Fatal(err)
	}
	if out := d.Apply(u); out.Missing || out.Refused != nil {
		tb.Fatalf("an update is not applied: %+v", out)
	}
	d.ClearChanges()
}

// written returns a document of n updates.
func written(tb testing.TB, n int) *ydoc.Doc {
	d, w := new(ydoc.Doc), newWriter(1<<30)
	for range n {
		apply(tb, d, w.next())
	}
	return d
}

// TestSession shows that every update of a session changes the document, and that a seed determines
// the session.
func TestSession(t *testing.T) {
	d, updates := new(ydoc.Doc), session(7, 5000)
	for i, u := range updates {
		checked, err := yjs.CheckUpdate(u)
		if err != nil || d.Contains(checked) {
			t.Fatalf("update %d: nothing new, or %v", i, err)
		}
		apply(t, d, u)
	}
	if again := session(7, 5000); !slices.EqualFunc(again, updates, bytes.Equal) {
		t.Error("the same seed gives another session")
	}
	if other := session(8, 5000); slices.EqualFunc(other, updates, bytes.Equal) {
		t.Error("another seed gives the same session")
	}
}
