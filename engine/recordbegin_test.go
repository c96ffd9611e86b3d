package engine

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestRoomBeginsWith shows with which text a room begins, that its only structs are the seed of
// that, and that they are durable.
func TestRoomBeginsWith(t *testing.T) {
	tests := []struct {
		name   string
		record memRecord
		user   string
		want   string
	}{
		{"the published text", memRecord{published: "# Town\n\nhall"}, "ann", "# Town\n\nhall"},
		{"the draft, for an editor", memRecord{published: "old", draft: "new *draft*", hasDraft: true}, "ann", "new *draft*"},
		{"the published text, for a viewer", memRecord{published: "old", draft: "new", hasDraft: true}, "viewer", "old"},
		{"nothing", memRecord{}, "ann", ""},
		{"a table and a reference", memRecord{published: "| a | b |\n| --- | :-: |\n| 1 | 2 |\n\n<!--civic-ref type=\"record\" id=\"x\" label=\"X\"-->"}, "ann",
			"| a | b |\n| --- | :-: |\n| 1 | 2 |\n\n<!--civic-ref type=\"record\" id=\"x\" label=\"X\"-->"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inRecordWorld(t, Config{}, "", func(w *recordWorld) {
				w.records.records["r"] = tt.record
				c := w.opens(tt.user)
				w.wantText(tt.want, c)
				seed, err := markdown.Schema{}.SeedClient(tt.want)
				if v := c.conn.stateVector(); err != nil || len(v) > 1 || len(v) == 1 && v[0].Client != seed {
					t.Errorf("clients %v, want %d alone", v, seed)
				}
				if w.store.rowCount("r") != 1 {
					t.Error("the document that the client was sent is not durable")
				}
				pass(time.Hour)
				w.wantSaves()
			})
		})
	}
}

// TestTextIsFetchedForJoin shows that the engine fetches the record's text for a join whose
// identity has none.
func TestTextIsFetchedForJoin(t *testing.T) {
	inRecordWorld(t, Config{}, "hello", func(w *recordWorld) {
		w.wantText("hello", w.joinsWith(new(memConn), Identity{ID: "jwt"}))
	})
}

// TestNoJoinWithoutText shows when a join is refused because the record's text cannot be had.
func TestNoJoinWithoutText(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(w *recordWorld)
		code    CloseCode // 0: the join is accepted
	}{
		{"the API is down", func(w *recordWorld) { w.records.failure = errAPI }, CloseUnavailable},
		{"no credential is good enough", func(w *recordWorld) { w.records.refused = []string{"token"} }, 0},
		{"it is no record", func(w *recordWorld) { delete(w.records.records, "r") }, 0},
		{"it is gone", func(w *recordWorld) { w.records.failure = ErrGone }, CloseRoomNotFound},
		{"it is too large", func(w *recordWorld) {
			w.records.records["r"] = memRecord{published: strings.Repeat("x", markdown.MaxSize+1)}
		}, CloseInternal},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inRecordWorld(t, Config{}, "hello", func(w *recordWorld) {
				tt.prepare(w)
				_, err := w.Join(context.Background(), roomkey.MustParse("r"), new(memConn), protocol.YWebsocket{}, Identity{Credential: "token"})
				var closing *CloseError
				if errors.As(err, &closing); (closing == nil) != (tt.code == 0) || closing != nil && closing.Code != tt.code {
					t.Errorf("got %v, want %d", err, tt.code)
				}
				w.records.fail(nil)
				w.records.refuse()
				w.records.records["r"] = memRecord{published: "hello"}
				w.wantText("hello", w.opens("ann"))
			})
		})
	}
}

// TestSameSeedEverywhere shows that another server, and the same one after the loss of its store,
// begin with the same structs.
func TestSameSeedEverywhere(t *testing.T) {
	inRecordWorld(t, Config{}, "# A\n\n* b\n\n* c", func(w *recordWorld) {
		a := w.opens("ann")
		other := newRecordWorld(t, Config{})
		other.records.records["r"] = w.records.records["r"]
		if b := other.opens("bob"); !bytes.Equal(a.conn.state(), b.conn.state()) {
			t.Error("two servers made two documents")
		}
		other.drain()
		a.Leave()
		w.kill()
		w.store.drop("r")
		w.start()
		w.wantText("# A\n\n* b\n\n* c", w.rejoins(a, "ann"))
	})
}

