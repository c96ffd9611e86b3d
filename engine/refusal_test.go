package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// mapUpdate is an update in which client sets the same key of a map for the nth time, to a value of
// size bytes.
func mapUpdate(client, n uint64, size int) []byte {
	b := yjs.AppendID([]byte{1, 1}, yjs.ID{Client: client, Clock: n})
	if n == 0 {
		b = append(b, yjs.RefAny|yjs.InfoParentSub, 1)
		b = lib0.AppendString(lib0.AppendString(b, "map"), "key")
	} else {
		b = yjs.AppendID(append(b, yjs.RefAny|yjs.InfoOrigin), yjs.ID{Client: client, Clock: n - 1})
	}
	const anyString = 119
	b = lib0.AppendString(append(b, 1, anyString), strings.Repeat("v", size))
	if n == 0 {
		return append(b, 0)
	}
	return yjs.AppendDeletes(b, []yjs.DeleteRange{{Client: client, Clock: n - 1, End: n}})
}

// answerRequests answers each request that c has been sent with the difference to doc, compacted as
// Yjs does. It returns the number of requests, and the updates and refusals that have come.
func (c *client) answerRequests(doc *ydoc.Doc) (asked int, rest []protocol.Message) {
	c.w.t.Helper()
	for _, m := range c.conn.take() {
		switch m.Kind {
		case protocol.SyncRequest:
		case protocol.Update, protocol.SyncReply, protocol.Failure:
			rest = append(rest, m)
			continue
		default:
			continue
		}
		asked++
		*doc = *compactedDoc(c.w.t, doc)
		have, err := yjs.ParseStateVector(nil, m.Body)
		if err != nil {
			c.w.t.Fatal(err)
		}
		c.sends(protocol.SyncReply, doc.AppendDiff(nil, have))
	}
	return asked, rest
}

// compactedDoc returns a copy of doc without deleted content.
func compactedDoc(t *testing.T, doc *ydoc.Doc) *ydoc.Doc {
	t.Helper()
	v, err := view.New(yjs.Trust(doc.AppendState(nil)))
	if err != nil {
		t.Fatal(err)
	}
	shorter, err := ydoc.Load(v.AppendCompacted(nil))
	if err != nil {
		t.Fatal(err)
	}
	return shorter
}

// applyAndSend applies an update to the client's document, and sends it.
func (c *client) applyAndSend(doc *ydoc.Doc, update []byte) {
	c.w.t.Helper()
	u, err := yjs.CheckUpdate(update)
	if err != nil {
		c.w.t.Fatal(err)
	}
	doc.Apply(u)
	c.sends(protocol.Update, update)
}

// countKind returns how many messages are of kind k.
func countKind(messages []protocol.Message, k protocol.Kind) (n int) {
	for _, m := range messages {
		if m.Kind == k {
			n++
		}
	}
	return n
}

// TestCompactsBeforeRefusing sets a value 60 times a second for 27 s. It checks that no update is
// refused, although the old values have many times the size of a document.
func TestCompactsBeforeRefusing(t *testing.T) {
	for _, size := range []int{20, 300, 20_000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			inWorld(t, Config{DocumentBytes: 100_000, DocumentWarnBytes: 100_000}, func(w *world) {
				a, b := w.joinSynced("r"), w.joinSynced("r")
				var mine ydoc.Doc
				const times = 60 * 27
				for n := range uint64(times) {
					a.applyAndSend(&mine, mapUpdate(1, n, size))
					pass(time.Second / 60)
					if _, rest := a.answerRequests(&mine); countKind(rest, protocol.Failure) > 0 {
						t.Fatalf("refused the %dth time: %+v", n, rest)
					}
				}
				pass(10 * time.Second)
				a.answerRequests(&mine)
				pass(time.Second)
				if v := b.conn.stateVector(); len(v) != 1 || v[0].Clock != times {
					t.Errorf("others have %v", v)
				}
				if n := w.metrics.denials[ErrDocumentTooLarge].Get(); n != 0 {
					t.Errorf("%d denied", n)
				}
				if held := w.compactor.holds(); held != 0 {
					t.Errorf("%v bytes are held", held)
				}
			})
		})
	}
}

