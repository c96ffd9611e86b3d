package transport

import (
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// TestUnreadClientIsNotSilent shows that a client whose first message has come is not taken for a
// silent one when the server has not read it in time.
func TestUnreadClientIsNotSilent(t *testing.T) {
	w := newWorld(t, with(Config{SniffTimeout: time.Hour}))
	c := dial(t, w, "/realtime/records/a", noProtocol)
	c.pongs()
	sniffed := w.only()
	w.until("it has answered", func() bool {
		sniffed.reading.Lock()
		defer sniffed.reading.Unlock()
		return sniffed.sniff.ponged
	})
	func() {
		sniffed.reading.Lock() // so nothing is read
		defer sniffed.reading.Unlock()
		c.sendMessage(protocol.SyncRequest, []byte{0})
		w.until("it has come", sniffed.sock.Unread)
		sniffed.assumeSilent()
	}()
	if op, _, err := c.next(); err != nil || op != gws.OpcodeBinary {
		t.Errorf("opcode %d, %v", op, err)
	}
	c.receive(protocol.SyncReply)
	w.mustNotSayText(c)
}
