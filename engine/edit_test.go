package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/contents"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// plainText returns the text of the root "text" of a state.
func plainText(t *testing.T, state []byte) string {
	t.Helper()
	text, _, err := contents.Text(yjs.Trust(state), markdown.Schema{}, "text")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// becomes is an edit after which the root "text" has that text.
func becomes(text string) func(Document) ([]byte, error) {
	return func(now Document) ([]byte, error) {
		return contents.EditText(yjs.Trust(now.State), "text", text)
	}
}

// edit makes an edit that must succeed.
func (w *world) edit(room string, e Edit) EditResult {
	w.t.Helper()
	done, err := w.Edit(context.Background(), roomkey.MustParse(room), e)
	if err != nil {
		w.t.Fatalf("edit: %v", err)
	}
	return done
}

// read reads a document that must be there.
func (w *world) read(room string) Document {
	w.t.Helper()
	d, err := w.ReadDocument(context.Background(), roomkey.MustParse(room), func(Document) bool { return true })
	if err != nil {
		w.t.Fatalf("read: %v", err)
	}
	return d
}

// TestEdit shows that all peers are sent an edit, that it is durable when Edit returns, and that
// its version and incarnation name the document also after a restart.
func TestEdit(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		done := w.edit("r", Edit{By: Identity{ID: "bob"}, Make: becomes("hello"), ReadAfter: true})
		if !done.Changed || done.Version != 1 || done.Incarnation == 0 || plainText(t, done.State) != "hello" {
			t.Errorf("%+v", done)
		}
		if w.store.rowCount("r") != 1 {
			t.Error("the edit is not durable")
		}
		settle()
		if got := plainText(t, a.conn.state()); got != "hello" {
			t.Errorf("the peer has %q", got)
		}
		if again := w.edit("r", Edit{Make: becomes("hello")}); again.Changed || again.Version != 1 {
			t.Errorf("%+v", again)
		}
		a.Leave()
		w.restart(Config{})
		d := w.read("r")
		if d.Version != done.Version || d.Incarnation != done.Incarnation || plainText(t, d.State) != "hello" {
			t.Errorf("after a restart: %+v", d)
		}
		if len(w.Rooms()) != 0 {
			t.Error("reading has loaded the room")
		}
	})
}

// TestEditIsChecked shows for which reasons an edit is refused, and that nothing is changed then.
func TestEditIsChecked(t *testing.T) {
	inWorld(t, Config{DocumentBytes: 200}, func(w *world) {
		ctx, key := context.Background(), roomkey.MustParse("r")
		w.edit("r", Edit{Update: typed(7, 0, "text")})
		ours := errors.New("the edit cannot be made")
		long := typed(9, 0, string(make([]byte, 300)))
		for _, test := range []struct {
			name string
			edit Edit
			want error
		}{
			{"malformed", Edit{Update: []byte{9, 9, 9}}, ErrUpdate},
			{"what it follows is missing", Edit{Update: typed(8, 5, "x")}, ErrMissing},
			{"what it deletes is missing", Edit{Update: deleted(7, 2, 9)}, ErrMissing},
			{"read-only", Edit{By: Identity{ReadOnly: true}, Update: typed(8, 0, "x")}, ErrReadOnly},
			{"too large", Edit{Update: long}, ErrDocumentTooLarge},
			{"not new", Edit{Update: typed(8, 0, "x"), Create: true}, ErrExists},
			{"its maker fails", Edit{Make: func(Document) ([]byte, error) { return nil, ours }}, ours},
		} {
			if done, err := w.Edit(ctx, key, test.edit); !errors.Is(err, test.want) || done.Changed {
				t.Errorf("%s: %+v, %v", test.name, done, err)
			}
		}
		if err := w.Engine.Lock(ctx, key, true, "ann"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Edit(ctx, key, Edit{Update: typed(8, 0, "x")}); !errors.Is(err, ErrLocked) {
			t.Errorf("locked: %v", err)
		}
		if got := plainText(t, w.read("r").State); got != "text" {
			t.Errorf("%q", got)
		}
	})
}

// TestEditBesideOthers shows that an edit whose document is changed while it is made is made again,
// that the last try is merged into what others have written, and that an exact edit gives up.
func TestEditBesideOthers(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		w.edit("r", Edit{Make: becomes("one")})
		client := uint64(100)
		tries := 0
		interfere := func(now Document) ([]byte, error) {
			tries++
			client++
			w.edit("r", Edit{Update: typed(client, 0, "x")})
			return contents.EditText(yjs.Trust(now.State), "text", plainText(t, now.State)+"!")
		}
		w.edit("r", Edit{Make: interfere})
		if got := plainText(t, w.read("r").State); tries != maxTries || len(got) != len("one!")+maxTries {
			t.Errorf("%d tries, %q", tries, got)
		}
		tries = 0
		_, err := w.Edit(context.Background(), roomkey.MustParse("r"), Edit{Make: interfere, Exact: true})
		if err != ErrBusyRoom || tries != maxExact {
			t.Errorf("%d tries, %v", tries, err)
		}
	})
}

