package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// listener is an Announcer that writes down what it is told.
type listener struct {
	mu    sync.Mutex
	lines []string
	times []time.Time
	kept  []string
	begun Announcement
	fails bool
}

var announcementNames = map[AnnouncementKind]string{
	DocumentCreated: "created", DocumentChanged: "changed", DocumentStored: "stored",
	StoringFails: "fails", StoringWorks: "works", DocumentDeleted: "deleted",
	VersionCreated: "version",
}

func lineOf(n Announcement) string {
	line := fmt.Sprintf("%s %s %d", announcementNames[n.Kind], n.Room, n.Version)
	for _, w := range n.Writers {
		line += " " + w.ID + w.Name
	}
	return line
}

func (l *listener) Announce(n Announcement) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines, l.times = append(l.lines, lineOf(n)), append(l.times, n.Time)
}

func (l *listener) Keep(_ context.Context, n Announcement) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = append(l.kept, lineOf(n))
	if l.fails {
		return errors.New("no disk")
	}
	return nil
}

func (l *listener) Begin(_ context.Context, n Announcement) func(...Announcement) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept, l.begun = append(l.kept, lineOf(n)), n
	return func(became ...Announcement) {
		for _, n := range became {
			l.Announce(n)
		}
		if len(became) == 0 {
			l.Announce(Announcement{Room: "nothing"})
		}
	}
}

// take returns what was announced since the last call, joined by commas.
func (l *listener) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := strings.Join(l.lines, ", ")
	l.lines = nil
	return lines
}

func (l *listener) want(t *testing.T, want string) {
	t.Helper()
	if got := l.take(); got != want {
		t.Errorf("announced: %q, want %q", got, want)
	}
}

// announced is a Config with a listener.
func announced() (Config, *listener) {
	l := new(listener)
	return Config{Announce: l, AnnounceAfter: 5 * time.Second, SnapshotUpdates: 1 << 40, Grace: time.Hour}, l
}

// TestChangesAreAnnounced shows that the beginning of a document is announced at once, and its
// changes when nobody has written for a while, or after a minute without a pause; each with the
// users that have written since the last; and that a room that nobody writes to announces nothing.
func TestChangesAreAnnounced(t *testing.T) {
	cfg, l := announced()
	inWorld(t, cfg, func(w *world) {
		ann, bob := w.joinWith("record:a", Identity{ID: "1", Name: "Ann"}), w.joinWith("record:a", Identity{ID: "2", Name: "Bob"})
		pass(time.Minute)
		l.want(t, "")
		ann.types(0, "x")
		pass(time.Second)
		l.want(t, "created record:a 1 1Ann")
		bob.types(0, "x")
		ann.types(1, "y")
		pass(4 * time.Second)
		l.want(t, "")
		pass(2 * time.Second)
		l.want(t, "changed record:a 3 1Ann 2Bob")
		for i := range 40 {
			bob.types(uint64(1+i), "z")
			pass(2 * time.Second)
		}
		l.want(t, "changed record:a 33 2Bob")
		pass(10 * time.Second)
		l.want(t, "changed record:a 43 2Bob")
		pass(time.Hour / 2)
		l.want(t, "stored record:a 43")
	})
	l.want(t, "")
}

// TestChangesAreAnnouncedAtTheEnd shows that the shutdown announces what is not announced yet.
func TestChangesAreAnnouncedAtTheEnd(t *testing.T) {
	cfg, l := announced()
	inWorld(t, cfg, func(w *world) {
		w.joinAs("record:a", "1").types(0, "x")
		pass(time.Second)
		l.want(t, "created record:a 1 1")
	})
	l.want(t, "changed record:a 1 1, stored record:a 1")
}

// TestOnlyDurableChangesAreAnnounced shows that what is not durable is not announced, and that the
// users who wrote it are in the announcement that has it.
func TestOnlyDurableChangesAreAnnounced(t *testing.T) {
	cfg, l := announced()
	inWorld(t, cfg, func(w *world) {
		w.joinAs("record:a", "1").types(0, "x")
		pass(time.Second)
		l.take()
		w.store.fail(errors.New("disk full"))
		w.joinAs("record:a", "2").types(0, "x")
		pass(time.Minute)
		l.want(t, "changed record:a 1 1")
		w.store.fail(nil)
		pass(time.Minute)
		l.want(t, "changed record:a 2 2")
	})
}

// TestKeptBeforeRowsAreDropped shows that a snapshot is stored after the change that it has, and
// that is not announced, was kept; and also if that fails.
func TestKeptBeforeRowsAreDropped(t *testing.T) {
	for _, fails := range []bool{false, true} {
		cfg, l := announced()
		l.fails = fails
		inWorld(t, cfg, func(w *world) {
			w.joinAs("record:a", "1").types(0, "x")
			pass(time.Second)
			if _, err := w.Snapshot(context.Background(), roomkey.MustParse("record:a"), ""); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(l.kept, ","); got != "changed record:a 1 1" {
				t.Errorf("kept %q", got)
			}
			pass(time.Minute)
			l.want(t, "created record:a 1 1, stored record:a 1, changed record:a 1 1")
			if said := strings.Contains(w.out.String(), "no disk"); said != fails {
				t.Error(w.out)
			}
		})
	}
}

