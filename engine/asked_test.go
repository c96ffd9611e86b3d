package engine

import (
	"context"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// wantKept compares what was kept since the last call.
func (l *listener) wantKept(t *testing.T, want ...string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.kept) != len(want) {
		t.Errorf("kept %q, want %q", l.kept, want)
	}
	for i := range min(len(want), len(l.kept)) {
		if l.kept[i] != want[i] {
			t.Errorf("kept %q, want %q", l.kept, want)
		}
	}
	l.kept = nil
}

// wantBecame compares what the engine says about the last call of Begin.
func (w *world) wantBecame(l *listener, want string, wantOver bool) {
	w.t.Helper()
	l.mu.Lock()
	n := l.begun
	l.mu.Unlock()
	all, over, err := w.Became(context.Background(), n)
	got := ""
	for _, n := range all {
		got += lineOf(n)
	}
	if got != want || over != wantOver || err != nil {
		w.t.Errorf("became %q, %v, %v, want %q, %v", got, over, err, want, wantOver)
	}
}

// TestDeletionsAreAnnounced shows that a deletion is kept before it is made, and announced when it
// is durable, again with the same time if it is asked for again; and that after a crash the stored
// document tells whether it was made.
func TestDeletionsAreAnnounced(t *testing.T) {
	cfg, l := announced()
	inDeletable(t, cfg, func(w *world, _ *deletable, restart func()) {
		ctx := context.Background()
		if err := w.Delete(ctx, note, Author{ID: "eve"}); err != ErrNoRoom {
			t.Fatal(err)
		}
		l.wantKept(t, "deleted notes/a 0 eve")
		l.want(t, " nothing 0")
		w.wantBecame(l, "", false)
		pass(becomesWithin + time.Second)
		w.wantBecame(l, "", true)
		a := w.joinAs("notes/a", "1")
		a.types(0, "x")
		pass(time.Second)
		w.mustDelete()
		l.wantKept(t, "deleted notes/a 0 ann")
		l.want(t, "created notes/a 1 1, changed notes/a 1 1, deleted notes/a 0 ann")
		a.Leave()
		restart()
		w.wantBecame(l, "deleted notes/a 0 ann", true)
		pass(time.Hour)
		if err := w.Delete(ctx, note, Author{ID: "eve"}); err != nil {
			t.Fatal(err)
		}
		l.want(t, "deleted notes/a 0 ann")
		w.wantBecame(l, "deleted notes/a 0 ann", true)
		times := l.times[len(l.times)-2:]
		if !times[0].Equal(times[1]) {
			t.Errorf("announced with %v", times)
		}
	})
}

// TestVersionsAreAnnounced shows that a version that somebody asks for is kept before it is made,
// and announced after that with its id; that versions that the server keeps are not; and that after
// a crash the stored versions tell whether it was made.
func TestVersionsAreAnnounced(t *testing.T) {
	cfg, l := announced()
	inDeletable(t, cfg, func(w *world, _ *deletable, restart func()) {
		ctx, key := context.Background(), roomkey.MustParse("notes/a")
		a := w.joinAs("notes/a", "1")
		a.types(0, "x")
		pass(time.Minute)
		l.take()
		if _, err := w.EnsureVersion(ctx, key, "before something", agent, 0); err != nil {
			t.Fatal(err)
		}
		l.wantKept(t)
		v, err := w.CreateVersion(ctx, key, "the first", agent)
		if err != nil || v.ID != 2 {
			t.Fatal(v, err)
		}
		l.wantKept(t, "version notes/a 0 botA bot")
		l.want(t, "version notes/a 2 botA bot")
		a.Leave()
		restart()
		l.take()
		w.wantBecame(l, "version notes/a 2 botA bot", true)
		l.begun.Time = v.Kept.Add(time.Millisecond)
		w.wantBecame(l, "", false)
		l.begun.Time, l.begun.Writers = v.Kept, nil
		w.wantBecame(l, "", false)
	})
}
