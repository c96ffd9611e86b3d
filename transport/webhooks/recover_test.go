package webhooks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/persist"
)

// journals are the rooms of which a journal has rows.
type journals struct {
	mu    sync.Mutex
	rooms map[string]Change
	done  map[string]time.Time // what became of rooms
	asks  int                  // how often that was asked
	err   error
}

func (j *journals) Became(
	_ context.Context, n engine.Announcement,
) (all []engine.Announcement, over bool, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.asks++
	at, ok := j.done[n.Room]
	if n.Time = at; ok {
		all = append(all, n)
	}
	return all, true, nil
}

// SavedBySnapshot is true of all but records.
func (j *journals) SavedBySnapshot(room string) bool { return !strings.HasPrefix(room, "record:") }

func (j *journals) Unsaved(context.Context) ([]string, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Sorted(maps.Keys(j.rooms)), j.err
}

func (j *journals) StoredChange(_ context.Context, room string) (Change, bool, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	c, ok := j.rooms[room]
	return c, ok, nil
}

// WritersSince is Ben, who wrote all versions after 5.
func (j *journals) WritersSince(_ context.Context, room string, version uint64) ([]engine.Writer, error) {
	if version < 5 {
		return []engine.Writer{{ID: "1", Name: "Ann"}, {ID: "2", Name: "Ben"}}, nil
	}
	return []engine.Writer{{ID: "2", Name: "Ben"}}, nil
}

func (j *journals) set(room string, created bool, version uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.rooms == nil {
		j.rooms = map[string]Change{}
	}
	j.rooms[room] = Change{Room: room, Created: created, Incarnation: 7, Version: version}
}

// TestChangesOfKilledProcess shows that after kill -9 the changes are announced that the journal
// has and the outbox does not know of: those of documents that nobody has announced, with their
// beginning, and not those that were; with the users of what was not announced; and those that were
// kept as a snapshot was about to replace their rows.
func TestChangesOfKilledProcess(t *testing.T) {
	inWorld(t, []string{"a.example"}, func(w *world) {
		w.stop()
		j := new(journals)
		w.c.Rooms = j
		w.start()
		s := w.sites["a.example"]
		w.changed("record:told", 5)
		j.set("record:told", true, 5)
		w.changed("record:older", 5)
		j.set("record:older", false, 6)
		j.set("record:new", true, 1)
		kept := engine.Announcement{Kind: engine.DocumentChanged, Room: "record:kept", Incarnation: 7, Version: 9, Writers: []engine.Writer{{ID: "1", Name: "Ann"}}, Time: time.Now()}
		if err := w.Keep(context.Background(), kept); err != nil {
			t.Fatal(err)
		}
		first := s.take()
		w.kill()
		w.start()
		got := s.take()
		s.mu.Lock()
		s.got = got
		s.mu.Unlock()
		s.wantSorted("document.changed record:kept 9", "document.created record:new 1", "document.changed record:new 1", "document.changed record:older 6")
		ann, ben := `{"id":"1","name":"Ann"}`, `{"id":"2","name":"Ben"}`
		for room, users := range map[string]string{"record:kept": ann, "record:new": ann + "," + ben, "record:older": ben} {
			for _, d := range got {
				if strings.Contains(d.body, room) && !strings.Contains(d.body, `"users":[`+users+`]`) {
					t.Error(d.body)
				}
			}
		}
		w.kill()
		w.start()
		s.want()
		w.changed("record:told", 5) // announced again: receivers see that by the id
		if again := s.take(); len(again) != 1 || again[0].id != first[0].id {
			t.Errorf("%v, %v", again, first)
		}
		if !strings.Contains(w.out.String(), "events of before are announced to webhooks\" events=3") {
			t.Error(&w.out)
		}
	})
}

// TestNothingOfBefore shows that what was written before the first webhook was configured is not
// announced, and that marks of rooms without rows are dropped.
func TestNothingOfBefore(t *testing.T) {
	inWorld(t, []string{"a.example"}, func(w *world) {
		w.stop()
		w.box = persist.NewMemoryOutbox()
		j := new(journals)
		j.set("record:old", false, 3)
		w.c.Rooms = j
		w.start()
		s := w.sites["a.example"]
		s.want()
		w.changed("record:b", 1)
		s.want("document.changed record:b 1")
		w.kill()
		w.start()
		s.want("document.changed record:old 3") // of which nothing says when it was
		if marks, _ := w.box.Marks(context.Background()); len(marks) != 2 {
			t.Errorf("%d marks, want those of the outbox and of record:old", len(marks))
		}
	})
}

