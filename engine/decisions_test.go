package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// decisionStore is a memStore that keeps decisions.
type decisionStore struct {
	*memStore
	mu   sync.Mutex
	kept map[string]Decision
}

func (s *decisionStore) LoadDecisions(context.Context) (all []Decision, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.kept {
		all = append(all, d)
	}
	return all, s.failure
}

func (s *decisionStore) ChangeDecisions(_ context.Context, put, drop []Decision) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failure != nil {
		return s.failure
	}
	for _, d := range drop {
		delete(s.kept, d.Kind+" "+d.Subject)
	}
	for _, d := range put {
		s.kept[d.Kind+" "+d.Subject] = d
	}
	return nil
}

// inDecisionWorld runs f in a bubble, in a world whose store keeps decisions. restart drains the
// engine, and starts another one over the same store, which loads the decisions.
func inDecisionWorld(
	t *testing.T, cfg Config, f func(w *world, s *decisionStore, restart func()),
) {
	t.Helper()
	cfg.Compression = snapshot.Raw // as in newWorld
	inWorld(t, cfg, func(w *world) {
		s := &decisionStore{memStore: w.store, kept: map[string]Decision{}}
		restart := func() {
			w.drain()
			w.Engine = New(cfg, s, w.log)
			if err := w.LoadDecisions(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		restart()
		f(w, s, restart)
	})
}

func (w *world) ban(user string, d time.Duration) {
	w.t.Helper()
	if err := w.Ban(context.Background(), user, time.Now().Add(d), "for a while", "root"); err != nil {
		w.t.Fatal(err)
	}
}

// joinError returns why a user may not join a room; nil if they joined, and have left again.
func (w *world) joinError(room, user string) error {
	p, err := w.Join(context.Background(), roomkey.MustParse(room), new(memConn),
		protocol.YWebsocket{}, Identity{ID: user})
	if p != nil {
		p.Leave()
	}
	return err
}

// TestDecisionsOutliveRestart shows that locks and bans hold after a restart, until they are taken
// back or have ended.
func TestDecisionsOutliveRestart(t *testing.T) {
	inDecisionWorld(t, Config{}, func(w *world, s *decisionStore, restart func()) {
		w.Lock(roomkey.MustParse("r"), true)
		w.Lock(roomkey.MustParse("s"), true)
		w.Lock(roomkey.MustParse("s"), false)
		w.ban("ann", time.Hour)
		w.ban("bob", 2*time.Hour)
		w.ban("eve", time.Hour)
		if found, err := w.Unban(context.Background(), "eve", "root"); !found || err != nil {
			t.Errorf("%v, %v", found, err)
		}
		restart()
		a := w.joinSynced("r")
		if a.types(0, "x"); a.room.version != 0 {
			t.Error("the room is not locked any more")
		}
		if locks := w.Locks(); len(locks) != 1 || locks[0].Subject != "r" || locks[0].By != "ann" {
			t.Errorf("%+v", locks)
		}
		for user, want := range map[string]bool{"ann": true, "bob": true, "eve": false} {
			if err := w.joinError("s", user); (err != nil) != want {
				t.Errorf("%s: %v", user, err)
			}
		}
		pass(90 * time.Minute)
		restart()
		if _, kept := s.kept["ban ann"]; kept || len(s.kept) != 2 {
			t.Errorf("the store keeps %+v", s.kept)
		}
		if bans := w.Bans(); len(bans) != 1 || bans[0].Subject != "bob" || w.joinError("s", "ann") != nil {
			t.Errorf("%+v, %v", bans, w.joinError("s", "ann"))
		}
	})
}

// TestBan shows that a banned user is kept out of every room with a reason, a time and a code after
// which clients do not come back by themselves; that a later ban replaces the first; and that bans
// that have ended are dropped from the store with the next one.
func TestBan(t *testing.T) {
	inDecisionWorld(t, Config{}, func(w *world, s *decisionStore, _ func()) {
		w.ban("ann", time.Hour)
		var why *CloseError
		if err := w.joinError("r", "ann"); !errors.As(err, &why) || why.Code != CloseForbidden ||
			why.ErrorCode != protocol.CodeKicked || !strings.Contains(why.Reason, "for a while") ||
			!strings.Contains(why.Reason, time.Now().Add(time.Hour).UTC().Format("15:04 UTC")) {
			t.Errorf("%+v", why)
		}
		if w.joinError("r", "") != nil || w.joinError("r", "bob") != nil {
			t.Error("somebody else is kept out")
		}
		w.ban("ann", time.Minute)
		pass(time.Minute)
		if err := w.joinError("r", "ann"); err != nil {
			t.Errorf("after the end: %v", err)
		}
		if found, err := w.Unban(context.Background(), "ann", ""); found || err != nil {
			t.Errorf("a ban that has ended was lifted: %v", err)
		}
		w.ban("bob", time.Hour)
		if len(s.kept) != 1 || len(w.decisions.bans) != 1 {
			t.Errorf("%d bans are stored, %d in memory", len(s.kept), len(w.decisions.bans))
		}
	})
}

// TestBadBans shows which bans are refused.
func TestBadBans(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		soon := time.Now().Add(time.Minute)
		for _, tt := range []struct {
			user   string
			until  time.Time
			reason string
			want   error
		}{
			{"", soon, "", ErrUser}, {strings.Repeat("u", 256), soon, "", ErrUser},
			{"a\nb", soon, "", ErrUser}, {"\xff", soon, "", ErrUser},
			{"ann", time.Now(), "", ErrUntil}, {"ann", time.Time{}, "", ErrUntil},
			{"ann", soon, strings.Repeat("x", 101), ErrReason}, {"ann", soon, "two\nlines", ErrReason},
		} {
			err := w.Ban(context.Background(), tt.user, tt.until, tt.reason, "")
			if !errors.Is(err, tt.want) {
				t.Errorf("%.20q until %v, %.20q: %v", tt.user, tt.until, tt.reason, err)
			}
		}
		if len(w.Bans()) > 0 {
			t.Errorf("%v", w.Bans())
		}
	})
}

