package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/stored"
)

// authored returns who wrote the text of a version, as "text=user text=user".
func (w *world) authored(room string, id uint64) string {
	w.t.Helper()
	parts, err := w.Authors(context.Background(), roomkey.MustParse(room), id)
	if err != nil {
		w.t.Fatal(err)
	}
	said := []string{}
	for _, p := range parts {
		said = append(said, p.Text+"="+p.By.ID)
	}
	return strings.Join(said, " ")
}

func (w *world) wantAuthored(when, want string) {
	w.t.Helper()
	if got := w.authored("r", 0); got != want {
		w.t.Errorf("%s: %q, want %q", when, got, want)
	}
}

// kill ends the engine, of which the store has what it has now.
func (w *world) kill(cfg Config) {
	rows, snapshots := w.store.copyContents()
	w.drain()
	w.store.rows, w.store.snapshots = rows, snapshots
	w.Engine = newWorld(w.t, cfg, w.store).Engine
}

// TestAuthors shows that it is kept which user wrote what: by the session, whatever client id the
// structs have; over rows alone, snapshots, compression of the room and restarts, and where the
// room is not loaded, which stays so.
func TestAuthors(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b, guest := w.joinWith("r", ann), w.joinWith("r", bob), w.join("r")
		a.types(0, "one ")
		pass(time.Second)
		w.wantAuthored("one user", "one =ann")
		b.sends(protocol.Update, typed(a.id, 4, "two ")) // with Ann's client id
		pass(time.Second)
		a.sends(protocol.Update, typed(a.id, 8, "three "))
		a.sends(protocol.Update, typed(a.id, 8, "three ")) // again, and so for nothing
		b.sends(protocol.Update, typed(a.id, 8, "three "))
		guest.sends(protocol.Update, typed(a.id, 14, "four"))
		pass(time.Second)
		const all = "one =ann two =bob three =ann four="
		w.wantAuthored("several users", all)
		w.kill(Config{})
		w.wantAuthored("rows alone, not loaded", all)
		if len(w.Rooms()) != 0 {
			t.Error("the room was loaded to be read")
		}
		w.cfg().Compression = snapshot.Gzip
		a = w.joinWith("r", ann)
		w.wantAuthored("rows alone, loaded", all)
		a.sends(protocol.Update, typed(80, 0, strings.Repeat("x", 1000)))
		pass(time.Second)
		a.Leave()
		pass(time.Minute)
		if len(w.Rooms()) != 1 || w.Rooms()[0].State != RoomCompressed {
			t.Fatalf("%+v", w.Rooms())
		}
		text := w.authored("r", 0)
		if !strings.Contains(text, "one =ann two =bob three =ann four=") || !strings.Contains(text, "xx=ann") {
			t.Errorf("compressed: %q", text)
		}
		w.joinWith("r", ann).sends(protocol.Update, typed(80, 1000, "z"))
		pass(time.Second)
		text = strings.Replace(text, "x=ann", "xz=ann", 1)
		w.wantAuthored("used again", text)
		w.restart(Config{})
		w.wantAuthored("snapshot, not loaded", text)
		b = w.joinWith("r", bob)
		b.sends(protocol.Update, typed(90, 0, "y"))
		pass(time.Second)
		w.kill(Config{})
		if got := w.authored("r", 0); !strings.Contains(got, "y=bob") || !strings.Contains(got, "one =ann two =bob") {
			t.Errorf("a snapshot and rows: %q", got)
		}
	})
}

// TestAuthorsOfOtherSources shows that late rows of another node keep their authors, and that what
// peers send while it refers to missing updates is theirs when these have come.
func TestAuthorsOfOtherSources(t *testing.T) {
	rows := func() [][]byte {
		var rows [][]byte
		w := newMemStore()
		inStore(t, w, func(w *world) {
			a, b := w.joinWith("r", ann), w.joinWith("r", bob)
			a.sends(protocol.Update, typed(70, 0, "late "))
			pass(time.Second)
			b.sends(protocol.Update, typed(70, 5, "rows "))
			pass(time.Second)
			for _, row := range w.store.rows["r"] {
				rows = append(rows, row.row)
			}
		})
		return rows
	}()
	inWorld(t, Config{}, func(w *world) {
		w.joinWith("r", bob).sends(protocol.Update, typed(70, 10, "pending"))
		pass(time.Second)
		w.wantAuthored("pending", "")
		for i, row := range rows {
			_, f, update, err := stored.SplitRow(row)
			if err != nil {
				t.Fatal(err)
			}
			f.Incarnation = 0 // merged as of the same document
			rows[i] = append(stored.AppendRowHeader(nil, 9, f), update...)
		}
		if err := w.MergeStored(context.Background(), "r", rows); err != nil {
			t.Fatal(err)
		}
		const all = "late =ann rows pending=bob"
		w.wantAuthored("late", all)
		w.kill(Config{})
		w.wantAuthored("late, from rows", all)
	})
}

