package engine

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist"
)

// agent is the user of tests, who acts for another one.
var agent = Author{ID: "bot", Name: "A bot", OnBehalfOf: "ann"}

// inRetention runs f with an engine over a store in memory with options about versions, in a
// bubble.
func inRetention(t *testing.T, keep persist.Retention, f func(w *world, st *archive)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		st := &archive{Memory: persist.NewMemoryWith(keep)}
		out := new(logBuffer)
		log := slog.New(slog.NewTextHandler(out, nil))
		cfg := Config{Compression: snapshot.Raw, Events: new(events.Hub), Grace: time.Second}
		w := &world{New(cfg, st, log), t, nil, out}
		f(w, st)
		w.drain()
	})
}

// TestCreateVersion shows that the present document becomes a version with a name, whether its room
// is loaded or not, that the room is not loaded for that, and that an event says so.
func TestCreateVersion(t *testing.T) {
	inRetention(t, persist.Retention{}, func(w *world, st *archive) {
		watch := w.cfg().Events.Subscribe(16)
		defer watch.Close()
		ctx, key := context.Background(), roomkey.MustParse("notes/a")
		if _, err := w.CreateVersion(ctx, key, "x", agent); !errors.Is(err, ErrNoRoom) {
			t.Errorf("of a room that is not there: %v", err)
		}
		peer := w.joinSynced("notes/a")
		peer.types(0, "one")
		pass(time.Second)
		first, err := w.CreateVersion(ctx, key, "the first", agent)
		if err != nil {
			t.Fatal(err)
		}
		peer.Leave()
		pass(time.Hour)
		second, err := w.CreateVersion(ctx, key, "", Author{})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(w.Rooms()); n != 0 {
			t.Errorf("%d rooms are loaded", n)
		}
		all, err := w.Versions(ctx, key)
		if err != nil || len(all) != 2 || all[1].ID != second.ID {
			t.Fatalf("%+v, %v", all, err)
		}
		v := all[0]
		if v.ID != first.ID || v.Name != "the first" || v.Why != byHand || v.By != "bot" ||
			v.ByName != "A bot" || v.For != "ann" || v.Size != first.Size {
			t.Errorf("%+v", v)
		}
		for _, v := range all {
			if got := w.textOf("notes/a", v.ID); got != "one" {
				t.Errorf("version %d: %q", v.ID, got)
			}
		}
		var kept []uint64
		for len(watch.C) > 0 {
			if e := <-watch.C; e.Kind == events.VersionCreated && e.Room == "notes/a" {
				kept = append(kept, e.Version)
			}
		}
		if len(kept) != 2 || kept[0] != first.ID || kept[1] != second.ID {
			t.Errorf("events about %d", kept)
		}
	})
}

// TestEditVersions shows that versions are renamed and deleted, and the errors.
func TestEditVersions(t *testing.T) {
	inRetention(t, persist.Retention{Named: 1}, func(w *world, st *archive) {
		ctx, key := context.Background(), roomkey.MustParse("notes/a")
		peer := w.joinSynced("notes/a")
		peer.types(0, "one")
		pass(time.Second)
		v, err := w.CreateVersion(ctx, key, "a", agent)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.RenameVersion(ctx, key, v.ID, "b"); err != nil {
			t.Error(err)
		}
		if all, err := w.Versions(ctx, key); err != nil || all[0].Name != "b" || all[0].By != "bot" {
			t.Errorf("%+v, %v", all, err)
		}
		if _, err := w.CreateVersion(ctx, key, "c", agent); !errors.Is(err, ErrTooManyVersions) {
			t.Errorf("too many: %v", err)
		}
		for _, name := range []string{strings.Repeat("n", 256), "\xff", "two\nlines"} {
			if _, err := w.CreateVersion(ctx, key, name, agent); !errors.Is(err, ErrVersionName) {
				t.Errorf("%.10q: %v", name, err)
			}
			if err := w.RenameVersion(ctx, key, v.ID, name); !errors.Is(err, ErrVersionName) {
				t.Errorf("renamed to %.10q: %v", name, err)
			}
		}
		for _, err := range []error{
			w.RenameVersion(ctx, key, 9, "x"), w.DeleteVersion(ctx, key, 9),
			w.DeleteVersion(ctx, roomkey.MustParse("notes/none"), 1),
		} {
			if !errors.Is(err, ErrNoVersion) {
				t.Errorf("a version that is not there: %v", err)
			}
		}
		if err := w.DeleteVersion(ctx, key, v.ID); err != nil {
			t.Error(err)
		}
		if all, err := w.Versions(ctx, key); err != nil || len(all) != 0 {
			t.Errorf("%+v, %v", all, err)
		}
		if n := w.metrics.namedRefused.Get(); n != 1 {
			t.Errorf("%d names were refused", n)
		}
	})
}

