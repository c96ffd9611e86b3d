package e2e

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/persist/storetest"
)

// caretUpdate returns a y-websocket client's message about its awareness state.
func caretUpdate(client, clock uint64, state string) []byte {
	b := yjs.AppendAwarenessHeader(nil, 1)
	return yjs.AppendAwarenessEntry(b, yjs.AwarenessEntry{Client: client, Clock: clock, State: []byte(state)})
}

// TestFrozenDisk shows that while the disk blocks nobody is sent the text that a client types, but
// presence, health, and joins of rooms with nothing pending, loaded or not, work without delay; and
// that the text arrives, and stays, when the disk works again.
func TestFrozenDisk(t *testing.T) {
	t.Parallel()
	v := storetest.NewVolume(t)
	s := startAt(t, freeAddr(t), filepath.Join(v.Dir, "data"))
	const room, text, more = "frozen", "before", "meanwhile"
	for i := range 4 {
		writeTexts(t, s, fmt.Sprint("quiet-", i), 1, text)
	}
	writeTexts(t, s, room, 1, text)
	if code := s.terminate(); code != 0 { // so that no room is loaded at first
		t.Fatalf("exit code %d", code)
	}
	s = s.restart()
	writeTexts(t, s, "quiet-0", 2, text) // loads this room
	ann, bob := dialRaw(t, s, "/realtime/records/"+room), dialRaw(t, s, "/realtime/records/"+room)
	var annHas, bobHas ydoc.Doc
	for c, has := range map[*rawConn]*ydoc.Doc{ann: &annHas, bob: &bobHas} {
		c.say(t, protocol.SyncRequest, yjs.StateVector{}.Append(nil))
		for has.Clock(1) < uint64(len(text)) {
			c.receive(t, has)
		}
	}

	v.Freeze()
	ann.say(t, protocol.Update, insertion(3, more))
	for i := range 3 {
		state := fmt.Sprintf(`{"at":%d}`, i)
		ann.say(t, protocol.Awareness, caretUpdate(9, uint64(i), state))
		bob.receiveState(t, 9, state, &bobHas)
		s.mustBeHealthy()
	}
	for i := range 4 {
		mustHaveTexts(t, s, fmt.Sprint("quiet-", i), 1, text)
	}
	if annHas.Clock(3)+bobHas.Clock(3) > 0 {
		t.Error("what is not durable has been sent")
	}
	v.Thaw()
	for c, has := range map[*rawConn]*ydoc.Doc{ann: &annHas, bob: &bobHas} {
		for has.Clock(3) < uint64(len(more)) {
			c.receive(t, has)
		}
	}
	s.kill()
	s = s.restart()
	mustHaveTexts(t, s, room, 3, more)
	if code := s.terminate(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// receiveState reads until a client's awareness state has come.
func (c *rawConn) receiveState(t *testing.T, client uint64, state string, doc *ydoc.Doc) {
	t.Helper()
	for {
		for _, e := range c.receive(t, doc) {
			if e.Client == client && string(e.State) == state {
				return
			}
		}
	}
}