// TestStoredChange shows what the rows of a room say about changes that another process may not
// have announced: nothing once a snapshot has them.
func TestStoredChange(t *testing.T) {
	cfg, l := announced()
	inWorld(t, cfg, func(w *world) {
		changed := func(want string) {
			t.Helper()
			n, ok, err := w.StoredChange(context.Background(), "record:a")
			if got := lineOf(n); err != nil || ok != (want != "") || ok && (got != want || n.Incarnation == 0) {
				t.Errorf("%q, %v, %v, want %q", got, ok, err, want)
			}
		}
		changed("")
		c := w.joinAs("record:a", "1")
		c.types(0, "x")
		pass(time.Second)
		changed("created record:a 1")
		if _, err := w.Snapshot(context.Background(), roomkey.MustParse("record:a"), ""); err != nil {
			t.Fatal(err)
		}
		changed("")
		c.types(1, "y")
		pass(time.Second)
		changed("changed record:a 2")
		b := w.joinAs("record:a", "2")
		b.types(0, "z")
		pass(time.Second)
		for after, want := range map[uint64]string{0: "[{1 } {2 }]", 2: "[{2 }]", 3: "[]"} {
			if all, err := w.WritersSince(context.Background(), "record:a", after); fmt.Sprint(all) != want || err != nil {
				t.Errorf("after %d: %v, %v, want %s", after, all, err, want)
			}
		}
		l.take()
	})
}

// TestNothingIsAnnounced shows that nothing is noted without AnnounceAfter, and that it can be set
// while rooms are open.
func TestNothingIsAnnounced(t *testing.T) {
	cfg, l := announced()
	on := cfg
	cfg.AnnounceAfter = 0
	inWorld(t, cfg, func(w *world) {
		c := w.joinAs("record:a", "1")
		c.types(0, "x")
		pass(time.Minute)
		l.want(t, "")
		w.Reconfigure(on)
		c.types(1, "y")
		pass(time.Minute)
		l.want(t, "changed record:a 2 1")
		w.Reconfigure(cfg)
	})
	l.want(t, "")
}

// TestAnnouncingAllocatesNothing shows that a keystroke of a user who has written before allocates
// nothing for announcements.
func TestAnnouncingAllocatesNothing(t *testing.T) {
	cfg, _ := announced()
	inWorld(t, cfg, func(w *world) {
		a, b := w.joinAs("record:a", "1"), w.joinAs("record:a", "2")
		r := a.room
		r.mu.Lock()
		defer r.mu.Unlock()
		r.wrote(a.Peer)
		r.wrote(b.Peer)
		if n := testing.AllocsPerRun(100, func() {
			r.wrote(a.Peer)
			r.wrote(b.Peer)
			r.cutDurable(&cut{version: 5}, r.emptied)
		}); n != 0 {
			t.Errorf("%v allocations", n)
		}
		r.announcing = nil
	})
}

// TestDraftsAreAnnounced shows that a draft that is saved is announced with its version, that the
// text of the record with which a document begins is no change, and that drafts that fail for long
// are announced, and work again.
func TestDraftsAreAnnounced(t *testing.T) {
	cfg, l := announced()
	inRecordWorld(t, cfg, "a", func(w *recordWorld) {
		a := w.opens("ann")
		pass(time.Minute)
		l.want(t, "")
		a.writes("a b")
		pass(time.Minute)
		l.want(t, "stored r 2, changed r 2 annann")
		w.records.fail(errAPI)
		a.writes("a b c")
		pass(10 * time.Second)
		l.want(t, "changed r 3 annann")
		pass(time.Minute)
		l.want(t, "fails r 3")
		w.records.fail(nil)
		pass(time.Minute)
		l.want(t, "stored r 3, works r 3")
	})
}

// TestNotesAreSavedBySnapshots shows that where records are saved by their drafts a snapshot of
// another document is announced as a save of it.
func TestNotesAreSavedBySnapshots(t *testing.T) {
	cfg, l := announced()
	cfg.SnapshotInterval = time.Minute
	inRecordWorld(t, cfg, "a", func(w *recordWorld) {
		w.joinAs("notes/a", "1").types(0, "x")
		pass(2 * time.Minute)
		l.want(t, "created notes/a 1 1, changed notes/a 1 1, stored notes/a 1")
		if w.SavedBySnapshot("record:r") || !w.SavedBySnapshot("notes/a") {
			t.Error("a record is saved by its drafts, and a note by its snapshots")
		}
	})
}
