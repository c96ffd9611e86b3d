package engine

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// readerIdentity is a user who may see only published text, with the text that the transport has
// fetched for the join.
func (w *recordWorld) readerIdentity(name string) Identity {
	identity := w.identityOf("viewer " + name)
	identity.PublishedOnly = true
	return identity
}

// mustBeRefused fails unless a join is refused because of unpublished text.
func (w *recordWorld) mustBeRefused(identity Identity) {
	w.t.Helper()
	_, err := w.Join(context.Background(), roomkey.MustParse("r"), new(memConn), protocol.YWebsocket{}, identity)
	var why *CloseError
	if !errors.As(err, &why) || why.Code != CloseUnpublished || !strings.Contains(why.Reason, "unpublished") {
		w.t.Fatalf("accepted, or refused with %v", err)
	}
}

// mustNotContain fails if a text is in any message that the client was sent.
func (c *client) mustNotContain(text string) {
	c.w.t.Helper()
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock()
	if bytes.Contains(c.conn.doc.AppendState(nil), []byte(text)) {
		c.w.t.Errorf("it was sent %q", text)
	}
	for _, m := range c.conn.inbox {
		if bytes.Contains(m.Body, []byte(text)) {
			c.w.t.Errorf("it was sent %q, by %v", text, m.Kind)
		}
	}
}

// TestReaderIsClosedBeforeDraft shows that a reader is closed, with the reason, before the document
// gets any text that is not published.
func TestReaderIsClosedBeforeDraft(t *testing.T) {
	for name, change := range map[string]func(w *recordWorld, ann *client){
		"somebody writes": func(_ *recordWorld, ann *client) { ann.writes("text, secret") },
		"somebody writes what is gone at once": func(_ *recordWorld, ann *client) {
			ann.writes("text, secret")
			ann.writes("text")
		},
		"a draft is begun elsewhere": func(w *recordWorld, _ *client) {
			w.records.changeOutside("r", Edited, "text, secret")
			_ = w.Refresh(context.Background(), roomkey.MustParse("r"))
		},
		"an editor with a draft joins": func(w *recordWorld, ann *client) {
			ann.Leave()
			w.records.changeOutside("r", Edited, "text, secret")
			w.opens("bob")
		},
	} {
		t.Run(name, func(t *testing.T) {
			inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
				ann, viewer := w.opens("ann"), w.joinsWith(new(memConn), w.readerIdentity("vic"))
				if got := viewer.shownText(); got != "text" {
					t.Fatalf("the reader reads %q", got)
				}
				change(w, ann)
				pass(time.Second)
				if code := viewer.conn.closed(); code != CloseUnpublished {
					t.Errorf("closed with %v", code)
				}
				viewer.mustNotContain("secret")
				if n := w.metrics.unpublished.Get(); n != 1 {
					t.Errorf("%d counted", n)
				}
				pass(time.Minute)
				viewer.mustNotContain("secret")
				if n := viewer.room.restricted; n != 0 {
					t.Errorf("%d peers are still restricted to published text", n)
				}
			})
		})
	}
}

// slowConn is a rawConn that reads nothing while its gate is closed.
type slowConn struct {
	rawConn
	reading gate
}

func (c *slowConn) Write(frames [][]byte, waits func()) error {
	if err := c.reading.pass(context.Background()); err != nil {
		return err
	}
	return c.rawConn.Write(frames, waits)
}

// containsEncoded reports whether a text was sent, as it is or in base64.
func (c *rawConn) containsEncoded(text string) bool {
	found := c.contains(text)
	for before := range 3 { // bytes before the text in its first group of three
		all := base64.StdEncoding.EncodeToString(append(make([]byte, before), text...))
		found = found || c.contains(all[(before*4+2)/3:(before+len(text))*4/3])
	}
	return found
}

// TestClosedReaderIsSentNothing shows for each protocol that a reader who reads nothing for a
// while, and requests the document before and after somebody writes, is sent nothing of it: no
// answer, awareness state or presence.
func TestClosedReaderIsSentNothing(t *testing.T) {
	for _, proto := range []protocol.Protocol{protocol.YWebsocket{}, protocol.JSON{}, protocol.MsgPack{}} {
		t.Run(proto.Name(), func(t *testing.T) {
			inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
				ann, conn := w.opens("ann"), new(slowConn)
				viewer, err := w.Join(context.Background(), roomkey.MustParse("r"), conn, proto, w.readerIdentity("vic"))
				if err != nil {
					t.Fatal(err)
				}
				ask := proto.Append(nil, protocol.Message{Kind: protocol.SyncRequest, Body: yjs.StateVector{}.Append(nil)})
				_ = viewer.Deliver(ask)
				pass(time.Second)
				if !conn.containsEncoded("text") || conn.containsEncoded("secret") {
					t.Error("the reader was not sent the document before")
				}
				conn.reading.close()
				_ = viewer.Deliver(ask)
				settle()
				ann.writes("text, secret")
				ann.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 2, `{"word":"secret"}`)))
				_ = viewer.Deliver(ask)
				pass(time.Second)
				_ = viewer.Deliver(ask)
				w.opens("secret")
				pass(time.Minute)
				conn.reading.open()
				pass(time.Minute)
				if conn.containsEncoded("secret") {
					t.Error("sent something unpublished")
				}
			})
		})
	}
}

