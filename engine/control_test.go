package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

var chair = Identity{ID: "chair", Name: "Chair C.", Admin: true}

// controls sends a control message with these members.
func (c *native) controls(members string) {
	c.w.t.Helper()
	c.sendsJSON(`{"type":"control",%s}`, members)
	settle()
}

// wantError checks that the peer was sent one error with a code and a part of its message.
func (c *native) wantError(what, code, part string) {
	c.w.t.Helper()
	if m := c.wantMessages(what, "control/error")[0]; m.Error.Code != code || !strings.Contains(m.Error.Message, part) {
		c.w.t.Errorf("%s: %+v", what, m.Error)
	}
}

// wantNotice checks that the peer was sent one notice with this text.
func (c *native) wantNotice(what, text string) {
	c.w.t.Helper()
	if m := c.wantMessages(what, "control/notice")[0]; m.Notice.Message != text {
		c.w.t.Errorf("%s: %+v, want %q", what, m.Notice, text)
	}
}

// wantAccess checks that the peer was sent a notice with this text, and then whether it may write.
func (c *native) wantAccess(what, text string, readOnly bool) {
	c.w.t.Helper()
	got := c.wantMessages(what, "control/notice", "control/access")
	if got[0].Notice.Message != text || got[1].ReadOnly != readOnly {
		c.w.t.Errorf("%s: %+v, read-only %v, want %q, %v", what, got[0].Notice, got[1].ReadOnly, text, readOnly)
	}
}

// inCouncil runs f with a room in which an administrator and two others are, with a store that
// keeps decisions, and events.
func inCouncil(t *testing.T, f func(w *world, chair, ann, bob *native, watch *events.Subscription)) {
	t.Helper()
	hub := new(events.Hub)
	inWorld(t, Config{Events: hub}, func(w *world) {
		watch := hub.Subscribe(100)
		defer watch.Close()
		all := []*native{w.joinJSON("r", chair), w.joinJSON("r", ann), w.joinJSON("r", bob)}
		pass(time.Second)
		for _, c := range all {
			c.conn.take()
		}
		f(w, all[0], all[1], all[2], watch)
	})
}

// wantEvent takes the next event, and checks its kind and by whom it was caused.
func wantEvent(t *testing.T, watch *events.Subscription, kind events.Kind, by string) (e events.Event) {
	t.Helper()
	select {
	case e = <-watch.C:
		if e.Kind != kind || e.By != by {
			t.Errorf("%v by %q, want %v by %q", e.Kind, e.By, kind, by)
		}
	default:
		t.Errorf("no event, want %v", kind)
	}
	return e
}

// TestControl shows that an administrator locks, unlocks and notifies the room by messages, and
// that all are told.
func TestControl(t *testing.T) {
	inCouncil(t, func(w *world, chair, ann, bob *native, watch *events.Subscription) {
		chair.controls(`"event":"lock","reason":"vote"`)
		for _, c := range []*native{chair, ann, bob} {
			c.wantAccess("locked", "record is locked: vote", true)
		}
		wantEvent(t, watch, events.Locked, "user:chair")
		ann.types(1, 0, "x")
		ann.wantError("an edit", protocol.CodeRoomLocked, "record is locked")
		chair.controls(`"event":"lock"`)
		chair.wantNotice("locked again", "record is locked already")
		chair.controls(`"event":"unlock"`)
		chair.wantAccess("unlocked", "record is open again", false)
		wantEvent(t, watch, events.Unlocked, "user:chair")
		ann.conn.take()
		bob.conn.take()
		chair.controls(`"event":"unlock"`)
		chair.wantNotice("unlocked again", "record is not locked")
		chair.controls(`"event":"notice","notice":{"level":"warning","message":"Break"}`)
		for _, c := range []*native{chair, ann, bob} {
			if m := c.wantMessages("notice", "control/notice")[0]; m.Notice.Level != "warning" || m.Notice.Message != "Break" {
				t.Errorf("%+v", m.Notice)
			}
		}
		wantEvent(t, watch, events.Noticed, "user:chair")
	})
}

