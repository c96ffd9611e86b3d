package transport

import (
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// TestUnreadClientIsNotSilent shows that a client is not taken for a silent one if its first
// message has come but the server has not read it in time.
func TestUnreadClientIsNotSilent(t *testing.T) {
	w := newWorld(t, with(Config{SniffTimeout: time.Hour}))
	c := dial(t, w, "/realtime/records/a", noProtocol)
	c.answerPing()
	sniffed := w.only()
	w.until("it has answered", func() bool {
		sniffed.reading.Lock()
		defer sniffed.reading.Unlock()
		return sniffed.sniff.ponged
	})
	func() {
		sniffed.reading.Lock() // prevents reading
		defer sniffed.reading.Unlock()
		c.sendMessage(protocol.SyncRequest, []byte{0})
		w.until("it has come", sniffed.sock.Unread)
		sniffed.assumeSilent()
	}()
	if op, _, err := c.next(); err != nil || op != gws.OpcodeBinary {
		t.Errorf("opcode %d, %v", op, err)
	}
	c.receive(protocol.SyncReply)
	w.mustNotSendText(c)
}
