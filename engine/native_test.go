package engine

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// jsonConn is the client's end of a connection that speaks JSON.
type jsonConn struct {
	mu    sync.Mutex
	why   *CloseError
	inbox []jsonMessage
	doc   ydoc.Doc

	charged int // messages, by Charge
}

// jsonMessage has the members of all messages that a server sends.
type jsonMessage struct {
	Type, Event, Update, From, Reason, Awareness string
	In                                           string // of a signal
	Version, Count                               uint64
	ReadOnly                                     bool
	Timestamp, Expires                           int64
	User                                         struct{ ID, Name, Color string }
	Cursor                                       json.RawMessage
	Error                                        struct{ Code, Message string }
	Notice                                       struct{ Level, Message string }
	Room                                         struct {
		ID, YjsState, StateVector string
		Version                   uint64
		ReadOnly                  bool
		More                      int
		Settled                   uint64
		Participants              []struct{ ID, Name, Color string }
	}
}

// name returns the message's type and event, as the specification writes them.
func (m jsonMessage) name() string { return strings.TrimSuffix(m.Type+"/"+m.Event, "/") }

func (c *jsonConn) Write(frames [][]byte, waits func()) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for payload := range payloads(bytes.Join(frames, nil)) {
		var m jsonMessage
		if err := json.Unmarshal(payload, &m); err != nil {
			panic(fmt.Sprintf("%v in %s", err, payload))
		}
		c.inbox = append(c.inbox, m)
		c.merge(m.Update)
		c.merge(m.Room.YjsState)
	}
	return nil
}

func (c *jsonConn) merge(text string) {
	if text == "" {
		return
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	u, err := yjs.CheckUpdate(b)
	if err != nil {
		panic(err)
	}
	c.doc.Apply(u)
}

func (c *jsonConn) Finish() {}

func (c *jsonConn) Close(why *CloseError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.why == nil {
		c.why = why
	}
}

func (c *jsonConn) Renew([]byte) {}

func (c *jsonConn) Charge(messages int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.charged += messages
}

// take returns the messages since the last call.
func (c *jsonConn) take() []jsonMessage {
	c.mu.Lock()
	defer c.mu.Unlock()
	inbox := c.inbox
	c.inbox = nil
	return inbox
}

func (c *jsonConn) state() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.doc.AppendState(nil)
}

// native is a peer that speaks JSON.
type native struct {
	*Peer
	conn *jsonConn
	w    *world
}

func (w *world) joinJSON(room string, identity Identity) *native {
	w.t.Helper()
	conn := new(jsonConn)
	p, err := w.Join(context.Background(), roomkey.MustParse(room), conn, protocol.JSON{}, identity)
	if err != nil {
		w.t.Fatalf("join: %v", err)
	}
	settle()
	return &native{p, conn, w}
}

// Leave returns when the peer has left the room.
func (c *native) Leave() {
	c.Peer.Leave()
	settle()
}

// Become returns when the peer has that session.
func (c *native) Become(identity Identity) {
	c.Peer.Become(identity)
	settle()
}

func (c *native) sendsJSON(format string, args ...any) {
	c.w.t.Helper()
	if err := c.Deliver(fmt.Appendf(nil, format, args...)); err != nil {
		c.w.t.Fatalf("deliver: %v", err)
	}
}

func (c *native) types(client, clock uint64, text string) {
	c.w.t.Helper()
	c.sendsJSON(`{"type":"sync","update":%q}`, base64.StdEncoding.EncodeToString(typed(client, clock, text)))
}

// wantMessages fails unless exactly messages of these names have come since the last call, and
// returns them.
func (c *native) wantMessages(what string, names ...string) []jsonMessage {
	c.w.t.Helper()
	settle()
	got := c.conn.take()
	var have []string
	for _, m := range got {
		have = append(have, m.name())
	}
	if !slices.Equal(have, names) {
		c.w.t.Errorf("%s: got %v, want %v", what, have, names)
		return make([]jsonMessage, len(names))
	}
	return got
}

var (
	ann = Identity{ID: "ann", Name: "Ann A."}
	bob = Identity{ID: "bob", Name: "Bob B."}
)

// TestWelcome shows that a native peer that joins is sent the room's state, its participants and
// the document.
func TestWelcome(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		y := w.joinSynced("record:1")
		y.types(0, "hello")
		pass(time.Second)
		a := w.joinJSON("record:1", ann)
		m := a.wantMessages("on joining", "control/room_state")[0]
		if m.Room.ID != "record:1" || m.Room.Version != 1 || m.Room.ReadOnly || m.Room.More != 0 {
			t.Errorf("%+v", m.Room)
		}
		names := []string{}
		for _, p := range m.Room.Participants {
			names = append(names, p.ID+"="+p.Name)
		}
		slices.Sort(names)
		if want := []string{"ann=Ann A.", fmt.Sprintf("guest-%d=Guest %d", y.id, y.id)}; !slices.Equal(names, want) {
			t.Errorf("participants %v, want %v", names, want)
		}
		vector, _ := base64.StdEncoding.DecodeString(m.Room.StateVector)
		if want := y.room.doc.AppendStateVector(nil); !bytes.Equal(vector, want) {
			t.Errorf("state vector %x, want %x", vector, want)
		}
		if want, _ := heldDocument(a.room); !bytes.Equal(a.conn.state(), want) {
			t.Error("the peer has another document")
		}
	})
}