// TestTooManyDecisions shows the limits on locks and bans, that they are counted, and that what is
// taken back, or has ended, does not count.
func TestTooManyDecisions(t *testing.T) {
	inWorld(t, Config{Locks: 2, Bans: 2}, func(w *world) {
		ctx := context.Background()
		lock := func(room string, locked bool) error {
			return w.Engine.Lock(ctx, roomkey.MustParse(room), locked, "")
		}
		for i, want := range []error{nil, nil, ErrTooManyLocks} {
			if err := lock(fmt.Sprint("room ", i), true); !errors.Is(err, want) {
				t.Errorf("lock %d: %v", i, err)
			}
		}
		if err := errors.Join(lock("room 1", true), lock("room 0", false), lock("room 2", true)); err != nil {
			t.Error(err)
		}
		ban := func(user string, d time.Duration) error {
			return w.Ban(ctx, user, time.Now().Add(d), "", "")
		}
		for i, want := range []error{nil, nil, ErrTooManyBans} {
			if err := ban(fmt.Sprint("user ", i), time.Duration(i+1)*time.Hour); !errors.Is(err, want) {
				t.Errorf("ban %d: %v", i, err)
			}
		}
		if err := ban("user 1", time.Hour); err != nil {
			t.Errorf("again: %v", err)
		}
		pass(time.Hour)
		if err := ban("user 2", time.Hour); err != nil {
			t.Errorf("after one has ended: %v", err)
		}
		if w.metrics.tooManyLocks.Get() != 1 || w.metrics.tooManyBans.Get() != 1 {
			t.Error("the refusals are not counted")
		}
		metrics := new(logBuffer)
		w.WriteMetrics(metrics)
		for _, line := range []string{"realtime_locked_rooms 2\n", "realtime_banned_users 1\n"} {
			if !strings.Contains(metrics.String(), line) {
				t.Errorf("the metrics lack %q", line)
			}
		}
	})
}

