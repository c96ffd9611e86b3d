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

// reader is somebody who may see only what is published, as the transport would let them in now.
func (w *recordWorld) readerIdentity(name string) Identity {
	identity := w.identityOf("viewer " + name)
	identity.PublishedOnly = true
	return identity
}

// mustBeRefused requires that a reader is not let in, and told why.
func (w *recordWorld) mustBeRefused(identity Identity) {
	w.t.Helper()
	_, err := w.Join(context.Background(), roomkey.MustParse("r"), new(memConn), protocol.YWebsocket{}, identity)
	var why *CloseError
	if !errors.As(err, &why) || why.Code != CloseUnpublished || !strings.Contains(why.Reason, "unpublished") {
		w.t.Fatalf("let in, or refused with %v", err)
	}
}

// mustNotHold requires that nothing that a client was sent has a text in it.
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

// TestReaderOfWhatIsPublished: a reader is there while the document says what is published,
// whatever it is that brings something else, and is told why it is closed before that.
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
		"an editor comes who is shown a draft": func(w *recordWorld, ann *client) {
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
					t.Errorf("%d who may see nothing else", n)
				}
			})
		})
	}
}

// slowConn is a rawConn that reads nothing while its gate is shut.
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

// holds says whether a text was sent, as it is or in base64.
func (c *rawConn) containsEncoded(text string) bool {
	found := c.contains(text)
	for before := range 3 { // bytes of a group that the text does not begin
		all := base64.StdEncoding.EncodeToString(append(make([]byte, before), text...))
		found = found || c.contains(all[(before*4+2)/3:(before+len(text))*4/3])
	}
	return found
}

// TestClosedReaderIsSentNothing has readers of all protocols, who read nothing for a while, ask for
// the document when somebody has written: neither the answer nor anybody's awareness state,
// messages or presence from then on is sent to them.
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
					t.Error("the reader is not sent the document: the test shows nothing")
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

// TestReaderOfMoreThanText: what editors keep in other types of the document is nothing that was
// published.
func TestReaderAndOtherTypes(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		ann := w.opens("ann")
		ann.types(0, "secret") // in a text of its own
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

// TestReaderAndWhatIsWrittenMeanwhile has somebody write while the document is being brought to
// what is published.
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
			t.Fatalf("%q: not brought to the text while somebody wrote", got)
		}
		w.mustBeRefused(w.readerIdentity("vic"))
	})
}

// TestReaderStays: what is published anew arrives, and presence does.
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

// TestReaderComesBack: while there is a draft a reader is refused, and when that is published it
// has nothing of what was written in between.
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

// TestReaderOfSharedAnswer has an answer with what is deleted wait for a slow editor: the reader
// gets one of its own.
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

// TestReaderAndWhatIsOnItsWay has a text that is gone again wait for the disk when a reader comes:
// it is still on its way to everybody.
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
			t.Fatal("it was refused for another reason: the test shows nothing")
		}
		w.store.appending.open()
		pass(10 * time.Second) // the store is tried again
		w.joinsWith(new(memConn), w.readerIdentity("vic")).mustNotContain("secret")
	})
}

// TestReadersRoomIsFirst: a reader opens the record, an editor comes, and the draft is not the
// reader's to see.
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

// TestPublishedAnewWithoutEditors: the record is published with another text while only readers
// look at it.
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

// TestReaderByRecheck: sessions change while people are there.
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
			t.Error("who may not see drafts any more stays")
		}
	})
}

// TestRefusedReaderAsksForLittle: the record is looked at once a minute, however often a reader
// comes that brings no text.
func TestRefusedReaderCausesFewFetches(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		ann := w.opens("ann")
		ann.writes("text, secret")
		vic := w.readerIdentity("vic")
		vic.Text = nil
		looks := func() int {
			w.records.mu.Lock()
			defer w.records.mu.Unlock()
			return w.records.fetches
		}
		before := looks()
		for range 120 {
			w.mustBeRefused(vic)
			pass(time.Second)
		}
		if n := looks() - before; n > 5 { // and ann's
			t.Errorf("%d looks", n)
		}
	})
}

// TestReaderOfHistory: a document that keeps what is deleted in it is shown to readers as long as
// that is nothing.
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

// TestReadersDoNotWait: a reader gets into a room whose document says what is published, while
// CivicPress is asked about the record and does not answer.
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
