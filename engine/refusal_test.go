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

// assigned is an update in which client sets the same key of a map for the nth time, to a value of
// so many bytes.
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

// answers has c answer each question that it has been asked with what doc has beyond it, without
// what is deleted, as Yjs does. It returns how many there were, and what else came of updates and
// refusals.
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

// compacted is doc without what is deleted in it.
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

// sends has c's document take an update that c sends.
func (c *client) applyAndSend(doc *ydoc.Doc, update []byte) {
	c.w.t.Helper()
	u, err := yjs.CheckUpdate(update)
	if err != nil {
		c.w.t.Fatal(err)
	}
	doc.Apply(u)
	c.sends(protocol.Update, update)
}

func countKind(messages []protocol.Message, k protocol.Kind) (n int) {
	for _, m := range messages {
		if m.Kind == k {
			n++
		}
	}
	return n
}

// TestCompactsBeforeRefusing sets a value 60 times a second for 27 s: what that deletes is many
// times what a document may hold, and nothing of it is refused.
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

// TestRefusedIsAskedFor fills a document, and has somebody make room: what was refused meanwhile
// comes in.
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
			t.Fatalf("told %+v", got)
		}
		if got := n.wantMessages("a native", "control/error")[0]; got.Error.Code != protocol.CodeDocumentTooLarge {
			t.Errorf("%+v", got)
		}
		for i := range uint64(20) { // goes on from what was refused
			a.applyAndSend(&mine, typed(1, 1000+i, "x"))
			pass(time.Second)
		}
		if asked, rest := a.answerRequests(&mine); asked != 0 || len(rest) > 0 {
			t.Errorf("asked %d times for what cannot come in, told %+v", asked, rest)
		}
		if n := strings.Count(w.out.String(), "update denied"); n != 1 {
			t.Errorf("logged %d times:\n%s", n, w.out)
		}

		b.sends(protocol.Update, deleted(2, 0, 10_000))
		pass(30 * time.Second)
		if asked, _ := a.answerRequests(&mine); asked != 1 {
			t.Errorf("asked %d times when there is room", asked)
		}
		if got := n.conn.take(); !slices.ContainsFunc(got, func(m jsonMessage) bool { return m.name() == "control/room_state" }) {
			t.Errorf("a native is not asked: %+v", got)
		}
		n.types(3, 0, strings.Repeat("n", 1000))
		pass(time.Second)
		if v := b.conn.stateVector(); len(v) != 3 || v[0].Clock != 1000 || v[2].Clock != 1020 {
			t.Errorf("others have %v", v)
		}
		if a.refusal != nil || n.refusal != nil && n.isRefused() {
			t.Error("it is not forgotten")
		}
	})
}

// TestSizeAfterCompaction sends an update that is larger than a document may be, and mostly deletes
// itself.
func TestSizeAfterCompaction(t *testing.T) {
	inWorld(t, Config{DocumentBytes: 20_000, DocumentWarnBytes: 20_000}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		var mine ydoc.Doc
		for n := range uint64(10) {
			u := checked(t, mapUpdate(1, n, 5000))
			mine.Apply(u)
		}
		a.sends(protocol.SyncReply, mine.AppendState(nil))
		a.applyAndSend(&mine, mapUpdate(1, 10, 100)) // while that is decided, or after it
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

// TestTooLargeForEver has a client type on for an hour after something that does not fit, and come
// back ten times: it is told once each time, the log has one line, it sends what does not fit a few
// times, and is sent what others write.
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
						t.Errorf("asked %d times, told %d times", asked, refusals)
					}
					if v := a.conn.stateVector(); len(v) != 1 || v[0].Clock != theirs || a.conn.closed() != 0 {
						t.Errorf("it has %v of %d, closed with %d", v, theirs, a.conn.closed())
					}
					a.Leave()
				}
				if n := strings.Count(w.out.String(), "update denied"); n != 1 || !strings.Contains(w.out.String(), "level=WARN msg=\"update denied\"") {
					t.Errorf("logged %d times:\n%s", n, w.out)
				}
			})
		})
	}
}

// TestTakenBack has a client delete what did not fit: it is asked for the rest, less often each
// time it tries.
func TestRefusedTextIsDeleted(t *testing.T) {
	inWorld(t, Config{DocumentBytes: 20_000, DocumentWarnBytes: 20_000}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		var mine ydoc.Doc
		a.applyAndSend(&mine, typed(1, 0, strings.Repeat("a", 100_000)))
		a.applyAndSend(&mine, typed(1, 100_000, "kept"))
		pass(5 * time.Second)
		a.conn.take()
		asks := 0
		for i := range uint64(600) { // a letter a second: it never fits
			a.applyAndSend(&mine, deleted(1, i, 1))
			pass(time.Second)
			asked, _ := a.answerRequests(&mine)
			asks += asked
		}
		if asks == 0 || asks > 16 {
			t.Errorf("asked %d times in ten minutes", asks)
		}
		a.sends(protocol.Update, deleted(1, 0, 100_000))
		gone := yjs.AppendID([]byte{1, 2}, yjs.ID{Client: 1}) // as Yjs sends it then
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

// TestHeldUpdates has more clients send what does not fit than is held: all of it is decided.
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
		w.compactor.working.Lock() // nothing is decided before all have sent it
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
				t.Errorf("client %d was told %d times", i, n)
			}
		}
		if held := w.compactor.holds(); held != 0 {
			t.Errorf("%v bytes are held at the end", held)
		}
	})
}

// TestLeavesWhileDecided: what somebody has sent is merged though it has left, and the room is kept
// until then.
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

