package transport

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/limit"
)

// TestJoinsAndLeavesAreLogged shows that the log has user and address of a client that joins, and
// duration and close code when it leaves.
func TestJoinsAndLeavesAreLogged(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(*client, *conn)
		code int
	}{
		{"closed by the client", func(c *client, _ *conn) { c.send(gws.OpcodeCloseConnection, []byte{3, 233}) }, 1001},
		{"closed without a code", func(c *client, _ *conn) { c.send(gws.OpcodeCloseConnection, nil) }, closeNoStatus},
		{"gone without a word", func(c *client, _ *conn) { c.conn.Close() }, closeAbnormal},
		{"cut off", func(_ *client, c *conn) { c.abort() }, closeAbnormal},
		{"malformed", func(c *client, _ *conn) { c.write(masked(3, nil)) }, 1002},
		{"closed by us", func(_ *client, c *conn) { c.Close(&engine.CloseError{Code: engine.CloseForbidden, Reason: "removed"}) }, 4403},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, usersByToken, proxied(Config{IdleTimeout: time.Hour}))
			c := dial(t, w, "/realtime/records/a?token=ann", from("192.0.2.7"))
			c.receive(protocol.SyncRequest)
			joined := w.only()
			w.mustLog("joined", "INFO", `"remote":"127.0.0.1"`, `"client":"192.0.2.7"`, `"room":"record:a"`, `"user":"ann"`)
			w.awaitOpen(joined)
			w.advance(90 * time.Second)
			test.end(c, joined)
			w.mustLog("left", "INFO", `"client":"192.0.2.7"`, `"room":"record:a"`, `"user":"ann"`, `"after":90000000000`, fmt.Sprintf(`"code":%d`, test.code))
		})
	}
}

// TestJoinsAndLeavesAreSampled shows that a client that joins and leaves all the time is logged
// once a minute.
func TestJoinsAndLeavesAreSampled(t *testing.T) {
	h := &testClock{}
	w := newWorld(t, usersByToken, holdingBack(h))
	come := func(user string) {
		c := dial(t, w, "/realtime/records/a?token="+user)
		c.receive(protocol.SyncRequest)
		c.roundTrips(1) // a client that leaves before it is heard has left while it joined
		c.conn.Close()
		w.until("it is gone", func() bool { return w.conns.size() == 0 })
	}
	for range 5 {
		come("ann")
	}
	come("bob")
	happened := func(event, user string) int {
		return w.samples.Count(limit.SampleKey{Message: event, Client: user, Room: "record:a"})
	}
	for _, event := range []string{"joined", "left"} {
		w.until(event, func() bool { return happened(event, "ann") == 5 && happened(event, "bob") == 1 })
	}
	h.set(limit.SampleInterval)
	w.advance(limit.SampleInterval)
	for _, event := range []string{"joined", "left"} {
		w.mustLog(event, `"user":"ann"`, `"times":4`)
		if n := strings.Count(w.log.String(), `"msg":"`+event+`"`); n != 3 {
			t.Errorf("%d lines of %s", n, event)
		}
	}
}

// TestClosesAreLogged shows that closes for a message that is far too large, or comes too slowly,
// are logged.
func TestClosesAreLogged(t *testing.T) {
	w := newWorld(t, usersByToken, with(Config{FrameBytes: 1 << 16}))
	c := dial(t, w, "/realtime/records/a?token=ann")
	c.receive(protocol.SyncRequest)
	go c.conn.Write(masked(gws.OpcodeBinary, make([]byte, skipFactor<<16+1)))
	c.mustClose(closeTooLarge, "message too large")
	w.mustLog("connection closed", "WARN", `"code":1009`, `"user":"ann"`, `"remote":"127.0.0.1"`, "message too large")
}
