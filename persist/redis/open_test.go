package redis_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/redis"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

// scripts returns how many scripts a Redis has run.
func scripts(s *redistest.Server) (calls string) {
	calls, _, _ = strings.Cut(strings.TrimPrefix(s.Info("cmdstat_evalsha"), "calls="), ",")
	return calls
}

// TestOpenJournal shows that rows of a room that needs nothing else are appended without a script,
// also for two rooms of which one needs the script, and after rows were late.
func TestOpenJournal(t *testing.T) {
	s := redistest.Start(t)
	c := open(t, s.URL())
	r, other := acquire(t, c, "r", "a").Lease, acquire(t, c, "other", "a").Lease
	appendRows(t, c, row(r, 5, "1"))
	before := scripts(s)
	appendRows(t, c, row(r, 5, "2"))
	appendRows(t, c, row(r, 5, "3"))
	if now := scripts(s); now != before {
		t.Errorf("%s scripts were run, and %s before", now, before)
	}
	appendRows(t, c, row(other, 7, "x"), row(r, 5, "4"))
	offer(t, c, redis.Late{Room: "r", Incarnation: 5, Data: []byte("late")})
	if _, _, err := c.TakeLate(t.Context(), r, 5); err != nil {
		t.Fatal(err)
	}
	before = scripts(s)
	rows := appendRows(t, c, row(r, 5, "5"), row(other, 7, "y"))
	if now := scripts(s); now != before {
		t.Errorf("%s scripts were run, and %s before", now, before)
	}
	state, texts := contents(t, c, "r")
	if !slices.Equal(texts, []string{"1", "2", "3", "4", "late", "5"}) || state.Rows[5].At != rows[0].At {
		t.Errorf("%q, %+v", texts, rows)
	}
	if _, texts := contents(t, c, "other"); !slices.Equal(texts, []string{"x", "y"}) {
		t.Errorf("%q", texts)
	}
}

// TestClosedJournal shows that a row that is sent without a script is refused, or does what the
// script does, whatever has happened to its room meanwhile.
func TestClosedJournal(t *testing.T) {
	for _, c := range []struct {
		name    string
		happens func(*closing)
		err     error
		rows    []string // of the room afterwards
	}{
		{"another node has it", (*closing).taken, cluster.ErrNotOwner, []string{"1"}},
		{"another node has it, and writes", (*closing).written, cluster.ErrNotOwner, []string{"1", "b"}},
		{"another node had it", (*closing).givenBack, cluster.ErrNotOwner, []string{"1", "b"}},
		{"its lease has ended, and nobody has it", (*closing).ended, nil, []string{"1", "2"}},
		{"it was dropped", (*closing).dropped, cluster.ErrDropped, nil},
		{"it began anew", (*closing).begunAnew, cluster.ErrDropped, []string{"of 6"}},
		{"all its rows are in the snapshot", (*closing).compacted, nil, []string{"2"}},
		{"it was set aside", (*closing).setAside, nil, []string{"2"}},
		{"Redis was emptied", (*closing).emptied, cluster.ErrNotOwner, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := redistest.Start(t)
			w := &closing{T: t, s: s, a: open(t, s.URL()), b: open(t, s.URL())}
			w.lease = acquire(t, w.a, "r", "a").Lease
			w.first = appendRows(t, w.a, row(w.lease, 5, "1"))[0]
			c.happens(w)
			if err := appendRows(t, w.a, row(w.lease, 5, "2"))[0].Err; !errors.Is(err, c.err) {
				t.Errorf("the row: %v, want %v", err, c.err)
			}
			if _, rows := contents(t, w.b, "r"); !slices.Equal(rows, c.rows) {
				t.Errorf("%q, want %q", rows, c.rows)
			}
		})
	}
}

// closing is a room of which a node knows that its journal is open, and another node.
type closing struct {
	*testing.T
	s     *redistest.Server
	a, b  *redis.Client
	lease redis.Lease     // of a
	first redis.FencedRow // that a has appended
}

// ended ends the lease of a.
func (w *closing) ended() { w.s.Do("DEL", "{civic}:owner:r") }

// taken gives the room to b, when the lease of a has ended.
func (w *closing) taken() {
	w.ended()
	if g := acquire(w, w.b, "r", "b"); g.Lease.Node != "b" {
		w.Fatalf("%+v", g)
	}
}

// written lets b write to the room, which is open for b then.
func (w *closing) written() {
	w.ended()
	lease := acquire(w, w.b, "r", "b").Lease
	if err := appendRows(w, w.b, row(lease, 5, "b"))[0].Err; err != nil {
		w.Fatal(err)
	}
}

// givenBack lets b write to the room, and a take it again: with another lease.
func (w *closing) givenBack() {
	w.written()
	w.ended()
	if again := acquire(w, w.b, "r", "a").Lease; again == w.lease {
		w.Fatal("it is the same lease")
	}
}

// dropped drops the room, of which nobody has a lease.
func (w *closing) dropped() {
	store := w.b.Rooms("a", persist.Retention{})
	if err := store.Expire(w.Context(), "r", time.Unix(1, 0)); err != nil {
		w.Fatal(err)
	}
	if n, err := store.DropExpired(w.Context(), time.Now()); n != 1 || err != nil {
		w.Fatalf("%d rooms, %v", n, err)
	}
}

// begunAnew lets another call of a's begin the room with a newer incarnation.
func (w *closing) begunAnew() {
	save(w, w.a, w.lease, redis.FencedSnapshot{Data: []byte("S"), Incarnation: 6})
	if err := appendRows(w, w.a, row(w.lease, 6, "of 6"))[0].Err; err != nil {
		w.Fatal(err)
	}
}

// compacted replaces all rows by a snapshot.
func (w *closing) compacted() {
	save(w, w.a, w.lease, redis.FencedSnapshot{Data: []byte("S"), Incarnation: 5, Through: w.first.At})
}

// setAside quarantines the room.
func (w *closing) setAside() {
	if err := w.b.Rooms("a", persist.Retention{}).Quarantine(w.Context(), "r"); err != nil {
		w.Fatal(err)
	}
}

// emptied empties the Redis.
func (w *closing) emptied() { w.s.Flush() }

// TestRowKeepsRoom shows that a row that is appended without a script keeps a room that was to
// expire.
func TestRowKeepsRoom(t *testing.T) {
	s := redistest.Start(t)
	c := open(t, s.URL())
	store := c.Rooms("a", persist.Retention{})
	lease := acquire(t, c, "r", "a").Lease
	appendRows(t, c, row(lease, 5, "1"))
	if err := store.Expire(t.Context(), "r", time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	appendRows(t, c, row(lease, 5, "2"))
	if n, err := store.DropExpired(t.Context(), time.Now()); n != 0 || err != nil {
		t.Errorf("%d rooms were dropped, %v", n, err)
	}
}