// TestEditOfClosedRoom shows that a room which is not loaded is loaded for an edit, and unloaded
// after the grace period; and that a compressed one is edited, too.
func TestEditOfClosedRoom(t *testing.T) {
	inWorld(t, Config{Grace: time.Minute, CompressAfter: time.Second}, func(w *world) {
		w.cfg().Compression = snapshot.Gzip
		long := strings.Repeat("x", 4000)
		w.edit("r", Edit{Make: becomes(long)})
		pass(10 * time.Second)
		if w.metric("realtime_compressed_rooms") != 1 {
			t.Error("the room is not compressed")
		}
		if got := plainText(t, w.read("r").State); got != long {
			t.Errorf("compressed: %q", got)
		}
		w.edit("r", Edit{Make: becomes("two")})
		pass(2 * time.Minute)
		if n := len(w.Rooms()); n != 0 {
			t.Errorf("%d rooms are loaded", n)
		}
		w.edit("r", Edit{Make: becomes("three")})
		if got := plainText(t, w.read("r").State); got != "three" {
			t.Errorf("%q", got)
		}
	})
}

// TestReadIsDurable shows that nothing is read that is not durable: while the store fails reading
// waits, and a room that nobody has written in is not there.
func TestReadIsDurable(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		key, all := roomkey.MustParse("r"), func(Document) bool { return true }
		a := w.joinSynced("r")
		if _, err := w.ReadDocument(context.Background(), key, all); err != ErrNoRoom {
			t.Errorf("an empty room: %v", err)
		}
		w.store.failAppend(errors.New("the disk is full"))
		a.types(0, "secret")
		settle()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if d, err := w.ReadDocument(ctx, key, all); err != context.DeadlineExceeded || d.State != nil {
			t.Errorf("%+v, %v", d, err)
		}
		w.store.failAppend(nil)
		if got := plainText(t, w.read("r").State); got != "secret" {
			t.Errorf("%q", got)
		}
	})
}

// TestReadTakesNoState shows that a document is not copied for a caller that knows its version.
func TestReadTakesNoState(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		w.edit("r", Edit{Make: becomes("one")})
		for range 2 {
			d, err := w.ReadDocument(context.Background(), roomkey.MustParse("r"), func(d Document) bool { return d.Version != 1 })
			if err != nil || d.Version != 1 || d.State != nil {
				t.Errorf("%+v, %v", d, err)
			}
			w.restart(Config{})
		}
	})
}

// TestEditOfRecord shows that an edit of a record begins with the record's text, and is saved as a
// draft with the credential of the user.
func TestEditOfRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRecordWorld(t, Config{Grace: time.Minute})
		w.records.records["r"] = memRecord{published: "first"}
		identity := w.identityOf("ann")
		identity.Text = nil
		w.edit("r", Edit{By: identity, Make: func(now Document) ([]byte, error) {
			return contents.EditMarkdown(yjs.Trust(now.State), markdown.Schema{}, "first\n\nsecond")
		}})
		pass(30 * time.Second)
		w.wantSaves(memSave{"ann", "first\n\nsecond"})
		if _, err := w.Edit(t.Context(), roomkey.MustParse("other"), Edit{By: identity, Update: typed(1, 0, "x")}); !errors.Is(err, errNoText) {
			t.Errorf("there is no such record: %v", err)
		}
		w.drain()
	})
}

// TestEditOfAnotherSeed shows that an update is refused that is of a document which began with
// another text of the record.
func TestEditOfAnotherSeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newRecordWorld(t, Config{})
		w.records.records["r"] = memRecord{published: "first"}
		a := w.opens("ann")
		a.writes("first, and more")
		tree, err := markdown.Parse("another text")
		if err != nil {
			t.Fatal(err)
		}
		var d ydoc.Doc
		d.Apply(checked(t, markdown.Schema{}.Seed(tree)))
		_, err = w.Edit(t.Context(), roomkey.MustParse("r"), Edit{By: w.identityOf("bob"), Update: d.AppendState(nil)})
		if !errors.Is(err, ErrOtherSeed) {
			t.Errorf("%v", err)
		}
		w.drain()
	})
}
