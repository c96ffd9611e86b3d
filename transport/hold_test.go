package transport

import (
	"testing"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine"
)

// TestHold shows that who is held is read when it is let go, when much has come, and when it is closed.
func TestHold(t *testing.T) {
	if !quick {
		t.Skip("this system's kernel cannot hold")
	}
	ping := masked(gws.OpcodePing, []byte("first"))
	for name, test := range map[string]struct {
		then func(w *world, client *client, c *conn)
		want gws.Opcode
	}{
		"let go": {func(_ *world, _ *client, c *conn) { c.Hold(false) }, gws.OpcodePong},
		"much": {func(_ *world, client *client, _ *conn) {
			for range holdBytes / len(ping) {
				client.write(ping)
			}
		}, gws.OpcodePong},
		"closed": {func(_ *world, _ *client, c *conn) { c.Close(&engine.CloseError{Code: 4000, Reason: "over"}) }, gws.OpcodeCloseConnection},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			client := dial(t, w, "/realtime/records/a")
			client.hear(codec.SyncRequest)
			w.settle()
			c := w.only()
			c.Hold(true)
			w.advance(1)
			heard := c.heard.Load()
			client.write(ping)
			other := dial(t, w, "/realtime/records/b") // by when it is in, the ping has long come
			other.hear(codec.SyncRequest)
			if c.heard.Load() != heard {
				t.Fatal("it was read")
			}
			test.then(w, client, c)
			client.await(test.want)
		})
	}
}