// TestSavesOfKilledProcess shows that after kill -9 the save is announced, once, of a room whose
// journal is empty, so that a snapshot was stored, and whose save the outbox does not know of; not
// that of a record, whose drafts are saved otherwise; also where changes are not wanted.
func TestSavesOfKilledProcess(t *testing.T) {
	for _, events := range [][]string{nil, {Saved}} {
		inWorld(t, []string{"a.example"}, func(w *world) {
			w.stop()
			w.c.Rooms, w.c.Endpoints[0].Events = new(journals), events
			w.start()
			s := w.sites["a.example"]
			for _, room := range []string{"notes/saved", "notes/lost", "notes/older", "record:a"} {
				w.changed(room, 5)
			}
			w.saved("notes/saved", 5)
			w.saved("notes/older", 4)
			s.take()
			w.kill()
			w.start()
			pass(time.Second)
			s.wantSorted("document.saved notes/lost 5", "document.saved notes/older 5")
			for range 2 {
				w.kill()
				w.start()
				pass(time.Second)
				s.want()
			}
			if marks, _ := w.box.Marks(context.Background()); len(marks) != 1 {
				t.Errorf("%d marks, want that of the outbox", len(marks))
			}
		})
	}
}

// crash is an outbox that ends the process at its n-th call that writes, before or after it.
type crash struct {
	Outbox
	mu    sync.Mutex
	n     int
	after bool
	die   func()
}

var errKilled = errors.New("killed")

func (c *crash) call(do func() error) error {
	c.mu.Lock()
	c.n--
	n := c.n
	c.mu.Unlock()
	switch {
	case n < 0:
		return errKilled
	case n == 0:
		if c.after {
			_ = do()
		}
		c.die()
		return errKilled
	}
	return do()
}

func (c *crash) Add(ctx context.Context, limit int64, entries []Entry, marks []Mark) error {
	return c.call(func() error { return c.Outbox.Add(ctx, limit, entries, marks) })
}

func (c *crash) Change(ctx context.Context, put []Entry, drop []uint64) error {
	return c.call(func() error { return c.Outbox.Change(ctx, put, drop) })
}

// TestNothingIsLostAtAnyStep shows that a process that is killed before or after any of its writes
// to the outbox loses no change whose rows are in the journal: after a restart the receiver has all
// of them, in order, with ids by which it recognizes what it gets twice.
func TestNothingIsLostAtAnyStep(t *testing.T) {
	for n := 1; n <= 12; n++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprint(n, after), func(t *testing.T) {
				inWorld(t, []string{"a.example"}, func(w *world) { crashAt(w, n, after) })
			})
		}
	}
}

func crashAt(w *world, n int, after bool) {
	w.stop()
	j := new(journals)
	w.c.Rooms = j
	open := w.c.Open
	died := false
	w.c.Open = func(ctx context.Context) (Outbox, error) {
		box, err := open(ctx)
		return &crash{Outbox: box, n: n, after: after, die: func() { died = true }}, err
	}
	w.start()
	s := w.sites["a.example"]
	s.answers(nil)
	var last [2]uint64
	for v := uint64(1); v <= 3; v++ {
		for i, room := range []string{"record:a", "record:b"} {
			j.set(room, v == 1, v)
			w.changed(room, v)
			last[i] = v
		}
		if died {
			break
		}
	}
	w.kill()
	w.c.Open = open
	w.start()
	pass(time.Minute)
	ids, got := map[string]string{}, map[string][]string{}
	for _, d := range s.take() {
		text := textOf(w.t, d)
		if ids[text] != "" {
			if ids[text] != d.id {
				w.t.Errorf("%s has two ids", text)
			}
			continue // a receiver drops it
		}
		ids[text] = d.id
		room := strings.Fields(text)[1]
		got[room] = append(got[room], text)
	}
	for i, room := range []string{"record:a", "record:b"} {
		want := fmt.Sprint("document.changed ", room, " ", last[i])
		if ids[want] == "" {
			w.t.Errorf("%s is lost: %q", want, got[room])
		}
		if !slices.IsSorted(got[room][slices.IndexFunc(got[room], func(s string) bool { return strings.Contains(s, "changed") }):]) {
			w.t.Errorf("not in order: %q", got[room])
		}
	}
}

// holder is the node that has a shared outbox.
type holder struct {
	mu   sync.Mutex
	node string
}

// set makes a node the holder; empty: the next one that asks.
func (h *holder) set(node string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.node = node
}

// shared is an outbox that several nodes have.
type shared struct {
	*persist.MemoryOutbox
	node   string
	holder *holder
}

func (s shared) Hold(context.Context, time.Duration) (bool, error) {
	s.holder.mu.Lock()
	defer s.holder.mu.Unlock()
	s.holder.node = cmp.Or(s.holder.node, s.node)
	return s.holder.node == s.node, nil
}

func (s shared) Close() error {
	if held, _ := s.Hold(context.Background(), 0); held {
		s.holder.set("")
	}
	return nil
}

