package transport

import (
	"bytes"
	"compress/flate"
	"strings"
	"testing"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/codec/websocket/rawframe"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/limit"
)

const deflateOffer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"

// compressedBit is RSV1, of the first byte of a frame.
const compressedBit = 0x40

// deflated returns a payload compressed as clients do.
func deflated(payload []byte) []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		panic(err)
	}
	w.Write(payload)
	w.Flush()
	return bytes.TrimSuffix(out.Bytes(), []byte{0, 0, 0xff, 0xff})
}

// sendDeflated sends a compressed message.
func (c *client) sendDeflated(op gws.Opcode, payload []byte) {
	c.t.Helper()
	c.write(rawframe.Masked(rawframe.Fin|compressedBit|byte(op), deflated(payload)))
}

// typed returns a message of y-websocket with n characters of a client.
func typed(client byte, n int) []byte {
	b := append([]byte{1, 1, client, 0, 4, 1, 1, 't'}, lib0.AppendUvarint(nil, uint64(n))...)
	b = append(append(b, strings.Repeat("x", n)...), 0)
	return protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: b})
}

// receiveUpdates reads until updates of at least n bytes in all have come. It returns their bodies,
// and how many of their messages were compressed.
func (c *client) receiveUpdates(n int) (bodies []byte, messages, compressed int) {
	c.t.Helper()
	for len(bodies) < n {
		payload, packed := c.nextMessage()
		var m protocol.Message
		if _, err := (protocol.YWebsocket{}).Next(payload, &m); err != nil {
			c.t.Fatal(err)
		}
		if m.Kind != protocol.Update {
			continue
		}
		bodies = append(bodies, m.Body...)
		if messages++; packed {
			compressed++
		}
	}
	return bodies, messages, compressed
}

// nextMessage reads a binary message, inflates it if it is compressed, and returns its payload.
func (c *client) nextMessage() (payload []byte, compressed bool) {
	c.t.Helper()
	for {
		first, part, err := rawframe.Read(c.br)
		if err != nil {
			c.t.Fatal(err)
		}
		if op := rawframe.Opcode(first); op == rawframe.Binary {
			compressed = first&compressedBit != 0
		} else if op != 0 {
			continue
		}
		if payload = append(payload, part...); first&rawframe.Fin == 0 {
			continue
		}
		if compressed {
			payload, err = websocket.AppendInflated(nil, payload, 64<<20)
		}
		if err != nil {
			c.t.Fatal(err)
		}
		return payload, compressed
	}
}

// TestCompression shows that messages of all lengths come compressed from a client that has offered
// that, that it gets those of 1 KiB or more compressed, and that a client which has not offered it
// gets the same ones as they are.
func TestCompression(t *testing.T) {
	w := newWorld(t, with(Config{Compression: true, Unlimited: true}))
	writer := dial(t, w, "/realtime/records/a", deflateOffer)
	packed := dial(t, w, "/realtime/records/a", deflateOffer)
	plain := dial(t, w, "/realtime/records/a")
	packed.sendMessage(protocol.SyncRequest, []byte{0})
	plain.sendMessage(protocol.SyncRequest, []byte{0})
	packed.receive(protocol.SyncReply)
	plain.receive(protocol.SyncReply)
	for _, c := range []*client{writer, packed} {
		if got := c.answer.Header.Get("Sec-WebSocket-Extensions"); got != websocket.AgreedDeflate {
			t.Fatalf("agreed on %q", got)
		}
	}
	if got := plain.answer.Header.Get("Sec-WebSocket-Extensions"); got != "" {
		t.Errorf("agreed on %q with a client that offered nothing", got)
	}
	for i, n := range []int{10, 5_000, longMessage - 100, 3 * longMessage, 5 << 20} {
		message := typed(byte(i+1), n)
		writer.sendDeflated(gws.OpcodeBinary, message)
		got, messages, compressed := packed.receiveUpdates(n)
		if short := messages - compressed; n >= websocket.MinDeflate && (compressed == 0 || short > 1) || n < websocket.MinDeflate && compressed > 0 {
			t.Errorf("%d characters come in %d messages, %d of them compressed", n, messages, compressed)
		}
		if same, _, compressed := plain.receiveUpdates(n); compressed > 0 || !bytes.Equal(same, got) {
			t.Errorf("%d characters come differently without compression", n)
		}
	}
	w.until("nothing is reserved", func() bool { return w.budget.Used() == 0 })
}

