package engine

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/outbound"
)

// TestSlowPeer shows that a peer that misses more than its queue holds, which is some batches or
// none, gets one difference when it reads again.
func TestSlowPeer(t *testing.T) {
	for _, limit := range []int{1, 1000} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			inWorld(t, Config{QueueBytes: limit}, func(w *world) { testSlowPeer(w, limit) })
		})
	}
}

func testSlowPeer(w *world, limit int) {
	const lines, line = 200, "about a hundred bytes ................................................................................"
	a, b, late, slow := w.joinSynced("r"), w.joinSynced("r"), w.joinSynced("r"), w.joinSynced("r")
	slow.conn.reading.close()
	for i := range uint64(lines) {
		a.types(i*uint64(len(line)), line)
		b.types(i, "b")
		pass(100 * time.Millisecond)
	}
	late.types(0, "the first time, long after the queue was full")
	pass(time.Second)
	a.sends(protocol.Update, deleted(a.id, 5, 10))
	pass(time.Second)
	if n := slow.queue.Bytes(); n > limit+1000 {
		w.t.Errorf("%d bytes are kept for a peer that reads nothing", n)
	}

	slow.conn.reading.open()
	settle()
	if !bytes.Equal(a.conn.state(), slow.conn.state()) {
		w.t.Error("the slow peer's document differs")
	}
	if got := slow.conn.kinds(); len(got) > 12 {
		w.t.Errorf("%d messages instead of what was queued and one diff", len(got))
	}
	a.types(lines*uint64(len(line)), "more")
	settle()
	slow.wantMessages("afterwards it is sent updates like others", protocol.Update)
}

// lastStates returns the last awareness state of each client id in messages.
func lastStates(messages []protocol.Message) map[uint64]string {
	present := make(map[uint64]string)
	for _, m := range messages {
		if m.Kind != protocol.Awareness {
			continue
		}
		a, err := yjs.CheckAwareness(m.Body)
		if err != nil {
			panic(err)
		}
		for e := range a.Entries() {
			present[e.Client] = string(e.State)
		}
	}
	return present
}

// TestSlowPeerIsSentAllStates shows that a peer whose queue has dropped awareness updates is sent
// all states when it reads, removed ones too.
func TestSlowPeerIsSentAllStates(t *testing.T) {
	inWorld(t, Config{QueueBytes: 1000}, func(w *world) {
		a, slow := w.joinSynced("r"), w.joinSynced("r")
		slow.conn.reading.close()
		for i := range uint64(20) {
			a.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 1+i, fmt.Sprintf(`"%0100d"`, i))))
			if i == 3 {
				a.sends(protocol.Awareness, awarenessUpdate(stateEntry(8, 0, here)))
			}
			pass(100 * time.Millisecond)
		}
		a.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 100, "")))
		pass(time.Second)
		slow.conn.reading.open()
		settle()
		if got := lastStates(slow.conn.take()); !maps.Equal(got, map[uint64]string{7: "null", 8: here}) {
			t.Errorf("present: %v", got)
		}
	})
}

// TestLeavingForgetsTheQueue shows that the queue of a peer that leaves is dropped.
func TestLeavingForgetsTheQueue(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, stuck := w.joinSynced("r"), w.joinSynced("r")
		stuck.conn.reading.close()
		for i := range uint64(10) {
			a.types(i, "x")
			pass(time.Second)
		}
		stuck.Leave()
		stuck.conn.reading.open()
		settle()
		stuck.wantMessages("what was being written", protocol.Update)
	})
}

// TestSlowPeerMissesOnlyWhatItMissed shows that the difference for a slow peer is about as large as
// the updates that it missed.
func TestSlowPeerMissesOnlyWhatItMissed(t *testing.T) {
	inWorld(t, Config{QueueBytes: 1000}, func(w *world) {
		a, slow := w.joinSynced("r"), w.joinSynced("r")
		a.types(0, strings.Repeat("known ", 10_000))
		pass(time.Second)
		slow.conn.take()
		slow.conn.reading.close()
		for i := range uint64(30) {
			a.types(60_000+100*i, strings.Repeat("x", 100))
			pass(100 * time.Millisecond)
		}
		slow.conn.reading.open()
		settle()
		size := 0
		for _, m := range slow.conn.take() {
			size += len(m.Body)
		}
		if size > 2*3000 {
			t.Errorf("%d bytes for the 3000 it missed", size)
		}
		if !bytes.Equal(a.conn.state(), slow.conn.state()) {
			t.Error("the slow peer's document differs")
		}
	})
}

// TestOneAnswerAtATime shows that a peer that requests everything many times, and reads nothing,
// gets one answer.
func TestOneAnswerAtATime(t *testing.T) {
	inWorld(t, Config{QueueBytes: 1000}, func(w *world) {
		a, greedy := w.joinSynced("r"), w.joinSynced("r")
		a.types(0, strings.Repeat("x", 100_000))
		pass(time.Second)
		greedy.conn.take()
		greedy.conn.reading.close()
		a.types(100_000, "y") // keeps the writer busy
		settle()
		for range 50 {
			greedy.sends(protocol.SyncRequest, []byte{0})
			greedy.sends(protocol.AwarenessRequest, nil)
		}
		if n := greedy.queue.Bytes(); n > 110_000 {
			t.Errorf("its queue has %d bytes", n)
		}
		greedy.conn.reading.open()
		settle()
		if kinds := greedy.conn.kinds(); len(kinds) > 4 {
			t.Errorf("50 requests were answered with %v", kinds)
		}
	})
}

// TestJoinersShareTheState shows that peers that join and read nothing yet share one encoded reply.
func TestJoinersShareTheState(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		a.types(0, strings.Repeat("x", 100_000))
		pass(time.Second)
		var wires []*byte
		for range 5 {
			c := w.join("r")
			settle()
			c.conn.reading.close()
			c.sends(protocol.AwarenessRequest, nil)
			c.sends(protocol.SyncRequest, []byte{0})
			whole := c.room.documents.Reply(protocol.YWebsocket{}, c.room.version, func() []*outbound.Message {
				t.Fatal("the reply is not kept while a peer waits for it")
				return nil
			})
			wires = append(wires, &whole[0].Wire[0])
			defer c.conn.reading.open()
		}
		if len(slices.Compact(wires)) != 1 {
			t.Error("each joiner has a copy of the state")
		}
	})
}

// TestBrokenConnectionLeaves shows that a peer whose connection fails leaves the room.
func TestBrokenConnectionLeaves(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, broken := w.joinSynced("r"), w.joinSynced("r")
		broken.sends(protocol.Awareness, awarenessUpdate(stateEntry(5, 1, `{}`)))
		pass(time.Second)
		broken.conn.mu.Lock()
		broken.conn.broken = errors.New("reset by peer")
		broken.conn.mu.Unlock()
		a.conn.take()
		a.types(0, "a")
		pass(time.Second)
		if len(a.room.peers) != 1 || broken.conn.closed() == 0 {
			t.Error("the broken peer is still in the room")
		}
		if lastStates(a.conn.take())[5] != "null" {
			t.Error("its awareness state was not removed")
		}
	})
}

// TestLargeMessagesAreFragmented shows that a document of 200 KB reaches a peer that joins.
func TestLargeMessagesAreFragmented(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		text := strings.Repeat("0123456789", 20_000)
		a.types(0, text)
		pass(time.Second)
		b := w.joinSynced("r")
		if !bytes.Equal(a.conn.state(), b.conn.state()) || b.conn.stateVector()[0].Clock != uint64(len(text)) {
			t.Error("the peer that joined has another document")
		}
	})
}