// inStore is inWorld with a store.
func inStore(t *testing.T, store *memStore, f func(w *world)) {
	t.Helper()
	inWorld(t, Config{}, func(w *world) {
		w.drain()
		w.store = store
		w.Engine = newWorld(t, Config{}, store).Engine
		f(w)
	})
}

// TestRowsOfAuthors shows that only the first row of a user's typing names the user, and that rows
// say who deleted what another wrote.
func TestRowsOfAuthors(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinWith("r", ann), w.joinWith("r", bob)
		for i := range uint64(5) {
			a.types(i, "x")
			pass(time.Second)
		}
		b.sends(protocol.Update, deleted(a.id, 1, 1))
		pass(time.Second)
		a.sends(protocol.Update, deleted(a.id, 2, 1))
		pass(time.Second)
		lengths := []int{}
		for _, row := range w.store.rows["r"] {
			_, f, _, err := stored.SplitRow(row.row)
			if err != nil {
				t.Fatal(err)
			}
			lengths = append(lengths, len(f.Authors))
		}
		if got := fmt.Sprint(lengths); got != "[21 0 0 0 0 15 0]" {
			t.Errorf("authors of %v bytes", got)
		}
	})
}

// TestNoAuthors shows that with NoAuthors nothing is kept, and that what was kept before ends
// there, so that nothing is taken for another user's when authors are kept again.
func TestNoAuthors(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		w.joinWith("r", ann).sends(protocol.Update, typed(70, 0, "kept "))
		pass(time.Second)
		w.kill(Config{NoAuthors: true})
		b := w.joinWith("r", bob)
		b.sends(protocol.Update, typed(70, 5, "not "))
		b.sends(protocol.Update, typed(70, 9, "kept "))
		pass(time.Second)
		if b.room.authors != nil {
			t.Error("authors are kept")
		}
		w.kill(Config{})
		w.wantAuthored("kept again", "kept =ann not kept =")
		w.joinWith("r", ann).sends(protocol.Update, typed(70, 14, "again"))
		pass(time.Second)
		w.kill(Config{})
		w.wantAuthored("after it", "kept =ann not kept = again=ann")
		w.kill(Config{NoAuthors: true})
		w.joinWith("r", ann)
		w.restart(Config{NoAuthors: true})
		w.joinWith("r", ann).types(0, "z")
		w.restart(Config{})
		if blob := w.store.snapshots["r"]; blob == nil {
			t.Error("no snapshot")
		} else if info, err := snapshot.Stat(blob); err != nil || len(info.Authors) > 0 {
			t.Errorf("the snapshot has %d bytes of authors, %v", len(info.Authors), err)
		}
	})
}

// TestAuthorRuns shows that the number of runs of a document is bounded, and that it is counted
// what is dropped.
func TestAuthorRuns(t *testing.T) {
	inWorld(t, Config{AuthorRuns: 20}, func(w *world) {
		a, b := w.joinWith("r", ann), w.joinWith("r", bob)
		for i := range uint64(50) {
			[]*client{a, b}[i%2].sends(protocol.Update, typed(70, i, "x"))
		}
		pass(time.Second)
		if n := a.room.authors.Size(); n > 20 || n == 0 {
			t.Errorf("%d runs", n)
		}
		pass(time.Second)
		a.types(0, "y")
		pass(time.Second)
		if w.metrics.droppedAuthors.Get() == 0 {
			t.Error("nothing is counted")
		}
	})
}

