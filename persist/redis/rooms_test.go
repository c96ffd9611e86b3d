package redis_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/redis"
	"github.com/civicpress/civic-realtime/persist/redis/redistest"
)

func offer(t testing.TB, c *redis.Client, late ...redis.Late) []redis.Late {
	t.Helper()
	if err := c.OfferLate(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	return late
}

func save(t testing.TB, c *redis.Client, lease redis.Lease, s redis.FencedSnapshot) {
	t.Helper()
	if err := c.SaveSnapshot(t.Context(), lease, s); err != nil {
		t.Fatal(err)
	}
}

// TestLate shows that late updates wait until the owner takes them, which puts those of its
// incarnation into the journal, and that the same one is not added twice.
func TestLate(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redis.Client, _ []*redistest.Server) {
		update := redis.Late{Room: "r", Incarnation: 5, Data: []byte("late")}
		whole := redis.Late{Room: "r", Incarnation: 5, Snapshot: true, Data: []byte("whole")}
		other := redis.Late{Room: "r", Incarnation: 4, Data: []byte("old")}
		for _, l := range offer(t, c, update, whole, other, update) {
			if l.Err != nil {
				t.Error(l.Err)
			}
		}
		grant := acquire(t, c, "r", "a")
		waiting, err := c.Late(t.Context(), "r")
		if grant.Late != 3 || len(waiting) != 3 || err != nil {
			t.Errorf("%+v, %+v, %v", grant, waiting, err)
		}
		stranger := grant.Lease
		stranger.Fence++
		if _, _, err := c.TakeLate(t.Context(), stranger, 5); !errors.Is(err, cluster.ErrNotOwner) {
			t.Errorf("with another fence: %v", err)
		}
		appendRows(t, c, row(grant.Lease, 5, "row"))
		rows, others, err := c.TakeLate(t.Context(), grant.Lease, 5)
		if err != nil || len(rows) != 2 || len(others) != 1 || string(others[0].Data) != "old" {
			t.Fatalf("%+v, %+v, %v", rows, others, err)
		}
		state, texts := contents(t, c, "r")
		slices.Sort(texts)
		if !slices.Equal(texts, []string{"late", "row", "whole"}) || state.Incarnation != 5 {
			t.Errorf("%q, %+v", texts, state)
		}
		for _, r := range state.Rows {
			if r.Snapshot != (string(r.Data) == "whole") {
				t.Errorf("%q: a snapshot: %v", r.Data, r.Snapshot)
			}
		}
		rows, others, err = c.TakeLate(t.Context(), grant.Lease, 5)
		if len(rows)+len(others) > 0 || err != nil {
			t.Errorf("again: %+v, %+v, %v", rows, others, err)
		}
	})
}

// TestIncarnations shows that a newer incarnation begins a room anew, that an older one is refused,
// and that what was dropped stays dropped until a newer one begins the room.
func TestIncarnations(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redis.Client, _ []*redistest.Server) {
		lease := acquire(t, c, "r", "a").Lease
		appendRows(t, c, row(lease, 5, "of 5"))
		save(t, c, lease, redis.FencedSnapshot{Data: []byte("of 6"), Incarnation: 6, Version: 3})
		state, texts := contents(t, c, "r")
		if len(texts) > 0 || string(state.Snapshot) != "of 6" || state.Incarnation != 6 {
			t.Errorf("%q, %+v", texts, state)
		}
		refusedAll := func(incarnation uint64) {
			t.Helper()
			old := redis.FencedSnapshot{Incarnation: incarnation}
			err := c.SaveSnapshot(t.Context(), lease, old)
			late := offer(t, c, redis.Late{Room: "r", Incarnation: incarnation})[0].Err
			rowErr := appendRows(t, c, row(lease, incarnation, "x"))[0].Err
			if !errors.Is(err, cluster.ErrDropped) || !errors.Is(rowErr, cluster.ErrDropped) ||
				!errors.Is(late, cluster.ErrDropped) {
				t.Errorf("incarnation %d: %v, %v, %v", incarnation, err, rowErr, late)
			}
		}
		store := c.Rooms("a", persist.Retention{})
		if err := store.Expire(t.Context(), "r", time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
		if n, err := store.DropExpired(t.Context(), time.Now()); n != 1 || err != nil {
			t.Fatalf("%d rooms, %v", n, err)
		}
		refusedAll(5)
		refusedAll(6)
		rooms := []string{"r", "r", "other"}
		dropped, err := c.Dropped(t.Context(), rooms, []uint64{6, 7, 6})
		if err != nil || !slices.Equal(dropped, []bool{true, false, false}) {
			t.Errorf("%v, %v", dropped, err)
		}
		if g := acquire(t, c, "r", "a"); g.Incarnation != 0 || g.Version != 3 {
			t.Errorf("%+v", g)
		}
		if err := appendRows(t, c, row(lease, 7, "anew"))[0].Err; err != nil {
			t.Error(err)
		}
	})
}