// TestControlKick shows that a kicked user is told by whom and why, that others stay, and that the
// user may come back unless there is a time, which holds for that room only.
func TestControlKick(t *testing.T) {
	inCouncil(t, func(w *world, chair, ann, bob *native, watch *events.Subscription) {
		chair.controls(`"event":"kick","user":{"id":"bob"},"reason":"spam"`)
		if why := bob.conn.why; why == nil || why.Reason != "removed from this record by Chair C.: spam" || why.ErrorCode != protocol.CodeKicked {
			t.Errorf("closed with %v", why)
		}
		if e := wantEvent(t, watch, events.Kicked, "user:chair"); e.User != "bob" || e.Count != 1 || !strings.HasSuffix(e.Reason, "spam") {
			t.Errorf("%+v", e)
		}
		bob.Leave()
		if got := chair.conn.take(); got[0].Notice.Message != "connections of bob that were closed: 1" {
			t.Errorf("%+v", got)
		}
		again := w.joinJSON("r", Identity{ID: "bob", Name: "Bob B."})
		pass(time.Second)
		chair.conn.take()
		chair.controls(`"event":"kick","user":{"id":"bob"},"for":600`)
		if why := again.conn.why; why == nil || !strings.HasPrefix(why.Reason, "removed from this record by Chair C. until 20") {
			t.Errorf("closed with %v", why)
		}
		again.Leave()
		comes := func(room string) error {
			p, err := w.Join(context.Background(), roomkey.MustParse(room), new(jsonConn), protocol.JSON{}, Identity{ID: "bob"})
			if p != nil {
				p.Leave()
			}
			settle()
			return err
		}
		var why *CloseError
		if err := comes("r"); !errors.As(err, &why) || why.ErrorCode != protocol.CodeKicked || !strings.HasPrefix(why.Reason, "kept out until") {
			t.Errorf("comes back: %v", err)
		}
		if err := comes("s"); err != nil {
			t.Errorf("another room: %v", err)
		}
		if bans := w.Bans(); len(bans) != 1 || bans[0].Subject != "bob\nr" || bans[0].By != "user:chair" {
			t.Errorf("%+v", bans)
		}
		pass(10 * time.Minute)
		if err := comes("r"); err != nil {
			t.Errorf("after the time: %v", err)
		}
		if ann.conn.why != nil || chair.conn.why != nil {
			t.Error("others are closed")
		}
	})
}

// TestUnbanFromRoom shows that Unban lifts bans from single rooms.
func TestUnbanFromRoom(t *testing.T) {
	inCouncil(t, func(w *world, chair, ann, bob *native, _ *events.Subscription) {
		chair.controls(`"event":"kick","user":{"id":"bob"},"for":600`)
		bob.Leave()
		if found, err := w.Unban(context.Background(), "bob", "admin"); !found || err != nil {
			t.Errorf("%v, %v", found, err)
		}
		w.joinJSON("r", Identity{ID: "bob"})
	})
}

// TestControlDenied shows that others get PERMISSION_DENIED and nothing happens; that the right
// counts as of now, whether it is taken away or given; and that an attempt is an event.
func TestControlDenied(t *testing.T) {
	const lock = `"event":"lock"`
	inCouncil(t, func(w *world, chair, ann, bob *native, watch *events.Subscription) {
		for _, members := range []string{
			lock, `"event":"unlock"`, `"event":"kick","user":{"id":"bob"}`,
			`"event":"notice","notice":{"level":"info","message":"x"}`,
		} {
			ann.controls(members)
			ann.wantError(members, protocol.CodePermissionDenied, "only an administrator")
			if e := wantEvent(t, watch, events.Denied, ""); e.User != "ann" || !strings.Contains(members, e.Subject) {
				t.Errorf("%+v", e)
			}
		}
		bob.wantMessages("others")
		if bob.conn.why != nil || w.isLocked(ann.Room()) || w.metrics.controlsDenied.Get() != 4 {
			t.Error("something happened")
		}
		chair.Become(Identity{ID: "chair"})
		if e := wantEvent(t, watch, events.AccessChanged, ""); e.Reason != "admin → edit" || e.User != "chair" {
			t.Errorf("%+v", e)
		}
		chair.controls(lock)
		chair.wantError("no administrator any more", protocol.CodePermissionDenied, "only")
		wantEvent(t, watch, events.Denied, "")
		ann.Become(Identity{ID: "ann", Admin: true})
		wantEvent(t, watch, events.AccessChanged, "")
		ann.controls(lock)
		ann.wantAccess("an administrator now", "record is locked", true)
	})
}