// TestRefusedIsRequested shows that a client is asked for an update that was refused in a full
// document when somebody has made room, and not before.
func TestRefusedIsRequested(t *testing.T) {
	inWorld(t, Config{DocumentBytes: 20_000, DocumentWarnBytes: 20_000}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		n := w.joinJSON("r", ann)
		pass(time.Second)
		n.conn.take()
		b.sends(protocol.Update, typed(2, 0, strings.Repeat("b", 19_500)))
		pass(2 * time.Second)
		a.conn.take()
		n.conn.take()

		var mine ydoc.Doc
		a.applyAndSend(&mine, typed(1, 0, strings.Repeat("a", 1000)))
		n.types(3, 0, strings.Repeat("n", 1000))
		pass(2 * time.Second)
		if got := a.conn.take(); len(got) != 1 || got[0].Text != "document too large" {
			t.Fatalf("sent %+v", got)
		}
		if got := n.wantMessages("a native client", "control/error")[0]; got.Error.Code != protocol.CodeDocumentTooLarge {
			t.Errorf("%+v", got)
		}
		for i := range uint64(20) { // each refers to the refused text
			a.applyAndSend(&mine, typed(1, 1000+i, "x"))
			pass(time.Second)
		}
		if asked, rest := a.answerRequests(&mine); asked != 0 || len(rest) > 0 {
			t.Errorf("asked %d times for an update that does not fit, sent %+v", asked, rest)
		}
		if n := strings.Count(w.out.String(), "update denied"); n != 1 {
			t.Errorf("%d lines logged:\n%s", n, w.out)
		}

		b.sends(protocol.Update, deleted(2, 0, 10_000))
		pass(30 * time.Second)
		if asked, _ := a.answerRequests(&mine); asked != 1 {
			t.Errorf("asked %d times when there is room", asked)
		}
		if got := n.conn.take(); !slices.ContainsFunc(got, func(m jsonMessage) bool { return m.name() == "control/room_state" }) {
			t.Errorf("the native client is not asked: %+v", got)
		}
		n.types(3, 0, strings.Repeat("n", 1000))
		pass(time.Second)
		if v := b.conn.stateVector(); len(v) != 3 || v[0].Clock != 1000 || v[2].Clock != 1020 {
			t.Errorf("others have %v", v)
		}
		if a.refusal != nil || n.refusal != nil && n.isRefused() {
			t.Error("the refusal is not forgotten")
		}
	})
}

// TestSizeAfterCompaction shows that an update that is larger than a document may be is merged if
// it fits once its deleted content is dropped.
func TestSizeAfterCompaction(t *testing.T) {
	inWorld(t, Config{DocumentBytes: 20_000, DocumentWarnBytes: 20_000}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		var mine ydoc.Doc
		for n := range uint64(10) {
			u := checked(t, mapUpdate(1, n, 5000))
			mine.Apply(u)
		}
		a.sends(protocol.SyncReply, mine.AppendState(nil))
		a.applyAndSend(&mine, mapUpdate(1, 10, 100)) // while the first is held, or after it
		pass(2 * time.Second)
		a.answerRequests(&mine)
		pass(5 * time.Second)
		if v := b.conn.stateVector(); len(v) != 1 || v[0].Clock != 11 {
			t.Errorf("others have %v", v)
		}
		if size := a.room.doc.Size(); size > 20_000 {
			t.Errorf("the document has %d bytes", size)
		}
		if n := w.metrics.denials[ErrDocumentTooLarge].Get(); n != 0 || len(w.out.String()) > 0 && strings.Contains(w.out.String(), "denied") {
			t.Errorf("%d denied:\n%s", n, w.out)
		}
	})
}

