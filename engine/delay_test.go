package engine

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// outages are the ways in which a journal can fail to store rows, each with its end.
var outages = map[string]struct{ begin, end func(s *memStore) }{
	"it fails":        {func(s *memStore) { s.failAppend(errStore) }, func(s *memStore) { s.failAppend(nil) }},
	"it stands still": {func(s *memStore) { s.appending.close() }, func(s *memStore) { s.appending.open() }},
}

// rawConn keeps the bytes that it is sent.
type rawConn struct {
	sink
	mu   sync.Mutex
	sent []byte
}

func (c *rawConn) Write(frames [][]byte, _ func()) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = append(c.sent, bytes.Join(frames, nil)...)
	return nil
}

func (c *rawConn) contains(text string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Contains(c.sent, []byte(text))
}

// joinAndRequest joins as a y-websocket client that requests the document, and keeps all messages.
func (w *world) joinAndRequest(room string) *client {
	w.t.Helper()
	c := w.join(room)
	c.sends(protocol.SyncRequest, yjs.StateVector{}.Append(nil))
	return c
}

// wantState fails unless the client has this document, and has been sent an answer since the last
// call if synced is set, or else none.
func (c *client) wantState(what string, state []byte, synced bool) {
	c.w.t.Helper()
	if got := slices.Contains(c.conn.kinds(), protocol.SyncReply); got != synced {
		c.w.t.Errorf("%s: synced %v, want %v", what, got, synced)
	}
	if got := c.conn.state(); !bytes.Equal(got, state) {
		c.w.t.Errorf("%s: state %x, want %x", what, got, state)
	}
}

// TestNewcomersWhileTheJournalDoesNotWork shows that during an outage of the journal peers that
// join get the durable document in every protocol, and the rest when that is durable, while the
// others get one notice and still see each other's presence.
func TestNewcomersWhileTheJournalDoesNotWork(t *testing.T) {
	for name, outage := range outages {
		t.Run(name, func(t *testing.T) {
			inWorld(t, Config{StoreTimeout: time.Hour}, func(w *world) {
				author, reader := w.joinSynced("r"), w.joinSynced("r")
				author.types(0, "durable")
				pass(time.Second)
				durable := reader.conn.state()
				witness := w.joinJSON("r", ann)
				witness.conn.take()

				outage.begin(w.store)
				author.types(7, " waits")
				early := w.joinAndRequest("r")
				pass(time.Second)
				early.wantState("before the notice", []byte{0, 0}, false)
				witness.wantNotices()
				author.types(13, " too")
				pass(3 * time.Second)
				witness.wantNotices(noticeDelayed)
				early.wantState("a peer that joined before the notice", durable, true)
				if w.Ready() == nil {
					t.Error("the engine is ready")
				}

				late := w.joinAndRequest("r")
				native := w.joinJSON("r", bob)
				packed := new(rawConn)
				if _, err := w.Join(context.Background(), roomkey.MustParse("r"), packed, protocol.MsgPack{}, bob); err != nil {
					t.Fatal(err)
				}
				settle()
				late.wantState("a peer that joined later", durable, true)
				got := native.wantMessages("a native newcomer", "control/room_state", "presence/awareness", "control/notice")
				if got[0].Room.Version != 1 || got[2].Notice.Message != noticeDelayed {
					t.Errorf("version %d, notice %q", got[0].Room.Version, got[2].Notice.Message)
				}
				if !packed.contains("durable") || packed.contains("waits") || !packed.contains(noticeDelayed) {
					t.Errorf("the MessagePack client was sent %q", packed.sent)
				}
				author.sends(protocol.Awareness, awarenessUpdate(stateEntry(author.id, 1, `{"n":1}`)))
				pass(time.Second)
				if !slices.Contains(late.conn.kinds(), protocol.Awareness) {
					t.Error("no presence was sent")
				}
				other := w.joinAndRequest("another room")
				settle()
				other.wantState("in another room", []byte{0, 0}, true)
				reader.conn.take()
				if state := reader.conn.state(); !bytes.Equal(state, durable) {
					t.Error("a peer was sent an update that is not durable")
				}

				outage.end(w.store)
				pass(10 * time.Second)
				all := author.room.doc.AppendState(nil)
				for _, c := range []*client{reader, early, late} {
					if !bytes.Equal(c.conn.state(), all) {
						t.Errorf("state %x, want %x", c.conn.state(), all)
					}
				}
				if !strings.Contains(string(all), "durable waits too") || !packed.contains(" waits") || !packed.contains(noticeDurable) {
					t.Errorf("the document is %q, the MessagePack client was sent %q", all, packed.sent)
				}
				if err := w.Ready(); err != nil {
					t.Error(err)
				}
				witness.wantNotices(noticeDurable)
				native.wantNotices(noticeDurable)
				if n := w.metrics.delayedRooms.Get(); n != 0 {
					t.Errorf("%v rooms are delayed", n)
				}
			})
		})
	}
}