// TestReaderAndOtherTypes shows that readers are refused while the document has content in other
// types, as that was never published.
func TestReaderAndOtherTypes(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		ann := w.opens("ann")
		ann.types(0, "secret") // in another type
		pass(3 * time.Second)
		w.mustBeRefused(w.readerIdentity("vic"))
		ann.Leave()
		pass(3 * time.Second)
		w.mustBeRefused(w.readerIdentity("vic"))
		if n := len(w.records.saved()); n != 0 {
			t.Errorf("%d drafts", n)
		}
	})
}

// TestReaderAndEditDuringRefresh shows that readers are refused if somebody has written while an
// external change was being merged.
func TestReaderAndEditDuringRefresh(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		ann := w.opens("ann")
		w.records.changeOutside("r", Published, "other text")
		w.records.onChange = func() { ann.writes("text, secret") }
		if err := w.Refresh(context.Background(), roomkey.MustParse("r")); err != nil {
			t.Fatal(err)
		}
		w.records.onChange = nil
		settle()
		if got := ann.shownText(); !strings.Contains(got, "other") || !strings.Contains(got, "secret") {
			t.Fatalf("%q: not both the external change and the edit", got)
		}
		w.mustBeRefused(w.readerIdentity("vic"))
	})
}

// TestReaderStays shows that a reader stays, and is sent the new text, when the record is published
// anew, and while others send presence.
func TestReaderStays(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		ann, viewer := w.opens("ann"), w.joinsWith(new(memConn), w.readerIdentity("vic"))
		for _, text := range []string{"text, anew", "another text"} {
			w.records.changeOutside("r", Published, text)
			if err := w.Refresh(context.Background(), roomkey.MustParse("r")); err != nil {
				t.Fatal(err)
			}
			pass(time.Second)
			w.wantText(text, ann, viewer)
		}
		ann.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 1, `{"cursor":null}`)))
		pass(time.Second)
		if code := viewer.conn.closed(); code != 0 {
			t.Errorf("closed with %v", code)
		}
	})
}

// TestReaderComesBack shows that a reader is refused while there is a draft, and that it is sent
// none of the text in between when the draft is published.
func TestReaderComesBack(t *testing.T) {
	for name, leave := range map[string]bool{"while somebody is there": false, "when the room was unloaded": true} {
		t.Run(name, func(t *testing.T) {
			inRecordWorld(t, Config{Grace: time.Minute}, "text", func(w *recordWorld) {
				ann := w.opens("ann")
				ann.writes("text, secret")
				w.mustBeRefused(w.readerIdentity("vic"))
				pass(3 * time.Second)
				ann.writes("text, better")
				pass(3 * time.Second)
				w.wantSaves(memSave{"ann", "text, secret"}, memSave{"ann", "text, better"})
				w.mustBeRefused(w.readerIdentity("vic"))
				if leave {
					ann.Leave()
					pass(time.Hour)
				}
				w.mustBeRefused(w.readerIdentity("vic"))
				w.records.changeOutside("r", Published, "text, better")
				viewer := w.joinsWith(new(memConn), w.readerIdentity("vic"))
				if got := viewer.shownText(); got != "text, better" {
					t.Errorf("reads %q", got)
				}
				viewer.mustNotContain("secret")
			})
		})
	}
}

// TestReaderOfSharedAnswer shows that a reader does not share an answer that waits for a slow
// editor and has deleted content in it.
func TestReaderOfSharedAnswer(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		ann := w.opens("ann")
		ann.writes("text, secret")
		ann.writes("text")
		pass(time.Minute)
		slow := new(memConn)
		slow.reading.close()
		p, err := w.Join(context.Background(), roomkey.MustParse("r"), slow, protocol.YWebsocket{}, w.identityOf("bob"))
		if err != nil {
			t.Fatal(err)
		}
		(&client{p, slow, w.world}).sends(protocol.SyncRequest, yjs.StateVector{}.Append(nil))
		pass(time.Second)
		viewer := w.joinsWith(new(memConn), w.readerIdentity("vic"))
		if got := viewer.shownText(); got != "text" {
			t.Errorf("reads %q", got)
		}
		viewer.mustNotContain("secret")
		slow.reading.open()
		pass(time.Second)
	})
}