// TestUpdateNeverFits has a client type for an hour after an update that does not fit, and return
// ten times. It checks that each time the client is sent one refusal, no request and all updates of
// others, and that the log has one line.
func TestUpdateNeverFits(t *testing.T) {
	for name, send := range map[string]func(c *client, doc *ydoc.Doc){
		"document": func(c *client, doc *ydoc.Doc) { c.sends(protocol.SyncReply, doc.AppendState(nil)) },
		"message":  func(c *client, _ *ydoc.Doc) { c.TooLong() },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, Config{DocumentBytes: 20_000, DocumentWarnBytes: 20_000}, func(w *world) {
				b := w.joinSynced("r")
				var mine ydoc.Doc
				u := checked(t, typed(1, 0, strings.Repeat("a", 100_000)))
				mine.Apply(u)
				clock, theirs := uint64(100_000), uint64(0)
				for range 10 {
					a := w.joinSynced("r")
					send(a, &mine)
					asked, refusals := 0, 0
					for range 360 {
						a.applyAndSend(&mine, typed(1, clock, "x"))
						b.types(theirs, "y")
						clock, theirs = clock+1, theirs+1
						pass(10 * time.Second)
						for _, m := range a.conn.take() {
							switch m.Kind {
							case protocol.SyncRequest:
								asked++
								send(a, &mine)
							case protocol.Failure:
								refusals++
							}
						}
					}
					if asked > 0 || refusals != 1 {
						t.Errorf("asked %d times, %d refusals", asked, refusals)
					}
					if v := a.conn.stateVector(); len(v) != 1 || v[0].Clock != theirs || a.conn.closed() != 0 {
						t.Errorf("the client has %v, want %d, closed with %d", v, theirs, a.conn.closed())
					}
					a.Leave()
				}
				if n := strings.Count(w.out.String(), "update denied"); n != 1 || !strings.Contains(w.out.String(), "level=WARN msg=\"update denied\"") {
					t.Errorf("%d lines logged:\n%s", n, w.out)
				}
			})
		})
	}
}

// TestRefusedTextIsDeleted shows that a client that deletes refused text is asked for its document,
// less and less often, until the rest fits.
func TestRefusedTextIsDeleted(t *testing.T) {
	inWorld(t, Config{DocumentBytes: 20_000, DocumentWarnBytes: 20_000}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		var mine ydoc.Doc
		a.applyAndSend(&mine, typed(1, 0, strings.Repeat("a", 100_000)))
		a.applyAndSend(&mine, typed(1, 100_000, "kept"))
		pass(5 * time.Second)
		a.conn.take()
		asks := 0
		for i := range uint64(600) { // a character a second: the rest never fits
			a.applyAndSend(&mine, deleted(1, i, 1))
			pass(time.Second)
			asked, _ := a.answerRequests(&mine)
			asks += asked
		}
		if asks == 0 || asks > 16 {
			t.Errorf("asked %d times in ten minutes", asks)
		}
		a.sends(protocol.Update, deleted(1, 0, 100_000))
		gone := yjs.AppendID([]byte{1, 2}, yjs.ID{Client: 1}) // the deleted text, as Yjs sends it
		gone = lib0.AppendUvarint(append(gone, yjs.RefGC), 100_000)
		gone = yjs.AppendID(append(gone, yjs.RefString|yjs.InfoOrigin), yjs.ID{Client: 1, Clock: 99_999})
		gone = append(lib0.AppendString(gone, "kept"), 0)
		pass(2 * time.Minute)
		if kinds := a.conn.kinds(); !slices.Contains(kinds, protocol.SyncRequest) {
			t.Fatalf("not asked: %v", kinds)
		}
		a.sends(protocol.SyncReply, gone)
		pass(2 * time.Second)
		if v := b.conn.stateVector(); len(v) != 1 || v[0].Clock != 100_004 {
			t.Errorf("others have %v", v)
		}
	})
}