// TestRecordWhileTheJournalDoesNotWork shows that a room begins with its record's text during an
// outage of the journal, and that edits reach others when they are durable.
func TestRecordWhileTheJournalDoesNotWork(t *testing.T) {
	for name, outage := range outages {
		t.Run(name, func(t *testing.T) {
			inRecordWorld(t, Config{StoreTimeout: time.Hour}, "the text", func(w *recordWorld) {
				outage.begin(w.store)
				a := w.opens("ann")
				pass(4 * time.Second)
				w.wantText("the text", a)
				a.writes("the text, and more")
				b := w.opens("bob")
				pass(time.Second)
				w.wantText("the text", b)
				outage.end(w.store)
				pass(10 * time.Second)
				w.wantText("the text, and more", a, b)
			})
		})
	}
}

// TestJoinWaitsWithoutAnyDocument shows that a peer that joins is sent no empty document during an
// outage if there is neither a record nor anything durable, as it would write on that.
func TestJoinWaitsWithoutAnyDocument(t *testing.T) {
	inRecordWorld(t, Config{}, "", func(w *recordWorld) {
		w.records.remove("r")
		a := w.joinsWith(new(memConn), Identity{ID: "ann"})
		w.store.failAppend(errStore)
		a.types(0, "text")
		b := w.joinsWith(new(memConn), Identity{ID: "bob"})
		pass(10 * time.Second)
		b.wantState("during the outage", []byte{0, 0}, false)
		w.store.failAppend(nil)
		pass(10 * time.Second)
		b.wantState("after it", a.room.doc.AppendState(nil), true)
	})
}

// TestDroppedUpdatesWhileTheJournalDoesNotWork shows that a peer whose queue has overflowed gets
// the durable part of the missed updates during an outage, and then the rest.
func TestDroppedUpdatesWhileTheJournalDoesNotWork(t *testing.T) {
	inWorld(t, Config{QueueBytes: 1 << 10}, func(w *world) {
		author, slow := w.joinSynced("r"), w.joinSynced("r")
		slow.conn.reading.close()
		for n := range uint64(10) {
			author.types(1000*n, strings.Repeat("x", 1000))
			pass(time.Second)
		}
		durable := author.room.doc.AppendState(nil)
		w.store.failAppend(errStore)
		author.types(10_000, "lost?")
		pass(10 * time.Second)
		slow.conn.reading.open()
		pass(time.Second)
		if !bytes.Equal(slow.conn.state(), durable) {
			t.Error("it was not sent the durable document")
		}
		w.store.failAppend(nil)
		pass(10 * time.Second)
		if !bytes.Equal(slow.conn.state(), author.room.doc.AppendState(nil)) {
			t.Error("it was not sent the rest")
		}
	})
}

// TestNoRowOfCrashedRoom shows that the rows of a room that crashes during an outage are not stored
// after it, as the room is loaded anew by then.
func TestNoRowOfCrashedRoom(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		w.store.failAppend(errStore)
		a.types(0, "x")
		pass(time.Second)
		a.room.crash("of a test")
		w.store.failAppend(nil)
		pass(time.Minute)
		if rows := w.store.rowCount("r"); rows != 0 {
			t.Errorf("%d rows", rows)
		}
	})
}