// TestTextsOfUsersAreCut shows that a user with a very long name has versions kept all the same.
func TestTextsOfUsersAreCut(t *testing.T) {
	inRetention(t, persist.Retention{}, func(w *world, st *archive) {
		peer := w.joinSynced("notes/a")
		peer.types(0, "one")
		pass(time.Second)
		by := Author{ID: strings.Repeat("ö", 128), Name: "\xff" + strings.Repeat("x", 300)}
		v, err := w.CreateVersion(context.Background(), roomkey.MustParse("notes/a"), "", by)
		if err != nil || v.By != strings.Repeat("ö", 127) || len(v.ByName) != 255 {
			t.Errorf("%+v, %v", v, err)
		}
	})
}

// TestEnsureVersion shows that the document before an agent's edits is kept once within a time, and
// not if the newest version has it already.
func TestEnsureVersion(t *testing.T) {
	inRetention(t, persist.Retention{}, func(w *world, st *archive) {
		ctx, key := context.Background(), roomkey.MustParse("notes/a")
		peer := w.joinSynced("notes/a")
		at := uint64(0)
		edit := func() {
			peer.types(at, "x")
			at++
			pass(time.Second)
		}
		ensure := func(want uint64) {
			t.Helper()
			v, err := w.EnsureVersion(ctx, key, "before an agent", agent, 10*time.Minute)
			if err != nil || v.ID != want || v.Why == "" {
				t.Errorf("%+v, %v, want version %d", v, err, want)
			}
		}
		edit()
		ensure(1)
		edit()
		ensure(1) // within the time
		pass(10 * time.Minute)
		ensure(2)
		pass(10 * time.Minute)
		ensure(2) // of the same document
		edit()
		if _, err := w.CreateVersion(ctx, key, "named", agent); err != nil {
			t.Fatal(err)
		}
		ensure(3)
		edit()
		ensure(4)
		if got := w.textOf("notes/a", 4); got != "xxxx" {
			t.Errorf("%q", got)
		}
	})
}

// TestRestoredFrom shows that the version before a restoration says which version was restored, and
// by whom.
func TestRestoredFrom(t *testing.T) {
	inRetention(t, persist.Retention{}, func(w *world, st *archive) {
		ctx, key := context.Background(), roomkey.MustParse("notes/a")
		peer := w.joinSynced("notes/a")
		peer.types(0, "one")
		pass(time.Second)
		v, err := w.CreateVersion(ctx, key, "then", agent)
		if err != nil {
			t.Fatal(err)
		}
		peer.types(3, " two")
		pass(time.Second)
		kept, err := w.RestoreVersion(ctx, key, v.ID, agent)
		if err != nil {
			t.Fatal(err)
		}
		all, err := w.Versions(ctx, key)
		if err != nil || len(all) != 2 {
			t.Fatalf("%+v, %v", all, err)
		}
		b := all[1]
		if b.ID != kept || b.RestoredFrom != v.ID || b.By != "bot" || b.For != "ann" || b.Why != beforeRestore {
			t.Errorf("%+v", b)
		}
	})
}