// TestWelcomeIsDurable shows that a peer that joins is sent nothing that is not journaled.
func TestWelcomeIsDurable(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		y := w.joinSynced("r")
		w.store.appending.close()
		y.types(0, "hello")
		settle()
		a := w.joinJSON("r", ann)
		a.wantMessages("while the commit is under way")
		w.store.appending.open()
		pass(time.Second)
		if got := a.conn.take(); len(got) == 0 || got[0].name() != "control/room_state" || got[0].Room.Version != 1 {
			t.Errorf("then: %+v", got)
		}
	})
}

// TestWelcomeInParts shows that a long document is sent to a native peer in several messages, whose
// number is in the first.
func TestWelcomeInParts(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		y := w.joinSynced("r")
		y.types(0, strings.Repeat("long text ", 15_000))
		pass(time.Second)
		a := w.joinJSON("r", ann)
		got := a.conn.take()
		if got[0].name() != "control/room_state" || got[0].Room.More != len(got)-1 || len(got) < 4 {
			t.Errorf("%d messages, %d announced", len(got), got[0].Room.More)
		}
		if want, _ := heldDocument(a.room); !bytes.Equal(a.conn.state(), want) {
			t.Error("the messages together are another document")
		}
	})
}

// TestFirstPart shows that the first part of a document has visible content if the document has
// any: a client that fills empty documents with a text decides by that part.
func TestFirstPart(t *testing.T) {
	deleted := lib0.AppendUvarint(nil, 3000) // of clients whose content is all deleted
	for client := uint64(4000); client > 1000; client-- {
		deleted = append(yjs.AppendID(append(deleted, 1), yjs.ID{Client: client}), yjs.RefGC, 1)
	}
	deleted = append(deleted, 0)
	for _, tt := range []struct {
		name    string
		updates [][]byte
	}{
		{"empty", nil},
		{"12 KiB", [][]byte{typed(9, 0, strings.Repeat("x", 12<<10))}},
		{"20 KiB", [][]byte{typed(9, 0, strings.Repeat("x", 20<<10))}},
		{"150 KiB", [][]byte{typed(9, 0, strings.Repeat("x", 150<<10))}},
		{"a few letters behind much that is deleted", [][]byte{typed(9, 0, "x"), deleted}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, Config{}, func(w *world) {
				y := w.joinSynced("r")
				for _, u := range tt.updates {
					y.sends(protocol.Update, u)
				}
				pass(time.Second)
				a := w.joinJSON("r", ann)
				got := a.conn.take()
				first, err := base64.StdEncoding.DecodeString(got[0].Room.YjsState)
				if err != nil || len(first) > protocol.MinState || got[0].Room.More != len(got)-1 {
					t.Errorf("%v, %d bytes, %d messages of %d", err, len(first), len(got), got[0].Room.More)
				}
				if seen := bytes.Contains(first, []byte("x")); seen != (len(tt.updates) > 0) {
					t.Errorf("the first part has visible content: %v", seen)
				}
				if want, _ := heldDocument(a.room); !bytes.Equal(a.conn.state(), want) {
					t.Error("the parts together are another document")
				}
			})
		})
	}
}

// TestFirstPartIsShared shows that a peer that joins while the parts of the document wait for
// another peer is sent the same parts.
func TestFirstPartIsShared(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		y := w.joinSynced("r")
		y.types(0, strings.Repeat("x", 200<<10))
		pass(time.Second)
		y.room.mu.Lock()
		defer y.room.mu.Unlock()
		parts := y.room.whole(protocol.JSON{}, y.room.now())
		wanted := &parts[0].Update[0]
		waiting := parts[1:]
		parts = nil
		runtime.GC()
		runtime.GC()
		if again := y.room.whole(protocol.JSON{}, y.room.now()); &again[0].Update[0] != wanted {
			t.Error("the parts were encoded again")
		}
		runtime.KeepAlive(waiting)
	})
}