// TestHeldUpdates shows that more updates than may be held for compaction are all refused once in
// the end, and that none stays held.
func TestHeldUpdates(t *testing.T) {
	inWorld(t, Config{DocumentBytes: 100_000, DocumentWarnBytes: 100_000, Grace: time.Millisecond}, func(w *world) {
		full := w.joinSynced("r")
		full.sends(protocol.Update, typed(1, 0, strings.Repeat("a", 99_000)))
		pass(2 * time.Second)
		var all []*client
		docs := make([]ydoc.Doc, 8)
		for range docs {
			all = append(all, w.joinSynced("r"))
		}
		w.compactor.working.Lock() // nothing is compacted before all have sent theirs
		for i, c := range all {
			c.applyAndSend(&docs[i], typed(uint64(10+i), 0, strings.Repeat("b", 90_000)))
		}
		held := w.compactor.holds()
		w.compactor.working.Unlock()
		if held < (heldDocuments-1)*100_000 || held > heldDocuments*100_000 {
			t.Errorf("%v bytes are held", held)
		}
		refusals := make([]int, len(all))
		for range 600 {
			pass(time.Second)
			for i, c := range all {
				_, rest := c.answerRequests(&docs[i])
				refusals[i] += countKind(rest, protocol.Failure)
			}
		}
		for i, n := range refusals {
			if n != 1 {
				t.Errorf("client %d was sent %d refusals", i, n)
			}
		}
		if held := w.compactor.holds(); held != 0 {
			t.Errorf("%v bytes are held at the end", held)
		}
	})
}

// TestLeaveWhileUpdateIsHeld shows that an update that waits for compaction is merged although its
// client has left, and that the room is kept until then.
func TestLeaveWhileUpdateIsHeld(t *testing.T) {
	inWorld(t, Config{DocumentBytes: 20_000, DocumentWarnBytes: 20_000, Grace: time.Millisecond}, func(w *world) {
		a := w.joinSynced("r")
		var mine ydoc.Doc
		for n := range uint64(10) {
			u := checked(t, mapUpdate(1, n, 5000))
			mine.Apply(u)
		}
		a.sends(protocol.SyncReply, mine.AppendState(nil))
		a.Leave()
		pass(time.Minute)
		if v := w.joinSynced("r").conn; v.stateVector() == nil || v.stateVector()[0].Clock != 10 {
			t.Errorf("the room has %v", v.stateVector())
		}
	})
}

// TestDroppedIsRequested shows that all peers are asked for their documents when pending updates
// are dropped, even those that were asked a moment before.
func TestDroppedIsRequested(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		b.sends(protocol.Update, typed(98, 5, "b")) // pending, and b is asked
		settle()
		b.wantMessages("at once", protocol.SyncRequest)
		for clock := uint64(1); w.metrics.pendingDrops.Get() == 0; clock += 2 {
			a.sends(protocol.Update, typed(99, clock, strings.Repeat("x", ydoc.MaxPending/16)))
		}
		if a.room.doc.PendingSize() > 0 {
			t.Fatal("updates are still pending")
		}
		pass(2 * time.Second)
		if !slices.Contains(b.conn.kinds(), protocol.SyncRequest) {
			t.Error("b is not asked again")
		}
	})
}

// TestUnansweredRequests shows that a client that never sends the missing updates is asked less and
// less often, and is sent one error.
func TestUnansweredRequests(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		asked, refusals := 0, 0
		for i := range uint64(3600) {
			a.sends(protocol.Update, typed(99, 5+i%50, "b"))
			pass(time.Second)
			all := a.conn.take()
			asked, refusals = asked+countKind(all, protocol.SyncRequest), refusals+countKind(all, protocol.Failure)
		}
		if asked < 10 || asked > 70 || refusals != 1 {
			t.Errorf("asked %d times in an hour, %d refusals", asked, refusals)
		}
		if n := w.metrics.denials[errMissing].Get(); n == 0 {
			t.Error("not counted")
		}
	})
}

// TestIncompleteAnswers shows that a client is sent an error after maxIncomplete answers without
// the missing updates.
func TestIncompleteAnswers(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		for i := range uint64(maxIncomplete) {
			if refusals := countKind(a.conn.take(), protocol.Failure); refusals != 0 {
				t.Fatalf("refused after %d answers", i)
			}
			a.sends(protocol.SyncReply, typed(99, 5+i, "b"))
			pass(time.Minute)
		}
		a.wantMessages("the error", protocol.Failure, protocol.SyncRequest)
	})
}