// TestSeedAfterKill shows that after a kill a client that returns, and a new one, have the text
// once.
func TestSeedAfterKill(t *testing.T) {
	inRecordWorld(t, Config{}, "one", func(w *recordWorld) {
		a := w.opens("ann")
		a.writes("one two")
		a.Leave()
		w.kill()
		w.start()
		b := w.opens("bob")
		back := w.rejoins(a, "ann")
		w.wantText("one two", b, back)
		pass(3 * time.Second)
		w.wantSaves(memSave{"bob", "one two"})
	})
}

// TestViewerFirst shows that a room that a viewer opens begins with the published text, gets the
// draft when an editor joins, and never saves over it.
func TestViewerFirst(t *testing.T) {
	inRecordWorld(t, Config{Grace: time.Minute}, "published", func(w *recordWorld) {
		w.records.changeOutside("r", Edited, "the draft of weeks")
		v := w.opens("viewer")
		w.wantText("published", v)
		v.Deliver(protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: typed(9, 0, "mine")}))
		pass(time.Minute)
		w.wantSaves()
		a := w.opens("ann")
		w.wantText("the draft of weeks", a)
		pass(time.Second)
		w.wantText("the draft of weeks", v)
		v.Leave()
		a.Leave()
		pass(time.Hour)
		w.wantSaves()
		if got := w.records.records["r"].draft; got != "the draft of weeks" {
			t.Errorf("the draft is %q", got)
		}
	})
}

// TestViewerThenJWT shows that a room that a viewer has opened also gets the draft before an editor
// whose identity has no text is accepted.
func TestViewerThenJWT(t *testing.T) {
	inRecordWorld(t, Config{}, "published", func(w *recordWorld) {
		w.records.changeOutside("r", Edited, "draft")
		w.opens("viewer")
		a := w.joinsWith(new(memConn), Identity{ID: "jwt"})
		w.wantText("draft", a)
		a.writes("draft, edited")
		pass(3 * time.Second)
		w.wantSaves(memSave{"", "draft, edited"})
	})
}

// TestViewerBecomesEditor shows that an edit that a viewer makes after it became an editor, and
// before the draft is loaded, is kept as a version, and that the draft goes on.
func TestViewerBecomesEditor(t *testing.T) {
	inRecordWorld(t, Config{}, "published", func(w *recordWorld) {
		w.records.changeOutside("r", Edited, "draft")
		v := w.opens("viewer")
		v.Become(Identity{ID: "viewer", Credential: "ann"})
		v.writes("published by mistake")
		ann := w.identityOf("ann")
		v.Become(ann)
		pass(time.Second)
		w.wantText("draft", v)
		if len(w.archive.versions) != 1 {
			t.Fatalf("%d versions", len(w.archive.versions))
		}
		pass(time.Minute)
		w.wantSaves()
	})
}

// TestJoinsShareOneBeginning shows that peers that join at once cause one fetch and one seed.
func TestJoinsShareOneBeginning(t *testing.T) {
	inRecordWorld(t, Config{}, "hello", func(w *recordWorld) {
		for range 20 {
			go w.Join(context.Background(), roomkey.MustParse("r"), new(memConn), protocol.YWebsocket{}, Identity{ID: "x", Credential: "x"})
		}
		settle()
		if w.records.fetches != 1 || w.counter("realtime_rooms_begun_total{with=\"text\"}") != 1 || w.metrics.peers.Get() != 20 {
			t.Errorf("%d fetches, %d seeds, %v peers", w.records.fetches, w.counter("realtime_rooms_begun_total{with=\"text\"}"), w.metrics.peers.Get())
		}
	})
}

// TestRoomStoredWithoutRecords shows what becomes of a document that was stored when the server had
// no records.
func TestRoomStoredWithoutRecords(t *testing.T) {
	seed := func(text string) []byte {
		tree, _ := markdown.Parse(text)
		return append(bareHeader(1), markdown.Schema{}.Seed(tree)...)
	}
	tests := []struct {
		name, stored, record, want string
		versions, saves            int
	}{
		{"it says the same", "hello", "hello", "hello", 0, 0},
		{"it is empty", "", "hello", "hello", 0, 0},
		{"it says something else", "ours", "theirs", "ours", 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inRecordWorld(t, Config{}, tt.record, func(w *recordWorld) {
				w.store.rows["r"] = []memRow{{1, seed(tt.stored)}}
				a := w.opens("ann")
				pass(5 * time.Second)
				w.wantText(tt.want, a)
				if len(w.archive.versions) != tt.versions || len(w.records.saved()) != tt.saves {
					t.Errorf("%d versions, saves %q", len(w.archive.versions), w.records.saved())
				}
			})
		})
	}
}