// TestAcks shows that the only author of a batch is sent an acknowledgement and nothing else, and
// that the authors of a shared one are sent the batch and an acknowledgement.
func TestAcks(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinJSON("r", ann), w.joinJSON("r", bob)
		pass(time.Second)
		a.conn.take()
		b.conn.take()

		a.types(1, 0, "x")
		ack := a.wantMessages("the author", "control/ack")[0]
		if ack.Version != 1 || ack.Count != 1 {
			t.Errorf("%+v", ack)
		}
		sync := b.wantMessages("the other", "sync")[0]
		if sync.Version != 1 || sync.From != "ann" {
			t.Errorf("%+v", sync)
		}

		a.types(1, 1, "y")
		a.types(1, 2, "z")
		a.types(1, 2, "z") // again
		a.wantMessages("within the window")
		pass(time.Second)
		if ack := a.wantMessages("after it", "control/ack")[0]; ack.Version != 3 || ack.Count != 3 {
			t.Errorf("%+v", ack)
		}
		b.wantMessages("merged", "sync")

		a.types(1, 2, "z")
		if ack := a.wantMessages("nothing new, and durable", "control/ack")[0]; ack.Version != 3 || ack.Count != 1 {
			t.Errorf("%+v", ack)
		}

		pass(time.Second)
		a.types(1, 3, "1") // sent at once
		a.wantMessages("alone", "control/ack")
		b.wantMessages("alone", "sync")
		a.types(1, 4, "2")
		b.types(2, 0, "3")
		pass(time.Second)
		a.wantMessages("one of two authors", "sync", "control/ack")
		if got := b.wantMessages("the last of two authors", "sync", "control/ack"); got[0].From != "bob" || got[1].Count != 1 {
			t.Errorf("%+v", got)
		}
		if !bytes.Equal(a.conn.state(), b.conn.state()) {
			t.Log("each lacks what it wrote alone, as it has only an acknowledgement of that")
		}
	})
}

// TestReceiptAfterCommit shows that an update is not acknowledged before it is durable.
func TestReceiptAfterCommit(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinJSON("r", ann)
		a.conn.take()
		w.store.appending.close()
		a.types(1, 0, "x")
		pass(time.Second)
		a.wantMessages("during the commit")
		w.store.appending.open()
		a.wantMessages("after it", "control/ack")
	})
}

// TestOthersContentReachesLoneAuthor shows that the author of an update that completes another
// peer's pending one is sent both.
func TestOthersContentReachesLoneAuthor(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinJSON("r", ann), w.joinJSON("r", bob)
		pass(time.Second)
		b.conn.take()
		a.types(1, 1, "b") // clock 0 is missing
		pass(time.Second)
		b.types(1, 0, "a")
		b.wantMessages("with the pending update", "sync", "control/ack")
	})
}

// TestRequestByStateVector shows that a request with a state vector is answered with the
// difference.
func TestRequestByStateVector(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		y := w.joinSynced("r")
		y.types(0, "hello")
		pass(time.Second)
		a := w.joinJSON("r", ann)
		a.conn.take()
		vector := base64.StdEncoding.EncodeToString(yjs.StateVector{{Client: y.id, Clock: 3}}.Append(nil))
		a.sendsJSON(`{"type":"sync","event":"request","stateVector":%q}`, vector)
		m := a.wantMessages("the answer", "sync/reply")[0]
		b, _ := base64.StdEncoding.DecodeString(m.Update)
		if m.Version != 1 || !bytes.Contains(b, []byte("lo")) || bytes.Contains(b, []byte("hel")) {
			t.Errorf("version %d, %q", m.Version, b)
		}
	})
}

// TestPing shows that a ping is answered with the server's time.
func TestPing(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinJSON("r", ann)
		a.conn.take()
		a.sendsJSON(`{"type":"ping"}`)
		if got := a.wantMessages("the answer", "pong")[0].Timestamp; got != time.Now().UnixMilli() {
			t.Errorf("%d", got)
		}
	})
}

// TestErrorsOfNatives shows with which code each kind of wrong message is refused, and that others
// are sent nothing of it.
func TestErrorsOfNatives(t *testing.T) {
	for _, tt := range []struct{ name, message, code string }{
		{"no JSON", `{`, protocol.CodeInvalidMessage},
		{"no type", `{"event":"dance"}`, protocol.CodeInvalidMessage},
		{"malformed awareness", `{"type":"presence","event":"awareness","awareness":"/w=="}`, protocol.CodeInvalidMessage},
		{"long cursor", fmt.Sprintf(`{"type":"presence","event":"cursor","cursor":%q}`, strings.Repeat("x", 33_000)), protocol.CodeMessageTooLarge},
		{"long update", fmt.Sprintf(`{"type":"sync","update":%q}`, base64.StdEncoding.EncodeToString(typed(1, 0, strings.Repeat("x", 20_000)))), protocol.CodeDocumentTooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inWorld(t, Config{DocumentBytes: 16 << 10}, func(w *world) {
				a, b := w.joinJSON("r", ann), w.joinJSON("r", bob)
				pass(time.Second)
				a.conn.take()
				b.conn.take()
				a.sendsJSON("%s", tt.message)
				if got := a.wantMessages("the answer", "control/error")[0]; got.Error.Code != tt.code || got.Error.Message == "" {
					t.Errorf("%+v", got)
				}
				pass(time.Second)
				b.wantMessages("others")
			})
		})
	}
}
