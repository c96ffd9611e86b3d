package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// confirmed has the structs and deletions that a y-websocket client of version 4 takes for
// confirmed: those in updates that it is sent.
type confirmed struct {
	structs map[yjs.ID]bool
	deletes map[yjs.ID]bool
}

// takeConfirmed returns the structs and deletions in the messages since the last call.
func (c *client) takeConfirmed() confirmed {
	all := confirmed{map[yjs.ID]bool{}, map[yjs.ID]bool{}}
	for _, m := range c.conn.take() {
		if m.Kind != protocol.Update && m.Kind != protocol.SyncReply {
			continue
		}
		r := checked(c.w.t, m.Body).Read()
		for r.NextSection() {
			for s := (yjs.Struct{}); r.Structs.Read(&s); {
				for n := range s.Len {
					all.structs[yjs.ID{Client: s.Client, Clock: s.Clock + n}] = true
				}
			}
		}
		deletes := r.Deletes()
		for d := (yjs.DeleteRange{}); deletes.Next(&d); {
			for clock := d.Clock; clock < d.End; clock++ {
				all.deletes[yjs.ID{Client: d.Client, Clock: clock}] = true
			}
		}
	}
	return all
}

// insertedAndDeleted is an update of one transaction that inserts three characters and deletes
// them.
func insertedAndDeleted(client uint64) []byte {
	b := yjs.AppendID([]byte{1, 1}, yjs.ID{Client: client})
	b = lib0.AppendString(append(b, yjs.RefDeleted, 1), "text")
	return append(lib0.AppendUvarint(append(b, 3, 1), client), 1, 0, 3)
}

// TestEchoOfKnownUpdates shows that a y-websocket client gets back every update that it sends,
// known or not, and that others are sent only updates with something new.
func TestEchoOfKnownUpdates(t *testing.T) {
	for _, tt := range []struct {
		name             string
		update           []byte
		structs, deletes int // that come back
		others           int // messages to others
	}{
		{"all known", typed(1, 0, "hello"), 5, 0, 0},
		{"part of it known", typed(1, 0, "hello, you"), 10, 0, 1},
		{"deleted before", deleted(1, 1, 2), 0, 2, 0},
		{"in part deleted before", deleted(1, 0, 4), 0, 4, 1},
		{"typed and deleted at once", insertedAndDeleted(9), 3, 3, 1},
		{"new", typed(9, 0, "x"), 1, 0, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, Config{}, func(w *world) {
				a, b := w.joinSynced("r"), w.joinSynced("r")
				b.sends(protocol.Update, typed(1, 0, "hello"))
				b.sends(protocol.Update, deleted(1, 1, 2))
				pass(time.Second)
				a.conn.take()
				b.conn.take()
				a.sends(protocol.Update, tt.update)
				pass(time.Second)
				if got := a.takeConfirmed(); len(got.structs) != tt.structs || len(got.deletes) != tt.deletes {
					t.Errorf("%d structs and %d deletions come back", len(got.structs), len(got.deletes))
				}
				if got := b.conn.take(); len(got) != tt.others {
					t.Errorf("others are sent %d messages", len(got))
				}
			})
		})
	}
}

// TestEchoIsDurable shows that an update that is known but not durable is not confirmed until it
// is.
func TestEchoIsDurable(t *testing.T) {
	for _, patience := range []time.Duration{time.Second, time.Hour} {
		inWorld(t, Config{JournalPatience: patience}, func(w *world) {
			a, b := w.joinSynced("r"), w.joinSynced("r")
			w.store.appending.close()
			b.sends(protocol.Update, typed(1, 0, "hello"))
			pass(10 * time.Second)
			a.sends(protocol.Update, typed(1, 0, "hello"))
			pass(10 * time.Second)
			if got := a.takeConfirmed(); len(got.structs) > 0 {
				t.Errorf("%d structs are confirmed", len(got.structs))
			}
			w.store.appending.open()
			pass(time.Second)
			if got := a.takeConfirmed(); len(got.structs) != 5 {
				t.Errorf("%d structs are confirmed when they are durable", len(got.structs))
			}
		})
	}
}

// TestReconnectedClientGetsReceipts shows that a client of Yjs 14 that returns is sent its own
// updates again as receipts, whether it first sends its awareness state or its state vector, and
// that other clients are sent only the updates that they lack.
func TestReconnectedClientGetsReceipts(t *testing.T) {
	const yjs14 = 1 << 40
	for _, tt := range []struct {
		name   string
		client uint64
		has    bool
		first  bool // its awareness state comes before its state vector
		want   int  // structs that are confirmed
	}{
		{"Yjs 14", yjs14, true, false, 5 + 8},
		{"Yjs 14, presence first", yjs14, true, true, 5 + 8},
		{"Yjs 14, with nothing", yjs14, false, false, 5 + 8},
		{"Yjs 13", 1, true, false, 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, Config{}, func(w *world) {
				a, b := w.joinSynced("r"), w.joinSynced("r")
				a.sends(protocol.Update, typed(tt.client, 0, "hello"))
				b.sends(protocol.Update, typed(2, 0, "bye"))
				pass(time.Second)
				a.Leave()
				b.sends(protocol.Update, typed(2, 3, ", bye"))
				pass(time.Second)
				back := w.join("r")
				back.conn.take()
				have := yjs.StateVector{}
				if tt.has {
					have = yjs.StateVector{{Client: tt.client, Clock: 5}, {Client: 2, Clock: 3}}
				}
				steps := []func(){
					func() { back.sends(protocol.SyncRequest, have.Append(nil)) },
					func() { back.sends(protocol.Awareness, awarenessUpdate(stateEntry(tt.client, 1, `{}`))) },
				}
				if tt.first {
					steps[0], steps[1] = steps[1], steps[0]
				}
				for _, step := range steps {
					step()
					settle()
				}
				pass(time.Second)
				if got := back.takeConfirmed(); len(got.structs) != tt.want {
					t.Errorf("%d structs are confirmed", len(got.structs))
				}
			})
		})
	}
}

// TestEchoesAreBounded shows that a client that sends known updates again and again, and reads
// nothing, has no more than one answer in its queue.
func TestEchoesAreBounded(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		long := typed(1, 0, strings.Repeat("x", 30_000))
		b.sends(protocol.Update, long)
		pass(time.Second)
		a.conn.take()
		a.conn.reading.close()
		for range 200 {
			a.sends(protocol.Update, long)
			settle()
		}
		if n := a.queue.Bytes(); n > 100_000 {
			t.Errorf("the queue has %d bytes", n)
		}
		a.conn.reading.open()
		pass(time.Second)
		if got := a.takeConfirmed(); len(got.structs) != 30_000 {
			t.Errorf("%d structs are confirmed", len(got.structs))
		}
	})
}

// TestNativesAreAcknowledged shows that a native client is sent an acknowledgement of a known
// update, and no echo.
func TestNativesAreAcknowledged(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinJSON("r", ann)
		a.types(1, 0, "hello")
		pass(time.Second)
		a.conn.take()
		a.types(1, 0, "hello")
		pass(time.Second)
		a.wantMessages("a known update", "control/ack")
	})
}