// TestAnswerAfterManyRequests shows that a client that has sent many updates before it reads the
// requests for missing ones, and then answers, is sent no error.
func TestAnswerAfterManyRequests(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		for i := range uint64(30) {
			a.sends(protocol.Update, typed(99, 5+i, "b"))
			pass(time.Second)
		}
		if asked := countKind(a.conn.take(), protocol.SyncRequest); asked < maxIncomplete {
			t.Fatalf("asked %d times", asked)
		}
		a.sends(protocol.SyncReply, typed(99, 0, strings.Repeat("b", 35)))
		pass(time.Second)
		a.wantMessages("its echo", protocol.Update)
	})
}

// TestInvalidIsNotRequestedAgain shows that updates that refer to an invalid one are neither merged
// nor requested.
func TestInvalidIsNotRequestedAgain(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		if err := a.Deliver(protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: deeplyNested(300)})); err == nil {
			t.Fatal("the invalid update was accepted")
		}
		settle() // whoever holds the lock notes the refusal
		for i := range uint64(600) {
			a.sends(protocol.Update, typed(7, 300+i, "x"))
			b.types(i, "y")
			pass(time.Second)
		}
		if kinds := a.conn.kinds(); slices.Contains(kinds, protocol.SyncRequest) || slices.Contains(kinds, protocol.Failure) {
			t.Error("asked for the invalid update, or sent another error")
		}
		if a.conn.stateVector()[0].Clock != ydoc.MaxNesting || a.conn.stateVector()[1].Clock != 600 {
			t.Errorf("the client has %v", a.conn.stateVector())
		}
	})
}

// TestRequestedWhenPermitted shows that a client that was refused as a viewer and in a locked room
// is asked for its updates as soon as neither is the case.
func TestRequestedWhenPermitted(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinViewer("r")
		w.Lock(roomkey.MustParse("r"), true)
		a.sends(protocol.Update, typed(1, 0, "x"))
		pass(2 * time.Second)
		a.conn.take()
		a.Become(Identity{ID: "viewer"})
		pass(2 * time.Second)
		a.wantMessages("still locked")
		a.sends(protocol.Update, typed(1, 1, "y"))
		pass(2 * time.Second)
		a.wantMessages("the refusal", protocol.Failure)
		w.Lock(roomkey.MustParse("r"), false)
		settle()
		a.wantMessages("open", protocol.SyncRequest)
		a.sends(protocol.SyncReply, typed(1, 0, "xy"))
		settle()
		a.wantMessages("its echo", protocol.Update)
		if a.refusal != nil {
			t.Error("the refusal is not forgotten")
		}
	})
}

// TestNewTextMakesRoom shows that a refused update is requested when an external change has made
// the document shorter.
func TestNewTextMakesRoom(t *testing.T) {
	inWorld(t, Config{DocumentBytes: 20_000, DocumentWarnBytes: 20_000}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		b.sends(protocol.Update, typed(2, 0, strings.Repeat("b", 19_500)))
		pass(2 * time.Second)
		a.conn.take()
		var mine ydoc.Doc
		a.applyAndSend(&mine, typed(1, 0, strings.Repeat("a", 1000)))
		pass(2 * time.Second)
		a.conn.take()
		u := checked(t, deleted(2, 0, 10_000))
		a.room.mu.Lock()
		a.room.adopt(u, Author{})
		a.room.mu.Unlock()
		pass(30 * time.Second)
		if asked, _ := a.answerRequests(&mine); asked != 1 {
			t.Errorf("asked %d times", asked)
		}
	})
}

