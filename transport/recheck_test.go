package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// scriptedAuth is an Authenticator whose answers change, and are as of the time that the test says.
type scriptedAuth struct {
	mu      sync.Mutex
	started time.Time
	asked   time.Duration // since then; what answers are as of
	session auth.Session
	err     error
	calls   []string // tokens and rooms
	doubts  []string
	gate    chan struct{} // answers wait for it; nil: they do not
	inside  int
	most    int // that were inside at a time
}

func (r *scriptedAuth) Admit(ctx context.Context, token string, room roomkey.Key) (auth.Session, error) {
	r.mu.Lock()
	r.calls = append(r.calls, token+" "+room.String())
	r.inside++
	r.most = max(r.most, r.inside)
	gate := r.gate
	s, err := r.session, r.err
	if !s.Checked.IsZero() {
		s.Checked = r.started.Add(r.asked)
	}
	r.mu.Unlock()
	if token == "bomb" && gate != nil {
		panic("boom")
	}
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inside--
	return s, err
}

func (r *scriptedAuth) Invalidate(token string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.doubts = append(r.doubts, token)
}

// set changes the answers.
func (r *scriptedAuth) set(f func(*scriptedAuth)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(r)
}

func (r *scriptedAuth) asks() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.calls)
}

var clerk = auth.Session{Identity: engine.Identity{ID: "u1", Name: "Ann"}, Roles: []string{"clerk"}, Checked: time.Unix(1, 0)}

func withScriptedAuth(t *testing.T, cfg Config) (*world, *scriptedAuth) {
	t.Helper()
	r := &scriptedAuth{session: clerk}
	w := newWorld(t, with(cfg), withAuth(r))
	r.set(func(r *scriptedAuth) { r.started = w.started })
	return w, r
}

// outcomes is how often a recheck has ended so.
func (w *world) outcomes(v recheckResult) uint64 { return w.counters.rechecks[v].Get() }

// rechecksWait waits until n connections are in their rooms, with sessions that are checked again.
func (w *world) rechecksWait(n int) {
	w.t.Helper()
	w.until("they are in", func() bool {
		in := 0
		for slot := range sweepSlots {
			w.conns.each(slot, func(c *conn) {
				if c.session.tokenOf("") != "" {
					in++
				}
			})
		}
		return in == n
	})
	w.settle()
}

func closing(code engine.CloseCode, reason string) error {
	return &engine.CloseError{Code: code, Reason: reason}
}

// TestRecheck shows what becomes of a connection when its session is found to be
// another than it was, in the form of each protocol.
func TestRecheck(t *testing.T) {
	for _, test := range []struct {
		name   string
		cfg    Config
		change func(*scriptedAuth)
		result recheckResult
		code   engine.CloseCode // 0: it stays
		reason string
		gets   string // of the native client: the last message before the close
		denied bool   // writing is
	}{
		{name: "nothing", change: func(*scriptedAuth) {}, result: valid},
		{name: "logged out", change: func(r *scriptedAuth) { r.session, r.err = auth.Session{}, closing(engine.CloseAuthFailed, "unknown") },
			result: invalid, code: engine.CloseAuthFailed, reason: "session expired or revoked", gets: protocol.CodeSessionRevoked},
		{name: "no right to the record any more", change: func(r *scriptedAuth) { r.err = closing(engine.CloseForbidden, "not yours") },
			result: invalid, code: engine.CloseForbidden, reason: "not yours", gets: protocol.CodePermissionDenied},
		{name: "record gone", change: func(r *scriptedAuth) { r.err = closing(engine.CloseRoomNotFound, "no such record") },
			result: invalid, code: engine.CloseRoomNotFound, reason: "no such record", gets: protocol.CodeRoomNotFound},
		{name: "demoted", change: func(r *scriptedAuth) { r.session.ReadOnly = true }, result: valid, denied: true},
		{name: "demoted, where viewers are rejected", cfg: Config{NoViewers: true}, change: func(r *scriptedAuth) { r.session.ReadOnly = true },
			result: invalid, code: engine.CloseForbidden, reason: "no permission to edit this record", gets: protocol.CodePermissionDenied},
		{name: "another role", cfg: Config{Roles: []string{"clerk"}}, change: func(r *scriptedAuth) { r.session.Roles = []string{"public"} },
			result: invalid, code: engine.CloseForbidden, reason: "no role that may take part", gets: protocol.CodePermissionDenied},
		{name: "another user", change: func(r *scriptedAuth) { r.session.ID = "u2" },
			result: invalid, code: engine.CloseAuthFailed, reason: "session expired or revoked", gets: protocol.CodeSessionRevoked},
		{name: "nobody answers", change: func(r *scriptedAuth) {
			r.session, r.err = auth.Session{}, closing(engine.CloseUnavailable, "try again")
		}, result: unchecked},
		{name: "failure of ours", change: func(r *scriptedAuth) { r.session, r.err = auth.Session{}, errors.New("oops") }, result: unchecked},
		{name: "demoted, and the record cannot be had", change: func(r *scriptedAuth) { r.session.ReadOnly, r.err = true, closing(engine.CloseUnavailable, "try again") },
			result: unchecked, denied: true},
	} {
		for _, native := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, native %v", test.name, native), func(t *testing.T) {
				w, r := withScriptedAuth(t, test.cfg)
				var c *client
				if native {
					c = dial(t, w, "/realtime/records/a?token=hush", jsonProtocol)
					c.reads("room_state")
				} else {
					c = dial(t, w, "/realtime/records/a?token=hush")
					c.receive(protocol.SyncRequest)
				}
				w.rechecksWait(1)
				defer w.mustNotLog("hush")
				r.set(test.change)
				r.set(func(r *scriptedAuth) { r.asked = 45 * time.Second })
				w.advance(45*time.Second - 1)
				if r.asks() != 1 {
					t.Error("it is checked too early")
				}
				w.advance(45 * time.Second)
				w.until("it is checked", func() bool { return w.outcomes(test.result) == 1 })
				if test.code == 0 {
					w.awaitMayWrite(w.only(), !test.denied)
					c.mayWrite(native, !test.denied)
					return
				}
				if native && test.gets == protocol.CodeSessionRevoked {
					c.reads("session.revoked")
				}
				if native && c.errorCode() != test.gets {
					t.Errorf("no %s", test.gets)
				}
				c.mustClose(test.code, test.reason)
				w.until("it is gone", func() bool { return w.conns.size() == 0 })
				w.mustLog("session ended", `"user":"u1"`, test.reason)
			})
		}
	}
}

