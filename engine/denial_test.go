package engine

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// joinViewer joins as a viewer, requests the document and forgets the first messages.
func (w *world) joinViewer(room string) *client {
	w.t.Helper()
	conn := new(memConn)
	p, err := w.Join(context.Background(), roomkey.MustParse(room), conn, protocol.YWebsocket{}, Identity{ID: "viewer", ReadOnly: true})
	if err != nil {
		w.t.Fatalf("join: %v", err)
	}
	c := &client{p, conn, w}
	c.sends(protocol.SyncRequest, yjs.StateVector{}.Append(nil))
	pass(time.Second)
	conn.take()
	return c
}

// TestReadOnlyWrites shows that updates of a viewer are neither merged nor relayed nor stored.
func TestReadOnlyWrites(t *testing.T) {
	for _, test := range []struct {
		name   string
		kind   protocol.Kind
		update []byte
	}{
		{"update", protocol.Update, typed(99, 0, "mine")},
		{"answer to our request", protocol.SyncReply, typed(99, 0, "mine")},
		{"continuation of another's", protocol.Update, typed(1, 5, "!")},
		{"deletion", protocol.Update, deleted(1, 0, 5)},
		{"what must wait for more", protocol.Update, typed(99, 7, "mine")},
		{"deletion of what is not there", protocol.Update, deleted(98, 0, 1)},
	} {
		t.Run(test.name, func(t *testing.T) {
			inWorld(t, Config{}, func(w *world) {
				writer := w.joinSynced("r")
				writer.sends(protocol.Update, typed(1, 0, "hello"))
				pass(time.Second)
				writer.conn.take()
				viewer := w.joinViewer("r")
				state, rows := writer.conn.state(), w.store.rowCount("r")

				for range 20 { // more than the malformed messages that end a connection
					viewer.sends(test.kind, test.update)
				}
				pass(time.Second)
				answers := viewer.conn.take()
				if len(answers) != 1 || answers[0].Kind != protocol.Failure || answers[0].Text != "read-only" {
					t.Errorf("the viewer is sent %+v", answers)
				}
				if relayed := writer.conn.kinds(); len(relayed) > 0 {
					t.Errorf("the writer is sent %v", relayed)
				}
				newcomer := w.joinSynced("r")
				if !bytes.Equal(newcomer.conn.state(), state) || viewer.room.doc.PendingSize() > 0 || w.store.rowCount("r") != rows {
					t.Error("the room has changed")
				}
				if n := w.metrics.denials[ErrReadOnly].Get(); n != 20 {
					t.Errorf("%d counted", n)
				}
				if n := strings.Count(w.out.String(), "update denied"); n != 1 || viewer.conn.closed() != 0 {
					t.Errorf("logged %d times, closed with %d", n, viewer.conn.closed())
				}
			})
		})
	}
}

// TestReadOnlyHasNothingNew shows that a viewer is not denied when it answers a request with the
// document that it was sent.
func TestReadOnlyHasNothingNew(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		writer := w.joinSynced("r")
		writer.sends(protocol.Update, typed(1, 0, "hello"))
		writer.sends(protocol.Update, deleted(1, 1, 2))
		pass(time.Second)
		viewer := w.joinViewer("r")
		for _, update := range [][]byte{{0, 0}, viewer.conn.state(), typed(1, 0, "he"), deleted(1, 2, 1)} {
			viewer.sends(protocol.SyncReply, update)
			viewer.sends(protocol.Update, update)
		}
		pass(time.Second)
		answers := viewer.conn.take()
		if n := w.metrics.denials[ErrReadOnly].Get(); n != 0 || countKind(answers, protocol.Update) != len(answers) {
			t.Errorf("%d denied, sent %+v", n, answers)
		}
	})
}

// TestReadOnlyIsPresent shows that a viewer sees and is seen, and is sent the updates of others.
func TestReadOnlyIsPresent(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		writer, viewer := w.joinSynced("r"), w.joinViewer("r")
		viewer.sends(protocol.Update, typed(99, 0, "mine"))
		viewer.sends(protocol.Awareness, awarenessUpdate(stateEntry(99, 1, `{"at":1}`)))
		writer.types(0, "x")
		pass(time.Second)
		if received := writer.conn.kinds(); !slices.Equal(received, []protocol.Kind{protocol.Awareness, protocol.Update}) {
			t.Errorf("the writer is sent %v", received)
		}
		if !bytes.Equal(viewer.conn.state(), writer.conn.state()) {
			t.Error("the viewer does not have the document")
		}
	})
}

// TestReadOnlyMalformed shows that an invalid update of a viewer ends its connection, and that its
// malformed messages are charged, like anybody's.
func TestReadOnlyMalformed(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		viewer := w.joinViewer("r")
		err := viewer.Deliver(protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: []byte{9}}))
		if closing, ok := err.(*CloseError); !ok || closing.Code != CloseInvalidUpdate {
			t.Errorf("%v", err)
		}
		if err = viewer.Deliver([]byte{0, 0, 5}); err != nil || viewer.conn.charged != 9 {
			t.Errorf("%v, charged %d", err, viewer.conn.charged)
		}
	})
}