// TestReaderAndUpdateUnderWay shows that a reader is refused while an update that was undone waits
// for the store, as it will still be sent to all peers.
func TestReaderAndUpdateUnderWay(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		ann := w.opens("ann")
		w.store.appending.close()
		ann.writes("text, secret")
		tree, err := markdown.Parse("text")
		if err != nil {
			t.Fatal(err)
		}
		ann.room.mu.Lock()
		state := ann.room.doc.AppendState(nil)
		ann.room.mu.Unlock()
		back, err := prose.Edit(yjs.Trust(state), markdown.Schema{}, tree)
		if err != nil {
			t.Fatal(err)
		}
		ann.sends(protocol.Update, back)
		settle()
		vic := w.readerIdentity("vic")
		w.mustBeRefused(vic)
		ann.room.mu.Lock()
		published := ann.room.record.IsPublished(vic.Text)
		ann.room.mu.Unlock()
		if !published {
			t.Fatal("the reader was refused for another reason")
		}
		w.store.appending.open()
		pass(10 * time.Second) // the store is tried again
		w.joinsWith(new(memConn), w.readerIdentity("vic")).mustNotContain("secret")
	})
}

// TestReaderBeforeEditor shows that a reader who opens the record first is closed before an
// editor's draft is loaded.
func TestReaderBeforeEditor(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		w.records.changeOutside("r", Edited, "text, secret")
		viewer := w.joinsWith(new(memConn), w.readerIdentity("vic"))
		if got := viewer.shownText(); got != "text" {
			t.Errorf("reads %q", got)
		}
		ann := w.opens("ann")
		w.wantText("text, secret", ann)
		if code := viewer.conn.closed(); code != CloseUnpublished {
			t.Errorf("closed with %v", code)
		}
		viewer.mustNotContain("secret")
	})
}

// TestPublishedAnewWithoutEditors shows that a reader gets the text of a record that was published
// after the last editor had left.
func TestPublishedAnewWithoutEditors(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		w.opens("ann").Leave()
		w.records.changeOutside("r", Published, "another text")
		viewer := w.joinsWith(new(memConn), w.readerIdentity("vic"))
		if got := viewer.shownText(); got != "another text" {
			t.Errorf("reads %q", got)
		}
		w.wantText("another text", w.opens("ann"))
		if code := viewer.conn.closed(); code != 0 {
			t.Errorf("closed with %v", code)
		}
	})
}

// TestReaderByRecheck shows that a recheck can make a user a reader, or a reader an editor.
func TestReaderByRecheck(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		ann, bob := w.opens("ann"), w.opens("bob")
		viewer := w.joinsWith(new(memConn), w.readerIdentity("vic"))
		demoted := w.readerIdentity("bob")
		demoted.Text = nil
		bob.Become(demoted)
		promoted := w.identityOf("vic")
		viewer.Become(promoted)
		pass(time.Second)
		if bob.conn.closed() != 0 || viewer.conn.closed() != 0 {
			t.Fatal("closed though nothing is unpublished")
		}
		ann.writes("text, secret")
		pass(time.Second)
		if bob.conn.closed() != CloseUnpublished || viewer.conn.closed() != 0 {
			t.Errorf("closed with %v and %v", bob.conn.closed(), viewer.conn.closed())
		}
		bob.mustNotContain("secret")
		ann.Become(demoted)
		pass(time.Second)
		if ann.conn.closed() != CloseUnpublished {
			t.Error("a peer that may no longer see drafts is not closed")
		}
	})
}

// TestRefusedReaderCausesFewFetches shows that the record is fetched about once a minute however
// often a reader without a text is refused.
func TestRefusedReaderCausesFewFetches(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		ann := w.opens("ann")
		ann.writes("text, secret")
		vic := w.readerIdentity("vic")
		vic.Text = nil
		fetches := func() int {
			w.records.mu.Lock()
			defer w.records.mu.Unlock()
			return w.records.fetches
		}
		before := fetches()
		for range 120 {
			w.mustBeRefused(vic)
			pass(time.Second)
		}
		if n := fetches() - before; n > 5 { // those that ann's room makes among them
			t.Errorf("%d fetches", n)
		}
	})
}

// TestReaderOfHistory shows that with KeepHistory readers are refused as soon as a document has
// deleted content.
func TestReaderOfHistory(t *testing.T) {
	inRecordWorld(t, Config{KeepHistory: true}, "text", func(w *recordWorld) {
		w.joinsWith(new(memConn), w.readerIdentity("vic")).Leave()
		ann := w.opens("ann")
		ann.writes("text, secret")
		ann.writes("text")
		pass(time.Minute)
		w.mustBeRefused(w.readerIdentity("vic"))
		if late := w.opens("bob"); !bytes.Contains(late.conn.state(), []byte("secret")) {
			t.Error("the history is gone")
		}
	})
}

// TestReadersDoNotWait shows that a reader joins a room whose document is published without waiting
// for CivicPress.
func TestReadersDoNotWait(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		w.joinsWith(new(memConn), w.readerIdentity("vic"))
		ann := w.opens("ann")
		w.records.fetching.close()
		var refreshing sync.WaitGroup
		refreshing.Go(func() { _ = w.Refresh(context.Background(), ann.Room()) })
		settle()
		w.joinsWith(new(memConn), w.readerIdentity("second"))
		w.records.fetching.open()
		refreshing.Wait()
	})
}