// TestVersionsAge shows that versions without a name go when they are too old, also where no room
// expires, while all rooms are idle, and that none goes when the clock has jumped.
func TestVersionsAge(t *testing.T) {
	for _, jump := range []time.Duration{0, 100 * time.Hour} {
		inRetention(t, persist.Retention{MaxAge: 24 * time.Hour}, func(w *world, st *archive) {
			ctx, key := context.Background(), roomkey.MustParse("notes/a")
			peer := w.joinSynced("notes/a")
			peer.types(0, "one")
			pass(time.Second)
			for _, name := range []string{"named", ""} {
				if _, err := w.CreateVersion(ctx, key, name, agent); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Wait() // the saver, which owns the clock, is idle, and woken by Leave
			w.saver.expirer.clock.wall = func(now time.Time) time.Time { return now.Round(0).Add(jump) }
			peer.Leave()
			pass(time.Minute)
			check := func(want int) {
				t.Helper()
				if all, err := w.Versions(ctx, key); err != nil || len(all) != want || all[0].Name != "named" {
					t.Errorf("%+v, %v, want %d", all, err, want)
				}
			}
			pass(23 * time.Hour)
			check(2)
			if pass(2 * time.Hour); jump > 0 {
				return // after a day the clock counts
			}
			check(1)
			if n := w.metrics.versionsAged.Get(); n != 1 || len(w.Rooms()) != 0 {
				t.Errorf("%d versions are counted, %d rooms are loaded", n, len(w.Rooms()))
			}
		})
	}
}

// TestNamedVersionsKeepRecords shows that the room of a record does not expire while it has a
// version with a name, as that would go with the room.
func TestNamedVersionsKeepRecords(t *testing.T) {
	for _, name := range []string{"", "before the meeting"} {
		inRecordWorld(t, Config{Grace: time.Minute}, "text", func(w *recordWorld) {
			a := w.opens("ann")
			key := roomkey.MustParse("r")
			if _, err := w.CreateVersion(context.Background(), key, name, agent); err != nil {
				t.Fatal(err)
			}
			a.Leave()
			pass(2 * time.Minute)
			if got := w.archive.expiry("r").IsZero(); got != (name != "") {
				t.Errorf("named %q: stays %v", name, got)
			}
			if name != "" {
				return
			}
			if _, err := w.CreateVersion(context.Background(), key, "later", agent); err != nil {
				t.Fatal(err)
			}
			if !w.archive.expiry("r").IsZero() {
				t.Error("a version with a name has not taken the expiry back")
			}
		})
	}
}

// vanishing is a store in which something happens before a version is read, or kept.
type vanishing struct {
	*persist.Memory
	beforeRead func(id uint64)
	beforeKeep func()
}

func (s *vanishing) Version(ctx context.Context, room string, id uint64) ([]byte, error) {
	if s.beforeRead != nil {
		s.beforeRead(id)
	}
	return s.Memory.Version(ctx, room, id)
}

func (s *vanishing) KeepVersion(ctx context.Context, room string, v Version, blob []byte) (uint64, error) {
	if s.beforeKeep != nil {
		s.beforeKeep()
	}
	return s.Memory.KeepVersion(ctx, room, v, blob)
}

// inVanishing runs f with an engine over a vanishing in a bubble.
func inVanishing(t *testing.T, f func(w *world, st *vanishing)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		st := &vanishing{Memory: persist.NewMemory()}
		out := new(logBuffer)
		w := &world{New(Config{Events: new(events.Hub), Compression: snapshot.Raw}, st, slog.New(slog.NewTextHandler(out, nil))), t, nil, out}
		f(w, st)
		w.drain()
	})
}

// TestVersionGoesWhileRead shows that a version that is deleted between its listing and its
// reading, as it became too old, is one that is not there.
func TestVersionGoesWhileRead(t *testing.T) {
	inVanishing(t, func(w *world, st *vanishing) {
		ctx := context.Background()
		w.joinSynced("notes/a").types(0, "one")
		pass(time.Second)
		for name, read := range map[string]func(id uint64) error{
			"read":    func(id uint64) error { return second(w.ReadVersion(ctx, note, id)) },
			"restore": func(id uint64) error { return second(w.RestoreVersion(ctx, note, id, agent)) },
			"compare": func(id uint64) error { return second(w.compareVersions(note, id, 0)) },
		} {
			v, err := w.CreateVersion(ctx, note, "", agent)
			if err != nil {
				t.Fatal(err)
			}
			st.beforeRead = func(id uint64) { _ = st.DeleteVersion(ctx, "notes/a", id) }
			if err := read(v.ID); !errors.Is(err, ErrNoVersion) {
				t.Errorf("%s: %v", name, err)
			}
			st.beforeRead = nil
		}
	})
}

