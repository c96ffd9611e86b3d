package engine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// TestSeedRebase shows that the edits of a client are kept if it returns with the seed of an old
// text to a server that has lost its store and begun with a new text.
func TestSeedRebase(t *testing.T) {
	tests := []struct {
		name    string
		offline string // the client's text when it returns
		now     string // the record's text
		before  string // the room's text when the client returns, if it was edited
		want    string
		saves   int
	}{
		{"nothing was written", "one\n\ntwo", "one\n\ntwo and more", "", "one\n\ntwo and more", 0},
		{"what the client has is published", "one\n\ntwo and more", "one\n\ntwo and more", "", "one\n\ntwo and more", 0},
		{"both are changed", "one, offline\n\ntwo", "one\n\ntwo and more", "", "one, offline\n\ntwo and more", 1},
		{"all three are", "one, offline\n\ntwo", "one\n\ntwo and more", "one\n\ntwo and more\n\nthree", "one, offline\n\ntwo and more\n\nthree", 2},
		{"the text is another", "one\n\ntwo", "quite another", "", "quite another", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inRecordWorld(t, Config{Drafts: Drafts{Quiet: time.Second}}, "one\n\ntwo", func(w *recordWorld) {
				a := w.opens("ann")
				if a.shownText() != tt.offline {
					a.writes(tt.offline)
				}
				a.Leave()
				w.kill()
				w.store.drop("r")
				w.records.changeOutside("r", Published, tt.now)
				clear(w.records.snapshots)
				w.start()
				b, n := w.opens("bob"), w.joinWatcher("carl")
				if tt.before != "" {
					b.writes(tt.before)
					pass(2 * time.Second)
				}
				back := w.rejoins(a, "ann")
				w.wantText(tt.want, back, b)
				if got := markdownOf(t, n.conn.state()); got != tt.want {
					t.Errorf("the native client reads %q", got)
				}
				pass(time.Minute)
				if got := w.records.saved(); len(got) != tt.saves || tt.saves > 0 && got[tt.saves-1] != (memSave{"ann", tt.want}) {
					t.Errorf("saved %q", got)
				}
				again := w.rejoins(back, "ann")
				w.wantText(tt.want, again, back, b, w.opens("dora"))
				if len(w.records.saved()) != tt.saves {
					t.Errorf("saved %q", w.records.saved())
				}
			})
		})
	}
}

// TestSeedRebaseInPieces shows that the rest is requested if the first message of a returning
// client is a part of its document that refers to it.
func TestSeedRebaseInPieces(t *testing.T) {
	inRecordWorld(t, Config{}, "one\n\ntwo", func(w *recordWorld) {
		a := w.opens("ann")
		whole := a.conn.state()
		part := a.conn.doc.AppendDiff(nil, yjs.StateVector{{Client: a.conn.stateVector()[0].Client, Clock: 3}})
		a.Leave()
		w.kill()
		w.store.drop("r")
		w.records.changeOutside("r", Published, "one\n\ntwo and more")
		w.start()
		b, back := w.opens("bob"), w.joinsWith(a.conn, w.identityOf("ann"))
		pass(2 * time.Second)
		a.conn.take()
		back.sends(protocol.SyncReply, part)
		settle()
		if got := a.conn.kinds(); !slices.Contains(got, protocol.SyncRequest) {
			t.Errorf("the rest is not requested: %v", got)
		}
		w.wantText("one\n\ntwo and more", b)
		back.sends(protocol.SyncReply, whole)
		pass(time.Second)
		w.wantText("one\n\ntwo and more", back, b)
	})
}

// TestTypingBeforeTheRebaseArrives shows that text that a client has typed into its old seed before
// it was sent the rebase is rebased, too. If the room has nothing left of that seed, the client is
// asked for its document.
func TestTypingBeforeTheRebaseArrives(t *testing.T) {
	for _, compacted := range []bool{false, true} {
		inRecordWorld(t, Config{}, "one\n\ntwo", func(w *recordWorld) {
			a := w.opens("ann")
			old := a.conn.state()
			a.Leave()
			w.kill()
			w.store.drop("r")
			w.records.changeOutside("r", Published, "one\n\ntwo and more")
			w.start()
			b, back := w.opens("bob"), w.rejoins(a, "ann")
			if compacted {
				back.room.mu.Lock()
				back.room.compactSoon(time.Now())
				back.room.mu.Unlock()
				pass(5 * time.Second)
			}
			a.conn.take()
			typed := typedAfter(old, 77, "beside")
			back.sends(protocol.Update, typed)
			settle()
			if compacted {
				got := a.conn.take()
				if len(got) != 1 || got[0].Kind != protocol.SyncRequest || string(got[0].Body) != "\x00" {
					t.Fatalf("asked for: %+v", got)
				}
				var mine ydoc.Doc
				mine.Apply(yjs.Trust(old))
				mine.Apply(yjs.Trust(typed))
				back.sends(protocol.SyncReply, mine.AppendState(nil))
			}
			pass(time.Second)
			w.wantText("one\n\ntwobeside and more", back, b)
		})
	}
}

// typedAfter is an update that inserts text after the seeded text.
func typedAfter(seed []byte, client uint64, text string) []byte {
	var d ydoc.Doc
	d.Apply(yjs.Trust(seed))
	have, err := yjs.ParseStateVector(nil, d.AppendStateVector(nil))
	if err != nil {
		panic(err)
	}
	b := yjs.AppendID([]byte{1, 1}, yjs.ID{Client: client})
	last := have[0].Clock - 2 // the last struct is the seed's Provenance
	b = yjs.AppendID(append(b, yjs.RefString|yjs.InfoOrigin), yjs.ID{Client: have[0].Client, Clock: last})
	return append(lib0.AppendString(b, text), 0)
}

// TestViewerReturns shows that a viewer that returns with an old seed sees the text once, and that
// nothing of its document is merged.
func TestViewerReturns(t *testing.T) {
	for _, writes := range []bool{false, true} {
		inRecordWorld(t, Config{}, "one\n\ntwo", func(w *recordWorld) {
			v := w.opens("viewer")
			if writes { // into its own document
				u := checked(t, typed(9, 0, "mine"))
				v.conn.doc.Apply(u)
			}
			v.Leave()
			w.kill()
			w.store.drop("r")
			w.records.changeOutside("r", Published, "one\n\ntwo and more")
			w.start()
			b := w.opens("bob")
			before := b.conn.state()
			back := w.rejoins(v, "viewer")
			w.wantText("one\n\ntwo and more", back, b)
			if string(b.conn.state()) != string(before) {
				t.Error("something of its document was merged")
			}
			if denied := strings.Contains(w.out.String(), "update denied"); denied != writes {
				t.Errorf("denied: %v", denied)
			}
		})
	}
}

// TestTextTooLargeOutside shows that drafts wait, and editing goes on, while the record has a text
// that is too large to be read.
func TestTextTooLargeOutside(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		a, b := w.opens("ann"), w.opens("bob")
		w.records.changeOutside("r", Edited, strings.Repeat("x", 5<<20))
		a.writes("text, typed")
		pass(time.Minute)
		w.wantText("text, typed", a, b)
		if w.counter("realtime_markdown_failures_total") == 0 || len(w.records.saved()) != 0 {
			t.Errorf("%d failures, saved %q", w.counter("realtime_markdown_failures_total"), w.records.saved())
		}
		w.records.changeOutside("r", Edited, "theirs")
		pass(time.Minute)
		w.wantText("text, typed", a, b)
		w.wantSaves(memSave{"ann", "text, typed"})
		w.wantVersions(1, "theirs")
	})
}