// TestControlWrong shows the errors for fields that are not valid, after which the connection stays
// open.
func TestControlWrong(t *testing.T) {
	inCouncil(t, func(w *world, chair, ann, bob *native, _ *events.Subscription) {
		long := strings.Repeat("x", 1001)
		for members, says := range map[string]string{
			`"event":"kick"`: "not a message",
			`"event":"kick","user":{"id":"bob"},"reason":"` + long + `"`:          "kick: a reason is one line",
			`"event":"kick","user":{"id":"bob"},"for":31622401`:                   "at most 31622400 seconds",
			`"event":"kick","user":{"id":"a\u0000b"},"for":1`:                     "kick: a user id",
			`"event":"lock","reason":"a\nb"`:                                      "lock: a reason is one line",
			`"event":"notice","notice":{"level":"info","message":"` + long + `"}`: "notice: a notice is one line",
			`"event":"notice","notice":{"level":"info","message":"a\nb"}`:         "notice: a notice is one line",
			`"event":"notice","notice":{"level":"error","message":"not a level"}`: "not a message",
		} {
			chair.controls(members)
			chair.wantError(members, protocol.CodeInvalidMessage, says)
		}
		chair.controls(`"event":"kick","user":{"id":"nobody"}`)
		chair.wantNotice("nobody", "connections of nobody that were closed: 0")
		if bob.conn.why != nil || w.isLocked(bob.Room()) {
			t.Error("something happened")
		}
	})
}

// stuckDecisions is a store whose decisions wait until release is closed.
type stuckDecisions struct {
	*memStore
	release chan struct{}
}

func (s stuckDecisions) LoadDecisions(context.Context) ([]Decision, error) { return nil, nil }

func (s stuckDecisions) ChangeDecisions(ctx context.Context, _, _ []Decision) error {
	select {
	case <-s.release:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestControlWaits shows that messages are carried out in their order while editing goes on, that
// their number is bounded, that they are dropped when their sender has lost the right, and that a
// store that does not respond is reported.
func TestControlWaits(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		store := stuckDecisions{w.store, make(chan struct{})}
		w.Engine.store = store
		a, b := w.joinJSON("r", chair), w.joinJSON("r", bob)
		pass(time.Second)
		a.conn.take()
		b.conn.take()
		for range maxControls / 2 {
			a.controls(`"event":"lock"`)
			a.controls(`"event":"unlock"`)
		}
		a.controls(`"event":"lock"`)
		a.wantError("one too many", protocol.CodeInternal, "try again")
		b.types(1, 0, "x")
		settle()
		b.wantMessages("editing goes on", "control/ack")
		a.conn.take()
		pass(controlTimeout)
		settle()
		got := a.conn.take()
		if len(got) != 2 || !strings.Contains(got[0].Error.Message, "lock is not stored") || got[1].Notice.Message != "record is not locked" {
			t.Errorf("%+v", got)
		}
		a.Become(Identity{ID: "chair"})
		a.conn.take()
		close(store.release) // the lock that is being stored takes effect
		settle()
		got = a.conn.take()
		if len(got) != maxControls-1 || got[0].Notice.Message != "record is locked" || !got[1].ReadOnly {
			t.Errorf("%d messages, the first is %+v", len(got), got[0])
		}
		for _, m := range got[2:] {
			if m.Error.Code != protocol.CodePermissionDenied {
				t.Errorf("%+v", m)
			}
		}
		if len(a.room.controls) != 0 {
			t.Errorf("%d wait", len(a.room.controls))
		}
	})
}