// TestCompressionNotAgreedOn shows that a compressed message is malformed if the server is not
// configured to compress, or the client has not offered it.
func TestCompressionNotAgreedOn(t *testing.T) {
	off := newWorld(t)
	on := newWorld(t, with(Config{Compression: true}))
	for name, c := range map[string]*client{
		"off":         dial(t, off, "/realtime/records/a", deflateOffer),
		"not offered": dial(t, on, "/realtime/records/a"),
	} {
		if got := c.answer.Header.Get("Sec-WebSocket-Extensions"); got != "" {
			t.Errorf("%s: agreed on %q", name, got)
		}
		c.sendDeflated(gws.OpcodeBinary, typed(1, 10))
		if code, _ := c.closed(); code != int(closeProtocolError) {
			t.Errorf("%s: %d", name, code)
		}
	}
}

// TestInflatedIsTooLarge shows that a message which is too long when it is inflated closes its
// connection with 1009, with no memory taken for it, and that invalid ones close theirs with 1002
// or, if they are no UTF-8, with 1007.
func TestInflatedIsTooLarge(t *testing.T) {
	const most = 1 << 20
	for name, test := range map[string]struct {
		op      gws.Opcode
		payload []byte // compressed
		code    engine.CloseCode
	}{
		"a bomb":           {gws.OpcodeBinary, deflated(make([]byte, 50*most)), closeTooLarge},
		"a byte too long":  {gws.OpcodeBinary, deflated(make([]byte, most+1)), closeTooLarge},
		"not compressed":   {gws.OpcodeBinary, []byte{0xff, 0xff}, closeProtocolError},
		"cut, and long":    {gws.OpcodeBinary, append(deflated(typed(1, most/2)), 0xff), closeProtocolError},
		"text not UTF-8":   {gws.OpcodeText, deflated([]byte("\"\xc3\"")), closeInvalidText},
		"long, not UTF-8":  {gws.OpcodeText, deflated(bytes.Repeat([]byte{0xc3}, 2*longMessage)), closeInvalidText},
		"stored and empty": {gws.OpcodeBinary, []byte{0x07}, closeProtocolError},
	} {
		w := newWorld(t, with(Config{Compression: true, Unlimited: true, FrameBytes: most})) // anew, as closes that recur are held back
		c := dial(t, w, "/realtime/records/a", deflateOffer)
		c.write(rawframe.Masked(rawframe.Fin|compressedBit|byte(test.op), test.payload))
		if code, _ := c.closed(); code != int(test.code) {
			t.Errorf("%s: %d, want %d", name, code, test.code)
		}
		w.until("nothing is reserved", func() bool { return w.budget.Used() == 0 })
	}
}

// TestInflatedWaitsForMemory shows that a message whose content does not fit the memory that is
// left waits, and is delivered when there is enough.
func TestInflatedWaitsForMemory(t *testing.T) {
	const most = 1 << 20
	w := newWorld(t, with(Config{Compression: true, Unlimited: true, FrameBytes: most, UnfinishedBytes: 1}))
	first, second := dial(t, w, "/realtime/records/a", deflateOffer), dial(t, w, "/realtime/records/b", deflateOffer)
	reader := dial(t, w, "/realtime/records/b")
	reader.sendMessage(protocol.SyncRequest, []byte{0})
	reader.receive(protocol.SyncReply)

	long := masked(gws.OpcodeBinary, typed(1, most/2)) // takes what there is while it comes
	first.write(long[:len(long)/2])
	w.until("the memory is taken", func() bool { return w.budget.Used() > 0 })
	second.sendDeflated(gws.OpcodeBinary, typed(2, most/2))
	w.until("the other message waits", func() bool { return w.budget.Waiting() == 1 })
	first.write(long[len(long)/2:])
	reader.receiveUpdates(most / 2)
	w.until("nothing is reserved", func() bool { return w.budget.Used() == 0 })
}