// TestDecisionsThatCannotBeStored shows that neither a lock nor a ban holds that is not durable,
// and that what is taken back holds until that is.
func TestDecisionsThatCannotBeStored(t *testing.T) {
	inDecisionWorld(t, Config{}, func(w *world, s *decisionStore, _ func()) {
		ctx, r := context.Background(), roomkey.MustParse("r")
		w.Lock(r, true)
		w.ban("ann", time.Hour)
		s.fail(errStore)
		err := w.Engine.Lock(ctx, r, false, "")
		_, unban := w.Unban(ctx, "ann", "")
		if !errors.Is(err, errStore) || !errors.Is(unban, errStore) {
			t.Errorf("%v, %v", err, unban)
		}
		if !w.isLocked(r) || w.Banned("ann") == nil {
			t.Error("it was taken back, and is stored")
		}
		err = w.Engine.Lock(ctx, roomkey.MustParse("s"), true, "")
		ban := w.Ban(ctx, "bob", time.Now().Add(time.Hour), "", "")
		if !errors.Is(err, errStore) || !errors.Is(ban, errStore) {
			t.Errorf("%v, %v", err, ban)
		}
		if w.isLocked(roomkey.MustParse("s")) || w.Banned("bob") != nil {
			t.Error("it holds, and is not stored")
		}
		s.fail(nil)
	})
}

// TestLockWhileLoading shows that a room that was being loaded when it was locked is locked when it
// is loaded, also if the caller did not wait.
func TestLockWhileLoading(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		w.store.loading.close()
		joined := make(chan *client, 1)
		go func() { joined <- w.join("r") }()
		settle()
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		err := w.Engine.Lock(ctx, roomkey.MustParse("r"), true, "")
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		w.store.loading.open()
		if a := <-joined; !a.room.locked {
			t.Error("it is not locked")
		}
	})
}

// TestNotices shows that a notice reaches the peers of a room, or of all rooms, whose protocol has
// a form for it, and which notices are refused.
func TestNotices(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		ctx := context.Background()
		a, b, other := w.joinJSON("r", ann), w.joinJSON("r", bob), w.joinJSON("s", bob)
		y := w.joinSynced("r")
		pass(time.Second)
		for _, c := range []*native{a, b, other} {
			c.conn.take()
		}
		n, err := w.Notice(ctx, a.Room(), protocol.Warning, "soon", "root")
		if n != 2 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if n, err = w.NoticeAll(protocol.Info, "now", "root"); n != 3 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		settle()
		for c, want := range map[*native]string{a: "[soon now]", b: "[soon now]", other: "[now]"} {
			if got := fmt.Sprint(c.notices()); got != want {
				t.Errorf("%s was sent %s, want %s", c.User(), got, want)
			}
		}
		y.wantMessages("y-websocket has no notices")
		_, err = w.Notice(ctx, roomkey.MustParse("nowhere"), protocol.Info, "x", "")
		if !errors.Is(err, ErrNoRoom) {
			t.Errorf("not loaded: %v", err)
		}
		for _, bad := range [][2]string{
			{"fatal", "x"}, {"", "x"}, {protocol.Info, ""}, {protocol.Info, " "}, {protocol.Info, "a\nb"},
			{protocol.Info, "\xff"}, {protocol.Info, strings.Repeat("x", MaxNotice+1)},
		} {
			_, one := w.Notice(ctx, a.Room(), bad[0], bad[1], "")
			_, all := w.NoticeAll(bad[0], bad[1], "")
			if !errors.Is(one, ErrNotice) || !errors.Is(all, ErrNotice) {
				t.Errorf("%q: %v, %v", bad, one, all)
			}
		}
	})
}

// TestDisconnectPeer shows that one peer is closed with the reason and a code after which its
// client comes back, and no other.
func TestDisconnectPeer(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		for id, want := range map[uint64]bool{a.ID(): true, 1 << 40: false} {
			found, err := w.Disconnect(context.Background(), a.Room(), id, "come back")
			if found != want || err != nil {
				t.Errorf("%d: %v, %v", id, found, err)
			}
		}
		settle()
		if a.conn.closed() != CloseUnavailable || b.conn.closed() != 0 {
			t.Errorf("closed with %d and %d", a.conn.closed(), b.conn.closed())
		}
		_, err := w.Disconnect(context.Background(), a.Room(), b.ID(), strings.Repeat("x", 101))
		if !errors.Is(err, ErrReason) {
			t.Errorf("%v", err)
		}
	})
}