// awaitMayWrite waits until the room knows that the peer may write, or may not: if the room's lock
// was held, that is a moment after the session was checked.
func (w *world) awaitMayWrite(c *conn, may bool) {
	w.t.Helper()
	c.reading.Lock()
	peer := c.session.peer
	c.reading.Unlock()
	w.until("the room knows whether it may write", func() bool { return peer.Identity().ReadOnly != may })
}

// mayWrite writes and requires that it is merged, or refused.
func (c *client) mayWrite(native, may bool) {
	c.t.Helper()
	if !native {
		c.sendMessage(protocol.Update, insertion(1, 0))
		if may {
			c.receive(protocol.Update)
		} else if reason := string(c.receive(protocol.Failure)); reason != "read-only" {
			c.t.Errorf("denied because %q", reason)
		}
		return
	}
	c.send(gws.OpcodeText, protocol.JSON{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: insertion(1, 0)}))
	if may {
		c.reads("ack")
	} else if code := c.errorCode(); code != protocol.CodePermissionDenied {
		c.t.Errorf("error %q", code)
	}
}

// TestPromotedWhileConnected shows that a user who gets the right to edit can, without a new
// connection.
func TestPromotedWhileConnected(t *testing.T) {
	w, r := withScriptedAuth(t, Config{})
	r.set(func(r *scriptedAuth) { r.session.ReadOnly = true })
	c := dial(t, w, "/realtime/records/a?token=x")
	c.receive(protocol.SyncRequest)
	w.rechecksWait(1)
	c.mayWrite(false, false)
	r.set(func(r *scriptedAuth) { r.session.ReadOnly = false })
	w.Recheck("u1")
	w.until("it is checked", func() bool { return w.outcomes(valid) == 1 })
	w.awaitMayWrite(w.only(), true)
	c.mayWrite(false, true)
}

// TestRecheckTogether shows that connections with one answer are due at one time,
// whenever they were made, and what is due when no newer answer comes.
func TestRecheckTogether(t *testing.T) {
	w, r := withScriptedAuth(t, Config{})
	r.set(func(r *scriptedAuth) { r.asked = 10 * time.Second })
	dial(t, w, "/realtime/records/a?token=x").receive(protocol.SyncRequest)
	w.rechecksWait(1)
	w.advance(40 * time.Second)
	dial(t, w, "/realtime/records/b?token=x").receive(protocol.SyncRequest) // the answer is remembered
	w.rechecksWait(2)
	w.advance(55*time.Second - 1)
	if r.asks() != 2 {
		t.Error("too early")
	}
	w.advance(55 * time.Second)
	w.until("both are checked", func() bool { return w.outcomes(valid) == 2 })
	w.advance(55*time.Second + 45*time.Second/4 - 1) // the answer was still the old one
	if r.asks() != 4 {
		t.Error("too early again")
	}
	r.set(func(r *scriptedAuth) { r.asked = time.Minute + 10*time.Second })
	w.advance(55*time.Second + 45*time.Second/4)
	w.until("both are checked again", func() bool { return w.outcomes(valid) == 4 })
}

