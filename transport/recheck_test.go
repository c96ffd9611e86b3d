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

// scriptedAuth is an Authenticator whose answers, and the time as of which they are valid, a test
// sets.
type scriptedAuth struct {
	mu          sync.Mutex
	started     time.Time
	asked       time.Duration // since started; answers are as of then
	session     auth.Session
	err         error
	calls       []string // tokens and rooms
	invalidated []string
	gate        chan struct{} // answers wait until it is closed; nil: they do not wait
	inside      int
	most        int // calls in progress at a time
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
	r.invalidated = append(r.invalidated, token)
}

// set changes the answers.
func (r *scriptedAuth) set(f func(*scriptedAuth)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(r)
}

func (r *scriptedAuth) callCount() int {
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

// outcomes returns how many rechecks have had a result.
func (w *world) outcomes(v recheckResult) uint64 { return w.counters.rechecks[v].Get() }

// awaitRechecked waits until n connections are in their rooms with sessions that are rechecked.
func (w *world) awaitRechecked(n int) {
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

// TestRecheck shows how a connection ends or changes when a recheck finds another session than
// before, in each protocol.
func TestRecheck(t *testing.T) {
	for _, test := range []struct {
		name   string
		cfg    Config
		change func(*scriptedAuth)
		result recheckResult
		code   engine.CloseCode // 0: the connection stays
		reason string
		gets   string // last message before the close, of the native client
		denied bool   // writing is refused afterwards
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
					c.awaitJSON("room_state")
				} else {
					c = dial(t, w, "/realtime/records/a?token=hush")
					c.receive(protocol.SyncRequest)
				}
				w.awaitRechecked(1)
				defer w.mustNotLog("hush")
				r.set(test.change)
				r.set(func(r *scriptedAuth) { r.asked = 45 * time.Second })
				w.advance(45*time.Second - 1)
				if r.callCount() != 1 {
					t.Error("it is checked too early")
				}
				w.advance(45 * time.Second)
				w.until("it is checked", func() bool { return w.outcomes(test.result) == 1 })
				if test.code == 0 {
					w.awaitMayWrite(w.only(), !test.denied)
					c.checkWrite(native, !test.denied)
					return
				}
				if native && test.gets == protocol.CodeSessionRevoked {
					c.awaitJSON("session.revoked")
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

// awaitMayWrite waits until the room lets the peer write, or not any more. If the room's lock is
// held, that is a moment after the session was checked.
func (w *world) awaitMayWrite(c *conn, may bool) {
	w.t.Helper()
	c.reading.Lock()
	peer := c.session.peer()
	c.reading.Unlock()
	w.until("the room knows whether it may write", func() bool { return peer.Identity().ReadOnly != may })
}

// checkWrite writes, and checks that the update is merged, or refused.
func (c *client) checkWrite(native, may bool) {
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
		c.awaitJSON("ack")
	} else if code := c.errorCode(); code != protocol.CodePermissionDenied {
		c.t.Errorf("error %q", code)
	}
}

// TestPromotedWhileConnected shows that a user who gets the right to edit can edit without
// reconnecting.
func TestPromotedWhileConnected(t *testing.T) {
	w, r := withScriptedAuth(t, Config{})
	r.set(func(r *scriptedAuth) { r.session.ReadOnly = true })
	c := dial(t, w, "/realtime/records/a?token=x")
	c.receive(protocol.SyncRequest)
	w.awaitRechecked(1)
	c.checkWrite(false, false)
	r.set(func(r *scriptedAuth) { r.session.ReadOnly = false })
	w.Recheck("u1")
	w.until("it is checked", func() bool { return w.outcomes(valid) == 1 })
	w.awaitMayWrite(w.only(), true)
	c.checkWrite(false, true)
}

// TestRecheckTogether shows that connections that share an answer are due at the same time,
// whenever they were made, and when they are due if no newer answer comes.
func TestRecheckTogether(t *testing.T) {
	w, r := withScriptedAuth(t, Config{})
	r.set(func(r *scriptedAuth) { r.asked = 10 * time.Second })
	dial(t, w, "/realtime/records/a?token=x").receive(protocol.SyncRequest)
	w.awaitRechecked(1)
	w.advance(40 * time.Second)
	dial(t, w, "/realtime/records/b?token=x").receive(protocol.SyncRequest) // the answer is cached
	w.awaitRechecked(2)
	w.advance(55*time.Second - 1)
	if r.callCount() != 2 {
		t.Error("too early")
	}
	w.advance(55 * time.Second)
	w.until("both are checked", func() bool { return w.outcomes(valid) == 2 })
	w.advance(55*time.Second + 45*time.Second/4 - 1) // the last answer was still the cached one
	if r.callCount() != 4 {
		t.Error("too early again")
	}
	r.set(func(r *scriptedAuth) { r.asked = time.Minute + 10*time.Second })
	w.advance(55*time.Second + 45*time.Second/4)
	w.until("both are checked again", func() bool { return w.outcomes(valid) == 4 })
}

// TestUncheckedSessionEnds shows that a connection whose session cannot be checked stays until
// Config.MaxStale.
func TestUncheckedSessionEnds(t *testing.T) {
	w, r := withScriptedAuth(t, Config{})
	c := dial(t, w, "/realtime/records/a?token=x")
	c.receive(protocol.SyncRequest)
	w.awaitRechecked(1)
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
// drops cached answers about their tokens.
func TestRecheckOnDemand(t *testing.T) {
	w, r := withScriptedAuth(t, Config{})
	dial(t, w, "/realtime/records/a?token=x").receive(protocol.SyncRequest)
	dial(t, w, "/realtime/records/b?token=x").receive(protocol.SyncRequest)
	r.set(func(r *scriptedAuth) { r.session.ID = "u2" })
	dial(t, w, "/realtime/records/a?token=y").receive(protocol.SyncRequest)
	w.awaitRechecked(3)
	r.set(func(r *scriptedAuth) { r.session, r.session.ID, r.session.Checked = clerk, "u3", time.Time{} })
	dial(t, w, "/realtime/records/a?token=z").receive(protocol.SyncRequest) // is not rechecked
	r.set(func(r *scriptedAuth) { r.session = clerk })
	if n := w.Recheck("u1"); n != 2 {
		t.Errorf("%d of u1", n)
	}
	if n := w.Recheck("u3"); n != 0 {
		t.Errorf("%d of u3", n)
	}
	w.until("two are checked", func() bool { return w.outcomes(valid) == 2 })
	r.set(func(r *scriptedAuth) {
		if len(r.invalidated) != 1 || r.invalidated[0] != "x" {
			t.Errorf("invalidated %q", r.invalidated)
		}
	})
	if n := w.Recheck(""); n != 3 {
		t.Errorf("%d of all", n)
	}
	w.until("u2 is out", func() bool { return w.outcomes(invalid) == 1 })
}

// TestRecheckBounded shows that a limited number of sessions is rechecked at a time, that a session
// is rechecked once more if that was requested meanwhile, and that all workers end.
func TestRecheckBounded(t *testing.T) {
	const n = 2*recheckWorkers + 3
	w, r := withScriptedAuth(t, Config{ConnectionsPerUser: n, YWebsocketBurst: n})
	for range n {
		dial(t, w, "/realtime/records/a?token=x").receive(protocol.SyncRequest)
	}
	w.awaitRechecked(n)
	gate := make(chan struct{})
	r.set(func(r *scriptedAuth) { r.gate, r.most = gate, 0 })
	w.Recheck("")
	w.until("they are at it", func() bool { return r.callCount() == n+recheckWorkers })
	w.Recheck("") // the first are in progress, the others are queued already
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

// TestRenewedMeanwhile shows that the result of a recheck is ignored if the token was replaced
// meanwhile.
func TestRenewedMeanwhile(t *testing.T) {
	w, r := withScriptedAuth(t, Config{})
	c := dial(t, w, "/realtime/records/a?token=old", jsonProtocol)
	c.awaitJSON("room_state")
	w.awaitRechecked(1)
	gate := make(chan struct{})
	r.set(func(r *scriptedAuth) {
		r.gate, r.session, r.err = gate, auth.Session{}, closing(engine.CloseAuthFailed, "unknown")
	})
	w.Recheck("u1")
	w.until("it is being checked", func() bool { return r.callCount() == 2 })
	r.set(func(r *scriptedAuth) { r.gate, r.session, r.err = nil, clerk, nil })
	c.send(gws.OpcodeText, []byte(`{"type":"control","event":"auth","token":"new"}`))
	c.awaitJSON("auth")
	close(gate)
	w.until("that is over", func() bool { return w.queueState(w.only()) == notQueued })
	c.checkWrite(true, true)
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
	c.awaitJSON("room_state")
	w.awaitRechecked(1)
	r.set(func(r *scriptedAuth) {
		r.session, r.err = auth.Session{}, closing(engine.CloseUnavailable, "try again")
	})
	c.send(gws.OpcodeText, []byte(`{"type":"control","event":"auth","token":"new"}`))
	if code := c.errorCode(); code != protocol.CodeInternal {
		t.Errorf("error %q", code)
	}
	c.checkWrite(true, true)
}

// TestRenewInOrder shows that the tokens of one message are checked one after the other, and that
// nothing else is processed before the last.
func TestRenewInOrder(t *testing.T) {
	w, r := withScriptedAuth(t, Config{})
	c := dial(t, w, "/realtime/records/a?token=old")
	c.receive(protocol.SyncRequest)
	w.awaitRechecked(1)
	gate := make(chan struct{})
	r.set(func(r *scriptedAuth) { r.gate, r.most = gate, 0 })
	var payload []byte
	for i := range 3 {
		payload = protocol.YWebsocket{}.Append(payload, protocol.Message{Kind: protocol.Auth, Body: fmt.Appendf(nil, "new %d", i)})
	}
	c.send(gws.OpcodeBinary, payload)
	c.sendMessage(protocol.Update, insertion(1, 0))
	for n := 2; n <= 4; n++ {
		w.until("one is being checked", func() bool { return r.callCount() >= n })
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

// TestRecheckPanics shows that a panic of the Authenticator ends one connection only.
func TestRecheckPanics(t *testing.T) {
	w, r := withScriptedAuth(t, Config{})
	c := dial(t, w, "/realtime/records/a?token=bomb")
	c.receive(protocol.SyncRequest)
	w.awaitRechecked(1)
	r.set(func(r *scriptedAuth) { r.gate = make(chan struct{}) })
	w.Recheck("")
	c.mustClose(engine.CloseInternal, "internal error")
	w.mustLog("panic: boom", "stack")
}

// TestShutdownWhileRechecking shows that a shutdown does not wait for the Authenticator.
func TestShutdownWhileRechecking(t *testing.T) {
	w, r := withScriptedAuth(t, Config{})
	c := dial(t, w, "/realtime/records/a?token=x")
	c.receive(protocol.SyncRequest)
	w.awaitRechecked(1)
	r.set(func(r *scriptedAuth) { r.gate = make(chan struct{}) })
	w.Recheck("")
	w.until("it is being checked", func() bool { return r.callCount() == 2 })
	stopped := make(chan struct{})
	go func() {
		w.end()
		close(stopped)
	}()
	c.mustClose(engine.CloseUnavailable, "restarting")
	<-stopped
}

// TestRecheckMetrics checks the metrics of rechecks.
func TestRecheckMetrics(t *testing.T) {
	w := newWorld(t)
	_, body, _ := w.get("/metrics")
	for _, want := range []string{`realtime_sessions_rechecked_total{outcome="upheld"} 0`, `outcome="ended"`, `outcome="failed"`} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
}

// TestMetricsOfTheProcess shows that Config.Metrics writes the answer of /metrics.
func TestMetricsOfTheProcess(t *testing.T) {
	w := newWorld(t, with(Config{Metrics: func(w io.Writer) { fmt.Fprintln(w, "all 1") }}))
	if _, body, _ := w.get("/metrics"); body != "all 1\n" {
		t.Error(body)
	}
}