// TestEngineEvents shows which events an engine publishes, with room, user and administrator, and
// that none has the text of a document.
func TestEngineEvents(t *testing.T) {
	hub := new(events.Hub)
	cfg := Config{Events: hub, SnapshotUpdates: 1, SnapshotMinInterval: time.Second, QueueBytes: 100, AwarenessBytes: 50}
	watch := hub.Subscribe(100)
	inWorld(t, cfg, func(w *world) {
		ctx, r := context.Background(), roomkey.MustParse("r")
		want := func(kind events.Kind, is func(e events.Event) bool) {
			t.Helper()
			settle()
			for len(watch.C) > 0 {
				if e := <-watch.C; e.Kind == kind && is(e) {
					return
				}
			}
			t.Errorf("no event %v", kind)
		}
		ofRoot := func(e events.Event) bool { return e.By == "root" && e.Room == "r" }
		failed := func(what string) func(events.Event) bool {
			return func(e events.Event) bool {
				return e.Subject == what && e.Reason != "" && !strings.Contains(e.Reason, "secret")
			}
		}
		a := w.joinSynced("r")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Error(err)
			}
		}
		must(w.Engine.Lock(ctx, r, true, "root"))
		want(events.Locked, ofRoot)
		must(w.Engine.Lock(ctx, r, false, "root"))
		want(events.Unlocked, ofRoot)
		_, err := w.Notice(ctx, r, protocol.Info, "x", "root")
		must(err)
		want(events.Noticed, ofRoot)
		_, err = w.Snapshot(ctx, r, "root")
		must(err)
		want(events.Saved, ofRoot)
		must(w.Ban(ctx, "bob", time.Now().Add(time.Hour), "why", "root"))
		want(events.Banned, func(e events.Event) bool { return e.User == "bob" && e.Reason == "why" && !e.Until.IsZero() })
		_, err = w.Unban(ctx, "bob", "root")
		must(err)
		want(events.Unbanned, func(e events.Event) bool { return e.User == "bob" && e.By == "root" })
		w.store.failAppend(errStore)
		a.types(0, "secret")
		pass(time.Second)
		want(events.Failed, failed(events.FailedCommit))
		w.store.failAppend(nil)
		pass(10 * time.Second)
		w.store.fail(errStore)
		a.types(6, "secret")
		pass(time.Minute)
		want(events.Failed, failed(events.FailedCommit))
		_ = w.joinError("cannot be loaded", "ann")
		want(events.Failed, failed(events.FailedLoad))
		w.store.fail(nil)
		pass(time.Minute)
		w.store.saving.close()
		a.types(12, "secret")
		pass(time.Minute)
		want(events.Failed, failed(events.FailedSnapshot))
		w.store.saving.open()
		a.sends(protocol.Awareness, awarenessUpdate(yjs.AwarenessEntry{Client: 7, Clock: 1, State: []byte(`{"s":"` + strings.Repeat("s", 100) + `"}`)}))
		want(events.Limited, func(e events.Event) bool { return e.Subject == "presence" && e.Room == "r" })
		a.conn.reading.close()
		b := w.joinSynced("r")
		b.types(0, strings.Repeat("secret", 50))
		b.types(300, strings.Repeat("secret", 50))
		pass(time.Second)
		b.types(600, strings.Repeat("secret", 50))
		pass(time.Second)
		want(events.Limited, func(e events.Event) bool { return e.Subject == "queue" && e.Room == "r" })
		a.conn.reading.open()
		n, err := w.Kick(ctx, r, b.presence.UserID(), "root")
		if must(err); n != 1 {
			t.Errorf("%d kicked", n)
		}
		want(events.Kicked, func(e events.Event) bool { return ofRoot(e) && e.Count == 1 })
		b.Leave()
		a.Leave()
		must(w.Evict(ctx, r, "root"))
		want(events.Evicted, ofRoot)
		c := w.joinSynced("s")
		c.room.crash("secret")
		want(events.Failed, failed(events.FailedRoom))
	})
}