// TestUncheckedSessionEnds shows that a connection whose session cannot be checked stays, but not
// for ever.
func TestUncheckedSessionEnds(t *testing.T) {
	w, r := withScriptedAuth(t, Config{})
	c := dial(t, w, "/realtime/records/a?token=x")
	c.receive(protocol.SyncRequest)
	w.rechecksWait(1)
	r.set(func(r *scriptedAuth) {
		r.session, r.err = auth.Session{}, closing(engine.CloseUnavailable, "try again")
	})
	step := 45 * time.Second
	for n := uint64(1); step < 15*time.Minute; n++ {
		w.settle()
		c.send(gws.OpcodePong, nil)
		w.only().received.Store(int64(step))
		w.advance(step)
		w.until("that was tried", func() bool { return w.outcomes(unchecked) == n })
		step += 45 * time.Second / 4
	}
	w.only().received.Store(int64(15 * time.Minute))
	if w.only().closing.Load() {
		t.Fatal("it has ended")
	}
	w.advance(15 * time.Minute)
	c.mustClose(engine.CloseUnavailable, "session cannot be checked, try again")
}

// TestRecheckOnDemand shows that Recheck rechecks the sessions of a user, or of all users, and
// invalidates cached answers about their tokens.
func TestRecheckOnDemand(t *testing.T) {
	w, r := withScriptedAuth(t, Config{})
	dial(t, w, "/realtime/records/a?token=x").receive(protocol.SyncRequest)
	dial(t, w, "/realtime/records/b?token=x").receive(protocol.SyncRequest)
	r.set(func(r *scriptedAuth) { r.session.ID = "u2" })
	dial(t, w, "/realtime/records/a?token=y").receive(protocol.SyncRequest)
	w.rechecksWait(3)
	r.set(func(r *scriptedAuth) { r.session, r.session.ID, r.session.Checked = clerk, "u3", time.Time{} })
	dial(t, w, "/realtime/records/a?token=z").receive(protocol.SyncRequest) // is not checked again
	r.set(func(r *scriptedAuth) { r.session = clerk })
	if n := w.Recheck("u1"); n != 2 {
		t.Errorf("%d of u1", n)
	}
	if n := w.Recheck("u3"); n != 0 {
		t.Errorf("%d of u3", n)
	}
	w.until("two are checked", func() bool { return w.outcomes(valid) == 2 })
	r.set(func(r *scriptedAuth) {
		if len(r.doubts) != 1 || r.doubts[0] != "x" {
			t.Errorf("doubts %q", r.doubts)
		}
	})
	if n := w.Recheck(""); n != 3 {
		t.Errorf("%d of all", n)
	}
	w.until("u2 is out", func() bool { return w.outcomes(invalid) == 1 })
}

// TestRecheckBounded shows that only so many are checked at a time, that a connection is checked
// anew when that was asked for meanwhile, and that all the goroutines end.
func TestRecheckBounded(t *testing.T) {
	const n = 2*recheckWorkers + 3
	w, r := withScriptedAuth(t, Config{ConnectionsPerUser: n, YWebsocketBurst: n})
	for range n {
		dial(t, w, "/realtime/records/a?token=x").receive(protocol.SyncRequest)
	}
	w.rechecksWait(n)
	gate := make(chan struct{})
	r.set(func(r *scriptedAuth) { r.gate, r.most = gate, 0 })
	w.Recheck("")
	w.until("they are at it", func() bool { return r.asks() == n+recheckWorkers })
	w.Recheck("") // the first are busy, the others wait already
	close(gate)
	w.until("all are checked", func() bool { return w.outcomes(valid) == n+recheckWorkers })
	w.until("the workers have ended", func() bool {
		w.rechecks.mu.Lock()
		defer w.rechecks.mu.Unlock()
		return w.rechecks.workers == 0
	})
	if r.most != recheckWorkers {
		t.Errorf("%d at a time", r.most)
	}
}

// TestRenewedMeanwhile shows that what is found out of a token that was replaced meanwhile does not
// count.
func TestRenewedMeanwhile(t *testing.T) {
	w, r := withScriptedAuth(t, Config{})
	c := dial(t, w, "/realtime/records/a?token=old", jsonProtocol)
	c.reads("room_state")
	w.rechecksWait(1)
	gate := make(chan struct{})
	r.set(func(r *scriptedAuth) {
		r.gate, r.session, r.err = gate, auth.Session{}, closing(engine.CloseAuthFailed, "unknown")
	})
	w.Recheck("u1")
	w.until("it is being checked", func() bool { return r.asks() == 2 })
	r.set(func(r *scriptedAuth) { r.gate, r.session, r.err = nil, clerk, nil })
	c.send(gws.OpcodeText, []byte(`{"type":"control","event":"auth","token":"new"}`))
	c.reads("auth")
	close(gate)
	w.until("that is over", func() bool { return w.queueState(w.only()) == notQueued })
	c.mayWrite(true, true)
	w.Recheck("u1")
	w.until("it is checked", func() bool { return w.outcomes(valid) == 1 })
	r.set(func(r *scriptedAuth) {
		if last := r.calls[len(r.calls)-1]; last != "new record:a" {
			t.Errorf("asked about %q", last)
		}
	})
}

