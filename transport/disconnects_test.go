package transport

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
)

// ended returns how many connections ended for a reason.
func (w *world) ended(reason endReason) uint64 {
	return w.count(fmt.Sprintf("realtime_disconnects_total{reason=%q}", endReasonNames[reason]))
}

// TestDisconnects shows that every connection that ends is counted, once, with the reason of its
// first close.
func TestDisconnects(t *testing.T) {
	w := newWorld(t, withAuth(testJWT), with(Config{Unlimited: true}))
	path := "/realtime/records/a?token=" + signToken(t, nil)
	join := func() *client {
		c := dial(t, w, path)
		c.receive(protocol.SyncRequest)
		c.roundTrips(1) // a client that leaves before it is heard has left while it joined
		return c
	}
	wants := func(reason endReason, do func()) {
		t.Helper()
		do()
		w.until(endReasonNames[reason], func() bool { return w.ended(reason) == 1 })
	}
	wants(authFailed, func() { dial(t, w, "/realtime/records/a").closed() })
	wants(roomNotFound, func() { dial(t, w, "/realtime/dances/a").closed() })
	wants(connectionLost, func() { join().conn.Close() })
	wants(clientClosed, func() { c := join(); c.send(gws.OpcodeCloseConnection, []byte{0x10, 0xe1}); c.closed() })
	wants(sessionExpired, func() {
		c := join()
		w.settle()
		w.tick(time.Now().Add(24*time.Hour), 0)
		c.closed()
	})
	sum := uint64(0)
	for reason := range endReasons {
		sum += w.ended(reason)
	}
	if accepted := w.count("realtime_connections_accepted_total"); sum != accepted || accepted != 5 {
		t.Errorf("%d accepted, %d ended", accepted, sum)
	}
	if _, body, _ := w.get("/metrics"); !strings.Contains(body, "realtime_join_seconds_count 3\n") {
		t.Error("not 3 have joined")
	}
}

// TestEndReasons shows that each close code of the engine has a reason of its own, and that unknown
// ones have one too.
func TestEndReasons(t *testing.T) {
	seen := make(map[endReason]engine.CloseCode)
	for code := range closeCodes {
		reason := reasonOf(&engine.CloseError{Code: code})
		if other, twice := seen[reason]; twice || reason == otherReason {
			t.Errorf("%v: %s, as %v", code, endReasonNames[reason], other)
		}
		seen[reason] = code
	}
	for why, want := range map[*engine.CloseError]endReason{
		{Code: 4999}: otherReason, {Code: engine.CloseForbidden, ErrorCode: protocol.CodeKicked}: kicked,
		{Code: engine.CloseAuthFailed, ErrorCode: protocol.CodeSessionRevoked}: sessionRevoked, errRestarting: restarting,
		errReaped: nothingReceived, {Code: closeGoingAway}: otherReason,
	} {
		if got := reasonOf(why); got != want {
			t.Errorf("%v: %s, want %s", why, endReasonNames[got], endReasonNames[want])
		}
	}
	for reason, name := range endReasonNames {
		if name == "" {
			t.Errorf("reason %d has no name", reason)
		}
	}
}

// TestProtocolsHaveLabels shows that each protocol that clients may speak has a label in the
// metrics.
func TestProtocolsHaveLabels(t *testing.T) {
	for _, p := range protocols {
		if protocol.Number(p) == len(protocol.All) {
			t.Errorf("%s is counted as other", p.Name())
		}
	}
}