// TestDroppedIsAskedFor: when all that waits is dropped, those are asked too who were asked a
// moment before.
func TestDroppedIsRequested(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		b.sends(protocol.Update, typed(98, 5, "b")) // waits, and b is asked
		settle()
		b.wantMessages("at once", protocol.SyncRequest)
		for clock := uint64(1); w.metrics.pendingDrops.Get() == 0; clock += 2 {
			a.sends(protocol.Update, typed(99, clock, strings.Repeat("x", ydoc.MaxPending/16)))
		}
		if a.room.doc.PendingSize() > 0 {
			t.Fatal("something waits")
		}
		pass(2 * time.Second)
		if !slices.Contains(b.conn.kinds(), protocol.SyncRequest) {
			t.Error("b is not asked again")
		}
	})
}

// TestFruitlessQuestions: a client that never sends what is missing is asked ever less often, and
// told.
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
			t.Errorf("asked %d times in an hour, told %d times", asked, refusals)
		}
		if n := w.metrics.denials[errMissing].Get(); n == 0 {
			t.Error("not counted")
		}
	})
}

// TestFruitlessAnswers: a client whose answers lack what is missing is told with the third.
func TestIncompleteAnswers(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		for i := range uint64(maxIncomplete) {
			if refusals := countKind(a.conn.take(), protocol.Failure); refusals != 0 {
				t.Fatalf("told after %d answers", i)
			}
			a.sends(protocol.SyncReply, typed(99, 5+i, "b"))
			pass(time.Minute)
		}
		a.wantMessages("told", protocol.Failure, protocol.SyncRequest)
	})
}

// TestQuestionOnItsWay: a client that has sent much before it reads what it is asked is not told
// that something is missing.
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

// TestInvalidStaysOut: what goes on from an update that could not be read is neither merged nor
// asked for again and again.
func TestInvalidIsNotRequestedAgain(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		if err := a.Deliver(protocol.YWebsocket{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: deeplyNested(300)})); err == nil {
			t.Fatal("taken")
		}
		for i := range uint64(600) {
			a.sends(protocol.Update, typed(7, 300+i, "x"))
			b.types(i, "y")
			pass(time.Second)
		}
		if kinds := a.conn.kinds(); slices.Contains(kinds, protocol.SyncRequest) || slices.Contains(kinds, protocol.Failure) {
			t.Error("asked for what cannot come in, or told of it again")
		}
		if a.conn.stateVector()[0].Clock != ydoc.MaxNesting || a.conn.stateVector()[1].Clock != 600 {
			t.Errorf("it has %v", a.conn.stateVector())
		}
	})
}

// TestLiftedAtOnce: who was refused in a locked room and as a viewer is asked when neither holds
// any more.
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
		a.wantMessages("told of that", protocol.Failure)
		w.Lock(roomkey.MustParse("r"), false)
		settle()
		a.wantMessages("open", protocol.SyncRequest)
		a.sends(protocol.SyncReply, typed(1, 0, "xy"))
		settle()
		a.wantMessages("its echo", protocol.Update)
		if a.refusal != nil {
			t.Error("it is not forgotten")
		}
	})
}

// TestNewTextMakesRoom: a record that is changed outside to a shorter text has room for what was
// refused.
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
		a.room.adopt(u)
		a.room.mu.Unlock()
		pass(30 * time.Second)
		if asked, _ := a.answerRequests(&mine); asked != 1 {
			t.Errorf("asked %d times", asked)
		}
	})
}

// TestTooLargeAlready: a document that is larger than is allowed by now may shrink, also by an
// update that has all of it in it.
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
			t.Errorf("told %+v", got)
		}
		if v := b.conn.stateVector(); len(v) != 2 {
			t.Errorf("others have %v", v)
		}
		n.sendsUpdate(typed(2, 3, "er"))
		pass(5 * time.Second)
		if got := n.conn.take(); !slices.ContainsFunc(got, func(m jsonMessage) bool { return m.Error.Code == protocol.CodeDocumentTooLarge }) {
			t.Errorf("it grows: %+v", got)
		}
	})
}

// sendsUpdate has a native client send an update.
func (n *native) sendsUpdate(update []byte) {
	n.w.t.Helper()
	if err := n.Deliver(protocol.JSON{}.Append(nil, protocol.Message{Kind: protocol.Update, Body: update})); err != nil {
		n.w.t.Fatal(err)
	}
}

// TestGatheredUpdates: a native client whose message was too long is asked, once, for what it has.
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
			t.Errorf("asked %d times, told %d times", states, failures)
		}
		m := w.joinJSON("r", bob)
		pass(time.Second)
		m.TooLong()
		settle()
		m.sendsUpdate(typed(1, 0, "x"))
		pass(time.Second)
		if m.refusal != nil {
			t.Errorf("it is not forgotten: %+v", m.refusal)
		}
	})
}

// TestNothingToCompact: a document in which nothing is deleted is not compacted to make room.
func TestNothingToCompact(t *testing.T) {
	inWorld(t, Config{DocumentBytes: 20_000, DocumentWarnBytes: 20_000}, func(w *world) {
		a := w.joinSynced("r")
		a.sends(protocol.Update, typed(1, 0, strings.Repeat("a", 19_900)))
		pass(time.Second)
		a.sends(protocol.Update, typed(1, 19_900, strings.Repeat("a", 200)))
		pass(2 * time.Second)
		if answers := a.conn.take(); countKind(answers, protocol.Failure) != 1 || a.room.compaction.version != 0 {
			t.Errorf("told %+v, compacted at %d", answers, a.room.compaction.version)
		}
	})
}

// TestDrainWhileFull: shutting down does not wait for what is to be decided, nor merge it any more.
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
			t.Error("joined")
		}
	})
}
