package webhooks

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine"
)

// became notes what became of a room.
func (j *journals) became(room string) time.Time {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.done == nil {
		j.done = map[string]time.Time{}
	}
	at := time.Now()
	j.done[room] = at
	return at
}

// asked returns how often it was asked what has become of rooms.
func (j *journals) asked() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.asks
}

// asked is what Ann asks for.
func asked(kind engine.AnnouncementKind, room string) engine.Announcement {
	return engine.Announcement{Kind: kind, Room: room, Time: time.Now(), Writers: []engine.Writer{{ID: "ann"}}}
}

// begins counts the marks of what was begun.
func (w *world) begins() (n int) {
	w.t.Helper()
	marks, err := w.box.Marks(context.Background())
	if err != nil {
		w.t.Error(err)
	}
	for _, m := range marks {
		if _, ok := beganOf(m); ok {
			n++
		}
	}
	return n
}

// TestAskedForIsSent shows what receivers are told of deletions and versions, and that their marks
// are dropped when they are in the outbox, or when nothing has become.
func TestAskedForIsSent(t *testing.T) {
	inWorld(t, []string{"a.example"}, func(w *world) {
		s := w.sites["a.example"]
		ctx := context.Background()
		end := w.Begin(ctx, asked(engine.DocumentDeleted, "notes/a"))
		if w.begins() != 1 {
			t.Error("there is no mark")
		}
		n := asked(engine.DocumentDeleted, "notes/a")
		end(n)
		pass(time.Second)
		version := asked(engine.VersionCreated, "notes/b")
		version.Version = 7
		w.Begin(ctx, version)(version)
		pass(time.Second)
		w.Begin(ctx, asked(engine.DocumentDeleted, "notes/c"))()
		got := s.want("document.deleted notes/a", "version.created notes/b")
		for i, want := range []string{`"data":{"room":"notes/a","user":{"id":"ann"}}`, `"data":{"room":"notes/b","user":{"id":"ann"},"version_id":7}`} {
			if !strings.Contains(got[i].body, want) {
				t.Errorf("%s, want %s", got[i].body, want)
			}
		}
		if n := w.begins(); n != 0 {
			t.Errorf("%d marks are left", n)
		}
	})
}

// TestNobodyWantsIt shows that nothing is stored of what no endpoint wants.
func TestNobodyWantsIt(t *testing.T) {
	inWorld(t, []string{"a.example"}, func(w *world) {
		w.stop()
		w.c.Endpoints[0].Events = []string{Changed}
		w.start()
		n := asked(engine.DocumentDeleted, "notes/a")
		end := w.Begin(context.Background(), n)
		if w.begins() != 0 {
			t.Error("there is a mark")
		}
		end(n)
		pass(time.Second)
		w.sites["a.example"].want()
	})
}

// TestDeletedRoomsLeaveNoMarks shows that nothing is left in the outbox of a document that was
// changed, saved and deleted.
func TestDeletedRoomsLeaveNoMarks(t *testing.T) {
	inWorld(t, []string{"a.example"}, func(w *world) {
		before, _ := w.box.Marks(context.Background())
		w.changed("notes/a", 1)
		w.saved("notes/a", 1)
		w.Begin(context.Background(), asked(engine.DocumentDeleted, "notes/a"))(asked(engine.DocumentDeleted, "notes/a"))
		pass(time.Second)
		w.sites["a.example"].want("document.changed notes/a 1", "document.saved notes/a 1", "document.deleted notes/a")
		if after, _ := w.box.Marks(context.Background()); len(after) != len(before) {
			t.Errorf("%q are left", after)
		}
	})
}

// TestDeletionsSurviveKill shows that a process that is killed before or after any of its writes to
// the outbox loses no deletion and no version that was made: receivers have each after a restart,
// those that they get twice with one id, and none that was not made.
func TestDeletionsSurviveKill(t *testing.T) {
	for _, kind := range []engine.AnnouncementKind{engine.DocumentDeleted, engine.VersionCreated} {
		for n := 1; n <= 10; n++ {
			for _, after := range []bool{false, true} {
				t.Run(fmt.Sprint(kindsOf[kind], n, after), func(t *testing.T) {
					inWorld(t, []string{"a.example"}, func(w *world) { askAndCrash(w, kind, n, after) })
				})
			}
		}
	}
}

func askAndCrash(w *world, kind engine.AnnouncementKind, n int, after bool) {
	w.stop()
	j := new(journals)
	w.c.Rooms = j
	open, died := w.c.Open, false
	w.c.Open = func(ctx context.Context) (Outbox, error) {
		box, err := open(ctx)
		return &crash{Outbox: box, n: n, after: after, die: func() { died = true }}, err
	}
	w.start()
	want := map[string]bool{}
	for i := 0; i < 4 && !died; i++ {
		room := fmt.Sprint("notes/", i)
		a := asked(kind, room)
		end := w.Begin(context.Background(), a)
		if died {
			break // before it was made
		}
		a.Time = j.became(room) // durable
		want[kindsOf[kind]+" "+room] = true
		end(a)
		pass(time.Second)
	}
	w.kill()
	w.c.Open = open
	w.start()
	pass(time.Minute)
	ids := map[string]string{}
	for _, d := range w.sites["a.example"].take() {
		text := textOf(w.t, d)
		if ids[text] != "" && ids[text] != d.id {
			w.t.Errorf("%s has two ids", text)
		}
		if ids[text] = d.id; !want[text] {
			w.t.Errorf("%s was not made", text)
		}
	}
	if len(ids) != len(want) || w.begins() != 0 {
		w.t.Errorf("%v, want %v; %d marks are left", ids, want, w.begins())
	}
}

// TestKilledBetween shows that what was made is announced after a kill right after it, and what was
// not made is asked for once, and forgotten.
func TestKilledBetween(t *testing.T) {
	inWorld(t, []string{"a.example"}, func(w *world) {
		w.stop()
		j := new(journals)
		w.c.Rooms = j
		w.start()
		for _, room := range []string{"notes/made", "notes/not-made"} {
			w.Begin(context.Background(), asked(engine.DocumentDeleted, room))
		}
		j.became("notes/made")
		w.kill()
		w.start()
		pass(time.Second)
		w.sites["a.example"].want("document.deleted notes/made")
		w.kill()
		w.start()
		pass(time.Second)
		w.sites["a.example"].want()
		if j.asked() != 2 {
			t.Errorf("asked %d times", j.asked())
		}
	})
}