// TestClosedWhileInflatedWaits shows that a message that waits for memory to be inflated does not
// hold up the close of its connection, and that nothing of it stays reserved.
func TestClosedWhileInflatedWaits(t *testing.T) {
	const most = 1 << 20
	w := newWorld(t, with(Config{Compression: true, Unlimited: true, FrameBytes: most, UnfinishedBytes: 1}))
	first, second := dial(t, w, "/realtime/records/a", deflateOffer), dial(t, w, "/realtime/records/b", deflateOffer)
	long := masked(gws.OpcodeBinary, typed(1, most/2))
	first.write(long[:len(long)/2])
	w.until("the memory is taken", func() bool { return w.budget.Used() > 0 })
	second.sendDeflated(gws.OpcodeBinary, typed(2, most/2))
	w.until("the other message waits", func() bool { return w.budget.Waiting() == 1 })
	for slot := range sweepSlots {
		w.conns.each(slot, func(c *conn) {
			if m := c.incoming.Load(); m != nil && m.conn == c {
				c.closeNow(errNoMemory)
			}
		})
	}
	for _, c := range []*client{first, second} {
		if code, _ := c.closed(); code != w.closeCode(errNoMemory) {
			t.Errorf("%d", code)
		}
	}
	w.until("nothing is reserved", func() bool { return w.budget.Used() == 0 && w.budget.Waiting() == 0 })
}

// TestCompressedFragments shows that a compressed message may come in fragments with pings between
// them, as the first message of a client whose protocol is not known.
func TestCompressedFragments(t *testing.T) {
	w := newWorld(t, with(Config{Compression: true, Unlimited: true}))
	reader := dial(t, w, "/realtime/records/a")
	reader.sendMessage(protocol.SyncRequest, []byte{0})
	reader.receive(protocol.SyncReply)
	writer := dial(t, w, "/realtime/records/a", deflateOffer)
	const n = 3 * longMessage
	payload := deflated(typed(1, n))
	first := byte(compressedBit | rawframe.Binary)
	for i, b := range payload {
		head := first
		if i > 0 {
			head = 0
		}
		if i == len(payload)-1 {
			head |= rawframe.Fin
		}
		writer.write(rawframe.Masked(head, []byte{b}))
		writer.write(rawframe.Masked(rawframe.Fin|rawframe.Ping, []byte("between")))
	}
	reader.receiveUpdates(n)
	w.until("nothing is reserved", func() bool { return w.budget.Used() == 0 })
}

// TestMemoryForBothForms shows that memory is set aside for both forms of the longest message.
func TestMemoryForBothForms(t *testing.T) {
	const most = 1 << 20
	w := newWorld(t, with(Config{Compression: true, FrameBytes: most, UnfinishedBytes: 2*most + 1024}))
	both, other := limit.Reservation{Granted: func() {}}, limit.Reservation{Granted: func() {}}
	if !w.budget.Reserve(&both, 2*most) || w.budget.Reserve(&other, most) {
		t.Error("messages take more memory than they may")
	}
	w.budget.Release(&other)
	w.budget.Release(&both)
}

// TestInflatedIsCharged shows that a message counts for as many messages as it has pieces of 64 KiB
// when it is inflated.
func TestInflatedIsCharged(t *testing.T) {
	const pieces = 10
	w := newWorld(t, with(Config{Compression: true, YWebsocketMessagesPerSecond: 1, YWebsocketBurst: 1000}), withClock(new(testClock)))
	c := dial(t, w, "/realtime/records/a", deflateOffer)
	c.receive(protocol.SyncRequest)
	conn := w.only()
	used := func() int {
		conn.reading.Lock()
		defer conn.reading.Unlock()
		return int(conn.bucket.Used(w.rate(conn.speaks()), w.rateClock())*1000 + 0.5)
	}
	before := used()
	c.sendDeflated(gws.OpcodeBinary, typed(1, pieces*longMessage))
	w.until("the message is processed", func() bool { return used() >= before+1+pieces })
	if got := used() - before; got != 1+pieces {
		t.Errorf("it counts as %d messages, want %d", got, 1+pieces)
	}
}