// TestKeptWhileDeletedElsewhere shows that no version stays of a document that another node deletes
// while this one keeps one.
func TestKeptWhileDeletedElsewhere(t *testing.T) {
	inVanishing(t, func(w *world, st *vanishing) {
		ctx := context.Background()
		a := w.joinSynced("notes/a")
		a.types(0, "one")
		pass(time.Second)
		a.Leave()
		pass(time.Hour)
		other := New(Config{Compression: snapshot.Raw}, st.Memory, slog.New(slog.DiscardHandler))
		watch := w.cfg().Events.Subscribe(16)
		defer watch.Close()
		st.beforeKeep = func() {
			if err := other.Delete(ctx, note, agent); err != nil {
				t.Error(err)
			}
		}
		if _, err := w.CreateVersion(ctx, note, "named", agent); !errors.Is(err, ErrDeleted) {
			t.Errorf("%v", err)
		}
		if all, err := w.Versions(ctx, note); err != nil || len(all) > 0 {
			t.Errorf("%+v, %v", all, err)
		}
		if n := len(watch.C); n > 0 {
			t.Errorf("%d events", n)
		}
		if err := other.Drain(ctx); err != nil {
			t.Error(err)
		}
	})
}

// TestAutomaticVersions shows that versions are kept by themselves at intervals of a document that
// is edited for hours without a pause, also of one that is closed before the interval is over, and
// that none is kept when nothing is changed.
func TestAutomaticVersions(t *testing.T) {
	keep := persist.Retention{Versions: 100, VersionInterval: 10 * time.Minute}
	inRetention(t, keep, func(w *world, st *archive) {
		ctx := context.Background()
		began := time.Now()
		peer, clock := w.joinSynced("notes/a"), uint64(0)
		write := func(n int) {
			for range n {
				peer.sends(protocol.Update, typed(70, clock, "x"))
				clock++
				pass(time.Second)
			}
		}
		mustBe := func(least, most int) (all []Version) {
			t.Helper()
			all, err := w.Versions(ctx, note)
			if err != nil || len(all) < least || len(all) > most {
				t.Errorf("%d versions after %v, want %d to %d: %v", len(all), time.Since(began), least, most, err)
			}
			return all
		}
		write(3 * 60 * 60)
		all := mustBe(17, 23)
		for i, v := range all {
			if v.Why != persist.Automatic || i > 0 && v.Time.Sub(all[i-1].Time) > 13*time.Minute {
				t.Errorf("%+v, after %v", v, v.Time.Sub(all[max(i, 1)-1].Time))
			}
		}
		if last := all[len(all)-1]; time.Since(last.Time) > 13*time.Minute {
			t.Errorf("the newest is %v old", time.Since(last.Time))
		}
		n := len(all)
		for range 10 { // somebody comes and goes, and writes nothing
			pass(20 * time.Minute)
			peer.Leave()
			pass(20 * time.Minute)
			peer = w.joinSynced("notes/a")
		}
		mustBe(n, n)
		write(3) // closed before the interval is over
		peer.Leave()
		pass(20 * time.Minute)
		if all = mustBe(n+1, n+1); len(all) != n+1 {
			return
		}
		if got := w.textOf("notes/a", all[n].ID); len(got) != 3*60*60 {
			t.Errorf("%d characters", len(got))
		}
		peer = w.joinSynced("notes/a")
		write(1)
		peer.Leave()
		pass(time.Minute)
		if all = mustBe(n+2, n+2); len(all) != n+2 {
			return
		}
		if got := w.textOf("notes/a", all[n+1].ID); len(got) != 3*60*60+3 {
			t.Errorf("%d characters", len(got))
		}
	})
}