// TestDocumentAboveNewLimit shows that a document above a limit that was lowered may shrink, even
// by an update that contains all of it, and not grow.
func TestDocumentAboveNewLimit(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		a.sends(protocol.Update, typed(1, 0, strings.Repeat("a", 30_000)))
		pass(time.Second)
		w.restart(Config{DocumentBytes: 20_000, DocumentWarnBytes: 20_000})
		b, n := w.joinSynced("r"), w.joinJSON("r", ann)
		pass(time.Second)
		n.conn.take()
		var doc ydoc.Doc
		for _, update := range [][]byte{b.conn.state(), deleted(1, 0, 5000), typed(2, 0, "new")} {
			u := checked(t, update)
			doc.Apply(u)
		}
		n.sendsUpdate(doc.AppendState(nil))
		pass(5 * time.Second)
		if got := n.conn.take(); slices.ContainsFunc(got, func(m jsonMessage) bool { return m.name() == "control/error" }) {
			t.Errorf("sent %+v", got)
		}
		if v := b.conn.stateVector(); len(v) != 2 {
			t.Errorf("others have %v", v)
		}
		n.sendsUpdate(typed(2, 3, "er"))
		pass(5 * time.Second)
		if got := n.conn.take(); !slices.ContainsFunc(got, func(m jsonMessage) bool { return m.Error.Code == protocol.CodeDocumentTooLarge }) {
			t.Errorf("an update that grows the document was not refused: %+v", got)
		}
	})
}

// sendsUpdate sends an update.
func (n *native) sendsUpdate(update []byte) {
	n.w.t.Helper()
	if err := n.Deliver(protocol.JSON{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: update})); err != nil {
		n.w.t.Fatal(err)
	}
}

// TestTooLongMessages shows that a native client whose messages were too long is asked once for its
// document.
func TestTooLongMessages(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		n := w.joinJSON("r", ann)
		pass(time.Second)
		n.conn.take()
		for range 10 {
			n.TooLong()
			pass(time.Minute)
		}
		states, failures := 0, 0
		for _, m := range n.conn.take() {
			switch m.name() {
			case "control/room_state":
				states++
			case "control/error":
				failures++
			}
		}
		if states != 1 || failures != 10 {
			t.Errorf("asked %d times, %d errors", states, failures)
		}
		m := w.joinJSON("r", bob)
		pass(time.Second)
		m.TooLong()
		settle()
		m.sendsUpdate(typed(1, 0, "x"))
		pass(time.Second)
		if m.refusal != nil {
			t.Errorf("the refusal is not forgotten: %+v", m.refusal)
		}
	})
}

// TestNothingToCompact shows that a document without deleted content is not compacted to make room.
func TestNothingToCompact(t *testing.T) {
	inWorld(t, Config{DocumentBytes: 20_000, DocumentWarnBytes: 20_000}, func(w *world) {
		a := w.joinSynced("r")
		a.sends(protocol.Update, typed(1, 0, strings.Repeat("a", 19_900)))
		pass(time.Second)
		a.sends(protocol.Update, typed(1, 19_900, strings.Repeat("a", 200)))
		pass(2 * time.Second)
		if answers := a.conn.take(); countKind(answers, protocol.Failure) != 1 || a.room.compaction.version != 0 {
			t.Errorf("sent %+v, compacted at %d", answers, a.room.compaction.version)
		}
	})
}

// TestDrainWhileFull shows that Drain neither waits for updates that are held for compaction nor
// merges them.
func TestDrainWhileFull(t *testing.T) {
	inWorld(t, Config{DocumentBytes: 20_000, DocumentWarnBytes: 20_000}, func(w *world) {
		a := w.joinSynced("r")
		a.sends(protocol.Update, typed(1, 0, strings.Repeat("a", 19_000)))
		pass(2 * time.Second)
		a.sends(protocol.Update, typed(1, 19_000, strings.Repeat("a", 19_000)))
		w.drain()
		if held := w.compactor.holds(); held != 0 {
			t.Errorf("%v bytes are held", held)
		}
		_, err := w.Join(context.Background(), roomkey.MustParse("r"), new(memConn), protocol.YWebsocket{}, Identity{})
		if err == nil {
			t.Error("a peer joined after Drain")
		}
	})
}
