package transport

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// mustNotLog checks that the log contains no part of a token.
func (w *world) mustNotLog(token string) {
	w.t.Helper()
	for part := range strings.SplitSeq(token, ".") {
		if strings.Contains(w.log.String(), part) {
			w.t.Errorf("the log has a part of the token:\n%s", w.log)
		}
	}
}

// TestGrantsOfConnections shows which rooms a token with grants opens, and with which access.
func TestGrantsOfConnections(t *testing.T) {
	token := signToken(t, setClaim("records", []any{recordEntry("a", "edit"), recordEntry("b b", "view")}))
	for _, test := range []struct {
		name, record string
		access       auth.Access
	}{
		{"to edit", "a", auth.Edit},
		{"to view", "b%20b", auth.View},
		{"not listed", "c", ""},
		{"a listed one's spelling", "b+b", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, withAuth(testJWT))
			c := dial(t, w, "/realtime/records/"+test.record+"?token="+token)
			defer w.mustNotLog(token)
			if test.access == "" {
				if reason := string(c.receive(protocol.Failure)); reason != "no access to this record" {
					t.Errorf("denied because %q", reason)
				}
				c.mustClose(engine.CloseForbidden, "no access to this record")
				return
			}
			c.receive(protocol.SyncRequest)
			c.sendMessage(protocol.Update, insertion(1, 0))
			if test.access == auth.Edit {
				c.receive(protocol.Update) // the receipt
			} else if reason := string(c.receive(protocol.Failure)); reason != "read-only" {
				t.Errorf("denied because %q", reason)
			}
		})
	}
}

// TestViewer shows that a viewer's edits are refused, and that the viewer receives those of an
// editor.
func TestViewer(t *testing.T) {
	w := newWorld(t, withAuth(testJWT))
	view := signToken(t, setClaim("records", []any{recordEntry("*", "view")}))
	viewer := dial(t, w, "/realtime/records/a?token="+view)
	ann := dial(t, w, "/realtime/records/a?token="+signToken(t, nil))
	ann.receive(protocol.SyncRequest)

	viewer.sendMessage(protocol.SyncReply, []byte{0, 0}) // an empty update
	for clock := range byte(20) {
		viewer.sendMessage(protocol.Update, insertion(2, clock))
	}
	viewer.sendMessage(protocol.Awareness, append([]byte{1, 2, 1, 2}, "{}"...))
	ann.awaitPresence(2, true) // so earlier messages have been processed
	ann.sendMessage(protocol.Update, insertion(1, 0))
	for _, c := range []*client{ann, viewer} {
		if got := c.receive(protocol.Update); !bytes.Equal(got, insertion(1, 0)) {
			t.Errorf("heard %x", got)
		}
	}
	if _, metrics, _ := w.get("/metrics"); !strings.Contains(metrics, "realtime_updates_denied_total{code=\"PERMISSION_DENIED\"} 20\n") {
		t.Error("not counted")
	}
	w.mustNotLog(view)
}

// TestSessionExpires shows that a connection ends when its token expires, and that others then see
// its user leave.
func TestSessionExpires(t *testing.T) {
	w := newWorld(t, withAuth(testJWT))
	expiry := time.Now().Add(20 * time.Second).Truncate(time.Second)
	token := signToken(t, setClaim("exp", expiry.Unix()))
	ann := dial(t, w, "/realtime/records/a?token="+token)
	ann.receive(protocol.SyncRequest)
	bob := dial(t, w, "/realtime/records/a?token="+signToken(t, nil))
	bob.receive(protocol.SyncRequest)
	ann.sendMessage(protocol.Awareness, append([]byte{1, 7, 1, 2}, "{}"...))
	ann.awaitPresence(7, true)
	bob.awaitPresence(7, true)
	w.settle() // a write in progress would count as stalled at that time

	ends := expiry.Add(30 * time.Second) // the leeway
	w.tick(ends.Add(-time.Nanosecond), 0)
	if n := w.counters.expired.Get(); n != 0 {
		t.Fatal("too early")
	}
	w.tick(ends, 0)
	if n := w.counters.expired.Get(); n != 1 {
		t.Fatal("too late")
	}
	w.tick(ends.Add(time.Second), 1) // the connection is closing already
	ann.mustClose(engine.CloseExpired, "session expired")
	bob.awaitPresence(7, false)
	if n := w.counters.expired.Get(); n != 1 {
		t.Errorf("%d counted", n)
	}
	w.mustCount(`realtime_connections_closed_total{code="4501"}`, 1)
	bob.sendMessage(protocol.Update, insertion(1, 0))
	bob.receive(protocol.Update)
	w.mustNotLog(token)
}

// TestSessionWithoutExpiry shows that sessions of development mode do not expire.
func TestSessionWithoutExpiry(t *testing.T) {
	w := newWorld(t, with(Config{IdleTimeout: 1 << 62}))
	c := dial(t, w, "/realtime/records/a")
	c.receive(protocol.SyncRequest)
	w.settle()
	w.advance(100 * 365 * 24 * time.Hour)
	c.sendMessage(protocol.Update, insertion(1, 0))
	c.receive(protocol.Update)
}

// TestExpiresWhileJoining shows that a session that expires before its room is loaded is closed
// like any other.
func TestExpiresWhileJoining(t *testing.T) {
	store := slowStore{persist.NewMemory(), make(chan struct{})}
	w := newWorld(t, withAuth(testJWT), withStore(store))
	expiry := time.Now().Add(time.Minute)
	c := dial(t, w, "/realtime/records/a?token="+signToken(t, setClaim("exp", expiry.Unix())))
	joining := w.only()
	w.until("the token is checked", func() bool { return joining.session.expires.Load() != never })
	w.tick(expiry.Add(time.Minute), 0)
	w.until("it is closed", joining.closing.Load)
	close(store.load)
	c.mustClose(engine.CloseExpired, "session expired")
	w.until("it is gone", func() bool { return w.conns.size() == 0 })
}
