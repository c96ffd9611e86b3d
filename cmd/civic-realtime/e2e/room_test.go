package e2e

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// insertion returns an update in which a new client inserts text into the shared type "text".
func insertion(client uint64, text string) []byte {
	b := yjs.AppendID([]byte{1, 1}, yjs.ID{Client: client})
	return append(lib0.AppendString(lib0.AppendString(append(b, yjs.RefString, 1), "text"), text), 0)
}

func (c *rawConn) say(t *testing.T, k protocol.Kind, body []byte) {
	t.Helper()
	if _, err := c.Write([]byte(frame(fin|opBinary, string(protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: k, Body: body}))))); err != nil {
		t.Fatal(err)
	}
}

// writeTexts inserts texts into a room, each with another client, of which the first has the number
// first, and waits until the server has sent them back, as it does when they are durable.
func writeTexts(t *testing.T, s *server, room string, first uint64, texts ...string) {
	t.Helper()
	c := dialRaw(t, s, "/realtime/records/"+room)
	defer c.Close()
	for i, text := range texts {
		c.say(t, protocol.Update, insertion(first+uint64(i), text))
	}
	c.receiveTexts(t, first, texts)
}

// mustHaveTexts checks that a new client of the room is sent the texts.
func mustHaveTexts(t *testing.T, s *server, room string, first uint64, texts ...string) {
	t.Helper()
	c := dialRaw(t, s, "/realtime/records/"+room)
	defer c.Close()
	c.say(t, protocol.SyncRequest, yjs.StateVector{}.Append(nil))
	state := c.receiveTexts(t, first, texts)
	for i, text := range texts {
		if !bytes.Contains(state, []byte(text)) {
			t.Errorf("what client %d wrote into %s is not what it was", first+uint64(i), room)
		}
	}
}

// receiveTexts reads until all texts have come, and returns the state of the document.
func (c *rawConn) receiveTexts(t *testing.T, first uint64, texts []string) []byte {
	t.Helper()
	var doc ydoc.Doc
	for i, text := range texts {
		for doc.Clock(first+uint64(i)) < uint64(len(text)) {
			c.receive(t, &doc)
		}
	}
	return doc.AppendState(nil)
}

// receive reads a message. It merges an update into doc, and returns the awareness states.
func (c *rawConn) receive(t *testing.T, doc *ydoc.Doc) (states []yjs.AwarenessEntry) {
	t.Helper()
	head, payload, err := c.readFrame()
	for last := head; err == nil && last&fin == 0; {
		var more string
		last, more, err = c.readFrame()
		payload += more
	}
	if err != nil {
		t.Fatal(err)
	}
	if head&0xf != opBinary {
		return nil
	}
	var m protocol.Message
	if _, err := (protocol.YWebsocket{}).Next([]byte(payload), &m); err != nil {
		t.Fatal(err)
	}
	switch m.Kind {
	case protocol.Update, protocol.SyncReply:
		u, err := yjs.CheckUpdate(m.Body)
		if err != nil {
			t.Fatal(err)
		}
		doc.Apply(u)
	case protocol.Awareness:
		a, err := yjs.CheckAwareness(m.Body)
		if err != nil {
			t.Fatal(err)
		}
		states = slices.Collect(a.Entries())
	}
	return states
}

// letters returns a text of n random letters, which can be compressed to three eighths.
func letters(random *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'a' + byte(random.Uint32()&7)
	}
	return string(b)
}