// TestNotDropped shows that a room stays that another node has, or for which a late update waits.
func TestNotDropped(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redis.Client, _ []*redistest.Server) {
		store := c.Rooms("a", persist.Retention{})
		for _, room := range []string{"another's", "late"} {
			lease := acquire(t, c, room, "b").Lease
			appendRows(t, c, row(lease, 5, "x"))
			if err := store.Expire(t.Context(), room, time.Unix(1, 0)); err != nil {
				t.Fatal(err)
			}
			if room == "late" {
				offer(t, c, redis.Late{Room: room, Incarnation: 5, Data: []byte("y")})
				if err := c.Release(t.Context(), []redis.Lease{lease}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if n, err := store.DropExpired(t.Context(), time.Now()); n != 0 || err != nil {
			t.Errorf("%d rooms, %v", n, err)
		}
		if err := store.Quarantine(t.Context(), "another's"); !errors.Is(err, cluster.ErrNotOwner) {
			t.Errorf("quarantine of another's room: %v", err)
		}
	})
}

// TestClaims shows that hashes of drafts are known to all, the last ones, and that a claim needs
// the lease.
func TestClaims(t *testing.T) {
	onBoth(t, func(t *testing.T, c *redis.Client, _ []*redistest.Server) {
		lease := acquire(t, c, "r", "a").Lease
		for i := range cluster.MaxClaims + 1 {
			if err := c.Claim(t.Context(), lease, fmt.Sprint("hash ", i), 9); err != nil {
				t.Fatal(err)
			}
		}
		for hash, want := range map[string]bool{
			"hash 0": false, "hash 1": true, "hash 16": true, "another": false,
		} {
			if got, err := c.Claimed(t.Context(), "r"); slices.Contains(got, hash) != want || err != nil {
				t.Errorf("%s: %v, %v", hash, got, err)
			}
		}
		lease.Fence++
		if err := c.Claim(t.Context(), lease, "x", 9); !errors.Is(err, cluster.ErrNotOwner) {
			t.Errorf("with another fence: %v", err)
		}
	})
}

// TestDamagedRows shows that a row or a late update that was changed in Redis is noticed, and that
// a damaged room takes no snapshot.
func TestDamagedRows(t *testing.T) {
	s := redistest.Start(t)
	c := open(t, s.URL())
	lease := acquire(t, c, "r", "a").Lease
	appendRows(t, c, row(lease, 5, "a"))
	s.Do("XADD", "{civic}:journal:r", "*", "d", "\x01abcdwrong")
	_, err := c.Load(t.Context(), "r")
	if !errors.Is(err, persist.ErrCorrupt) {
		t.Errorf("%v", err)
	}
	s.Do("XTRIM", "{civic}:journal:r", "MAXLEN", "1")
	err = c.SaveSnapshot(t.Context(), lease, redis.FencedSnapshot{Incarnation: 5})
	if !errors.Is(err, persist.ErrCorrupt) {
		t.Errorf("a snapshot of a damaged room: %v", err)
	}
	s.Do("HSET", "{civic}:late:s", "hash", "0000000000000005d\x01abcdwrong")
	if _, err := c.Late(t.Context(), "s"); !errors.Is(err, persist.ErrCorrupt) {
		t.Errorf("a late update: %v", err)
	}
}

// TestNumbersOfTwo shows that rows that two calls append to a room at a time all get a place, and
// that their answers are these places.
func TestNumbersOfTwo(t *testing.T) {
	c := open(t, redistest.Start(t).URL())
	lease := acquire(t, c, "r", "a").Lease
	type answer struct {
		data string
		at   redis.Position
	}
	answers := make(chan answer, 1000)
	done := make(chan struct{})
	for w := range 4 {
		go func() {
			defer func() { done <- struct{}{} }()
			for i := range 50 {
				rows := make([]redis.FencedRow, 1+rand.IntN(3))
				for k := range rows {
					rows[k] = row(lease, 5, fmt.Sprint(w, " ", i, " ", k))
				}
				if err := c.Append(t.Context(), rows); err != nil {
					t.Error(err)
				}
				for _, r := range rows {
					answers <- answer{string(r.Data), r.At}
				}
			}
		}()
	}
	for range 4 {
		<-done
	}
	close(answers)
	state, _ := contents(t, c, "r")
	stored := map[string]redis.Position{}
	for _, r := range state.Rows {
		stored[string(r.Data)] = r.At
	}
	n := 0
	for a := range answers {
		n++
		if stored[a.data] != a.at {
			t.Errorf("%s is at %v, and was said to be at %v", a.data, stored[a.data], a.at)
		}
	}
	if n != len(state.Rows) {
		t.Errorf("%d rows, want %d", len(state.Rows), n)
	}
}