// TestTwoNodes shows that of two nodes one sends what both add, each event once; that the other one
// takes over when it has ended, or is dead; and that operators' calls on either node have effect.
func TestTwoNodes(t *testing.T) {
	inWorld(t, []string{"a.example"}, func(w *world) {
		w.stop()
		var holds holder
		w.c.Shared = true
		node := func(name string) *Webhooks {
			w.c.Open = func(context.Context) (Outbox, error) {
				return shared{w.box.Open(), name, &holds}, nil
			}
			w.start()
			return w.Webhooks
		}
		one, two := node("one"), node("two")
		announce := func(h *Webhooks, room string) {
			h.Announce(engine.Announcement{Kind: engine.DocumentChanged, Room: room, Version: 1, Time: time.Now()})
			pass(lookInterval)
		}
		s := w.sites["a.example"]
		announce(one, "record:1")
		announce(two, "record:2")
		s.want("document.changed record:1 1", "document.changed record:2 1")
		s.answersCode(410)
		announce(two, "record:3")
		s.answers(nil)
		announce(two, "record:4")
		s.want("document.changed record:3 1")
		if err := two.Enable(context.Background(), "a.example/hook"); err != nil {
			t.Error(err)
		}
		pass(lookInterval)
		if n, err := two.Retry(context.Background(), "", ""); n != 2 || err != nil {
			t.Error(n, err)
		}
		pass(lookInterval)
		s.wantSorted("document.changed record:3 1", "document.changed record:4 1")
		s.setDown(true)
		announce(two, "record:5")
		if err := one.Close(context.Background()); err != nil {
			t.Error(err)
		}
		s.setDown(false)
		pass(10 * time.Second)
		s.want("document.changed record:5 1")
		holds.set("dead")
		announce(two, "record:6")
		s.want()
		holds.set("")
		pass(lookInterval)
		s.want("document.changed record:6 1")
		w.Webhooks = two
	})
}

// TestEventsOfTheHub shows which events of the hub are sent, and that a limit of a room is told
// once a minute.
func TestEventsOfTheHub(t *testing.T) {
	inWorld(t, []string{"a.example"}, func(w *world) {
		w.stop()
		hub := new(events.Hub)
		w.c.Events = hub
		w.start()
		s := w.sites["a.example"]
		publish := func(e events.Event) {
			e.Room = "record:a"
			hub.Publish(e)
			synctest.Wait()
		}
		publish(events.Event{Kind: events.Joined, User: "u1", Client: "192.0.2.1"})
		publish(events.Event{Kind: events.Left, User: "u1", Client: "192.0.2.1"})
		publish(events.Event{Kind: events.Kicked, User: "u1"})
		for range 5 {
			publish(events.Event{Kind: events.Limited, Subject: "document_bytes", Reason: "too large", User: "u1"})
		}
		got := s.want("user.joined record:a", "user.left record:a", "limit.reached record:a")
		if want := `"data":{"room":"record:a","user":{"id":"u1"},"limit":"document_bytes","reason":"too large"}`; !strings.Contains(got[2].body, want) || strings.Contains(got[0].body, "192.0.2.1") {
			t.Errorf("%s", got[2].body)
		}
		pass(time.Minute)
		publish(events.Event{Kind: events.Limited, Subject: "document_bytes"})
		s.want("limit.reached record:a")
		publish(events.Event{Kind: events.Refused, Code: 4401, Reason: "token not valid"})
		publish(events.Event{Kind: events.Refused, Code: 4529, Subject: engine.LimitPeers, Reason: "too many"})
		publish(events.Event{Kind: events.Refused, Code: 4529, Subject: engine.LimitConnections, Reason: "too many"})
		s.want("limit.reached record:a", "limit.reached")
		w.stop()
		if hub.Active() {
			t.Error("the subscription is left")
		}
	})
}

// TestStoreFails shows that events wait while the outbox takes none, that it is logged once, and
// that all are delivered when it does again.
func TestStoreFails(t *testing.T) {
	inWorld(t, []string{"a.example"}, func(w *world) {
		_ = w.box.Close()
		for v := range uint64(3) {
			w.changed("record:a", v+1)
			w.Announce(engine.Announcement{Kind: engine.DocumentStored, Room: "record:b", Version: v + 1, Time: time.Now()})
		}
		pass(time.Minute)
		w.sites["a.example"].want()
		if n := strings.Count(w.out.String(), "events of webhooks cannot be stored"); n != 1 {
			t.Errorf("logged %d times", n)
		}
		w.box.Open()
		pass(time.Minute)
		if got := w.sites["a.example"].take(); len(got) < 4 || textOf(t, got[len(got)-1]) == "" {
			t.Errorf("%d events", len(got))
		}
		if !strings.Contains(w.out.String(), "events of webhooks can be stored again") {
			t.Error(&w.out)
		}
	})
}