func (w *world) queueState(c *conn) queueState {
	w.rechecks.mu.Lock()
	defer w.rechecks.mu.Unlock()
	return c.session.queue
}

// TestRenewUnchecked shows that a fresh token that cannot be checked changes nothing.
func TestRenewUnchecked(t *testing.T) {
	w, r := withScriptedAuth(t, Config{})
	c := dial(t, w, "/realtime/records/a?token=old", jsonProtocol)
	c.reads("room_state")
	w.rechecksWait(1)
	r.set(func(r *scriptedAuth) {
		r.session, r.err = auth.Session{}, closing(engine.CloseUnavailable, "try again")
	})
	c.send(gws.OpcodeText, []byte(`{"type":"control","event":"auth","token":"new"}`))
	if code := c.errorCode(); code != protocol.CodeInternal {
		t.Errorf("error %q", code)
	}
	c.mayWrite(true, true)
}

// TestRenewInOrder shows that of several tokens in one message each is checked when the one
// before has been, and that nothing else is dealt with before the last.
func TestRenewInOrder(t *testing.T) {
	w, r := withScriptedAuth(t, Config{})
	c := dial(t, w, "/realtime/records/a?token=old")
	c.receive(protocol.SyncRequest)
	w.rechecksWait(1)
	gate := make(chan struct{})
	r.set(func(r *scriptedAuth) { r.gate, r.most = gate, 0 })
	var payload []byte
	for i := range 3 {
		payload = protocol.YWebsocket{}.Append(payload, protocol.Message{Kind: protocol.Auth, Body: fmt.Appendf(nil, "new %d", i)})
	}
	c.send(gws.OpcodeBinary, payload)
	c.sendMessage(protocol.Update, insertion(1, 0))
	for n := 2; n <= 4; n++ {
		w.until("one is being checked", func() bool { return r.asks() >= n })
		gate <- struct{}{}
	}
	c.receive(protocol.Update)
	r.set(func(r *scriptedAuth) {
		want := []string{"old record:a", "new 0 record:a", "new 1 record:a", "new 2 record:a"}
		if r.most != 1 || !slices.Equal(r.calls, want) {
			t.Errorf("%d at a time: %q", r.most, r.calls)
		}
	})
	if token := w.only().tokenNow(); token != "new 2" {
		t.Errorf("%q has taken effect", token)
	}
}

func (c *conn) tokenNow() string {
	c.session.state.Lock()
	defer c.session.state.Unlock()
	return c.session.token
}

// TestRecheckPanics shows that a panic of the Authenticator's ends one connection.
func TestRecheckPanics(t *testing.T) {
	w, r := withScriptedAuth(t, Config{})
	c := dial(t, w, "/realtime/records/a?token=bomb")
	c.receive(protocol.SyncRequest)
	w.rechecksWait(1)
	r.set(func(r *scriptedAuth) { r.gate = make(chan struct{}) })
	w.Recheck("")
	c.mustClose(engine.CloseInternal, "internal error")
	w.mustLog("panic: boom", "stack")
}

// TestShutdownWhileRechecking shows that nobody's answer holds up the end of the server.
func TestShutdownWhileRechecking(t *testing.T) {
	w, r := withScriptedAuth(t, Config{})
	c := dial(t, w, "/realtime/records/a?token=x")
	c.receive(protocol.SyncRequest)
	w.rechecksWait(1)
	r.set(func(r *scriptedAuth) { r.gate = make(chan struct{}) })
	w.Recheck("")
	w.until("it is being checked", func() bool { return r.asks() == 2 })
	stopped := make(chan struct{})
	go func() {
		w.end()
		close(stopped)
	}()
	c.mustClose(engine.CloseUnavailable, "restarting")
	<-stopped
}

// TestRecheckMetrics shows what is counted, and that others may add theirs.
func TestRecheckMetrics(t *testing.T) {
	w := newWorld(t, with(Config{Metrics: func(w io.Writer) { fmt.Fprintln(w, "more 1") }}))
	_, body, _ := w.get("/metrics")
	for _, want := range []string{`realtime_sessions_rechecked_total{outcome="upheld"} 0`, `outcome="ended"`, `outcome="failed"`, "\nmore 1\n"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
}