// TestCompare shows the differences of a version and the present document, with the users who wrote
// and deleted: of a room that is loaded, that is in the store, and of one that has begun anew.
func TestCompare(t *testing.T) {
	inArchive(t, Config{}, func(w *world, st *archive) {
		key, ctx := roomkey.MustParse("r"), context.Background()
		a, b := w.joinWith("r", ann), w.joinWith("r", bob)
		a.sends(protocol.Update, typed(70, 0, "one two three"))
		pass(time.Second)
		id := w.versionOf(st, "r")
		b.sends(protocol.Update, deleted(70, 4, 4))
		b.sends(protocol.Update, typed(70, 13, " four"))
		a.sends(protocol.Update, deleted(70, 0, 1))
		pass(time.Second)
		want := "delete 0-1 o=ann; delete 4-8 two =bob; insert 8-13  four=bob"
		if got := w.differences(id, 0); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if got := w.differences(id, id); got != "" {
			t.Errorf("of a version and itself: %q", got)
		}
		want = "insert 0-1 o=ann; insert 4-8 two =ann; delete 8-13  four="
		if got := w.differences(0, id); got != want {
			t.Errorf("backwards: %q, want %q", got, want)
		}
		other := w.versionWithOtherHistory(st)
		if got := w.differences(id, other); got != "delete 4-7 two=; insert 4-5 2=" {
			t.Errorf("of another history: %q", got)
		}
		for _, tt := range []struct{ from, to uint64 }{{99, 0}, {0, 99}} {
			if _, err := w.compareVersions(key, tt.from, tt.to); !errors.Is(err, ErrNoVersion) {
				t.Errorf("%v: %v", tt, err)
			}
		}
		if _, err := w.compareVersions(roomkey.MustParse("none"), 0, 0); !errors.Is(err, ErrNoRoom) {
			t.Errorf("%v", err)
		}
		if _, err := w.Authors(ctx, roomkey.MustParse("none"), 0); !errors.Is(err, ErrNoRoom) {
			t.Errorf("%v", err)
		}
	})
}

// versionWithOtherHistory keeps a version of another incarnation.
func (w *world) versionWithOtherHistory(st *archive) (id uint64) {
	blob, err := snapshot.Append(nil, snapshot.Snapshot{
		Version: 1, State: typed(71, 0, "one 2 three"), Incarnation: 7,
	}, snapshot.Raw)
	if err == nil {
		id, err = st.KeepVersion(context.Background(), "r", Version{}, blob)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// compareVersions is Compare for two versions, of which 0 is the present document.
func (w *world) compareVersions(key roomkey.Key, from, to uint64) ([]Difference, error) {
	old, err := w.ReadVersion(context.Background(), key, from)
	if err != nil {
		return nil, err
	}
	return w.Compare(context.Background(), key, old, to)
}

// differences returns the differences of two versions as text.
func (w *world) differences(from, to uint64) string {
	w.t.Helper()
	all, err := w.compareVersions(roomkey.MustParse("r"), from, to)
	if err != nil {
		w.t.Fatal(err)
	}
	said := []string{}
	for _, d := range all {
		said = append(said, fmt.Sprintf("%s %d-%d %s=%s", d.Type, d.From, d.To, d.Text, d.By.ID))
	}
	return strings.Join(said, "; ")
}

// TestRestoredAuthors shows that a restored version is by the user who restored it.
func TestRestoredAuthors(t *testing.T) {
	inArchive(t, Config{}, func(w *world, st *archive) {
		w.joinWith("r", ann).sends(protocol.Update, typed(70, 0, "one two"))
		pass(time.Second)
		id := w.versionOf(st, "r")
		w.joinWith("r", bob).sends(protocol.Update, deleted(70, 3, 4))
		pass(time.Second)
		if _, err := w.RestoreVersion(context.Background(), roomkey.MustParse("r"), id, Author{ID: "jane"}); err != nil {
			t.Fatal(err)
		}
		w.wantAuthored("restored", "one=ann  two=jane")
		if got := w.authored("r", id); got != "one two=ann" {
			t.Errorf("the version: %q", got)
		}
	})
}

// TestMergingAllocatesNothing shows that merging a keystroke allocates nothing, with its author.
func TestMergingAllocatesNothing(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinWith("r", ann)
		a.types(0, "x")
		pass(time.Second)
		r, clock := a.room, uint64(1)
		updates := make([]yjs.CheckedUpdate, 3000)
		for i := range updates {
			updates[i] = checked(t, typed(a.id, clock+uint64(i), "x"))
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		next := 0
		if n := testing.AllocsPerRun(2000, func() {
			r.applyBy(updates[next], a.author())
			r.authorsOfRow()
			next++
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}
