package transport

import (
	"net/http"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/transport/suspicious"
)

// awaitEvent waits for an event of a kind, and drops those before it.
func awaitEvent(t *testing.T, watch *events.Subscription, kind events.Kind) events.Event {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case e := <-watch.C:
			if e.Kind == kind {
				return e
			}
		case <-late:
			t.Fatalf("no event %v", kind)
		}
	}
}

// TestConnectionEvents shows that joins, leaves, refusals, closes for a client's fault, limits and
// suspicious behaviour are events with room, user, address and code, and that none has a token.
func TestConnectionEvents(t *testing.T) {
	const home = "192.0.2.7"
	hub := new(events.Hub)
	watch := hub.Subscribe(1000)
	defer watch.Close()
	token := signToken(t, setClaim("records", []any{recordEntry("a", "edit")}))
	w := newWorld(t, withAuth(testJWT), withClock(new(testClock)), proxied(Config{Events: hub, HandshakeBurst: 4, HandshakesPerIP: 1,
		YWebsocketBurst: 3, Suspicious: suspicious.Config{Records: 1}}))
	check := func(kind events.Kind, want events.Event) {
		t.Helper()
		got := awaitEvent(t, watch, kind)
		if got.Time.IsZero() || got.Connection == 0 && kind != events.Limited && kind != events.Suspicious {
			t.Errorf("%v: %+v", kind, got)
		}
		want.Kind, want.Time, want.Connection = kind, got.Time, got.Connection
		if got != want {
			t.Errorf("%v: %+v, want %+v", kind, got, want)
		}
	}
	ours := func(more events.Event) events.Event {
		more.Client, more.User, more.Room = home, "u1", "record:a"
		return more
	}
	c := dial(t, w, "/realtime/records/a?token="+token, from(home))
	c.receive(protocol.SyncRequest)
	check(events.Joined, ours(events.Event{}))
	go c.sendMany(50)
	check(events.Limited, ours(events.Event{Subject: "messages"}))
	c.conn.Close()
	check(events.Left, ours(events.Event{Code: closeAbnormal}))

	dial(t, w, "/realtime/records/a?token="+token+"x", from(home)).mustClose(engine.CloseAuthFailed, "token signature invalid")
	check(events.Refused, events.Event{Client: home, Room: "record:a", Code: 4401, Reason: "token signature invalid"})
	dial(t, w, "/realtime/records/b?token="+token, from(home)).mustClose(engine.CloseForbidden, "no access to this record")
	check(events.Suspicious, events.Event{Client: home, User: "u1", Room: "record:b", Subject: "refused_records", Count: 1})
	check(events.Refused, events.Event{Client: home, User: "u1", Room: "record:b", Code: 4403, Reason: "no access to this record"})

	c = dial(t, w, "/realtime/records/a?token="+token, from(home))
	c.receive(protocol.SyncRequest)
	c.write(masked(3, nil))
	check(events.Closed, ours(events.Event{Code: 1002, Reason: "malformed frame"}))
	request, _ := http.NewRequest("GET", w.url("/realtime/records/a"), nil)
	request.Header = http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "X-Forwarded-For": {home},
		"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}
	if answer, err := http.DefaultClient.Do(request); err != nil || answer.StatusCode != 429 {
		t.Errorf("%v, %v", answer, err)
	}
	check(events.Limited, events.Event{Client: home, Subject: "handshakes", Code: 429, Reason: "Too Many Requests"})
}

// TestRefusalsByLimits shows that the event of a client that is refused, as there are too many,
// names the limit.
func TestRefusalsByLimits(t *testing.T) {
	hub := new(events.Hub)
	watch := hub.Subscribe(1000)
	defer watch.Close()
	token := signToken(t, setClaim("records", []any{recordEntry("a", "edit")}))
	w := newWorld(t, withAuth(testJWT), with(Config{Events: hub}), withEngine(engine.Config{PeersPerRoom: 1}))
	c := dial(t, w, "/realtime/records/a?token="+token)
	c.receive(protocol.SyncRequest)
	dial(t, w, "/realtime/records/a?token="+token).mustClose(engine.CloseTooMany, "too many connections to this record")
	if e := awaitEvent(t, watch, events.Refused); e.Subject != engine.LimitPeers || e.Room != "record:a" || e.User != "u1" {
		t.Errorf("%+v", e)
	}
}
