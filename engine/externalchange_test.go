package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestExternalChange shows what becomes of the document, the notices, the versions and the draft
// when another program changes a record that is open here.
func TestExternalChange(t *testing.T) {
	const untouched = "first\n\nsecond"
	tests := []struct {
		name     string
		unsaved  string // ann's edit, which is in no draft
		how      Change
		text     string // of the record, after the change
		want     string // the document's text after it
		notices  []string
		versions int
		saves    int // drafts in the end
	}{
		{"a draft by somebody else", "", Edited, "first\n\nsecond, changed", "first\n\nsecond, changed", []string{noticeChanged}, 0, 0},
		{"the same text", "", Edited, untouched, untouched, nil, 0, 0},
		{"the same text, written otherwise", "", Edited, "first\n\nsecond\n\n\n", untouched, nil, 0, 0},
		{"something beside the text", "", Touched, "", untouched, nil, 0, 0},
		{"published as it is", "", Published, untouched, untouched, []string{noticePublished}, 0, 0},
		{"published otherwise", "", Published, "new", "new", []string{noticePublished}, 0, 0},
		{"a draft, and ours", "first, mine\n\nsecond", Edited, "first\n\nsecond, theirs", "first, mine\n\nsecond, theirs", []string{noticeMerged}, 0, 1},
		{"a draft with a new paragraph, and ours", "first, mine\n\nsecond", Edited, "first\n\nsecond\n\nthird", "first, mine\n\nsecond\n\nthird", []string{noticeMerged}, 0, 1},
		{"a draft without a paragraph, and ours", "first, mine\n\nsecond", Edited, "first", "first, mine", []string{noticeMerged}, 0, 1},
		{"a draft of the same paragraph, and ours", "first, mine\n\nsecond", Edited, "first, theirs\n\nsecond, theirs", "first, mine\n\nsecond, theirs",
			[]string{fmt.Sprintf(noticeConflictIn, "paragraph 1")}, 1, 1},
		{"a draft that goes on from ours", "first, mine\n\nsecond", Edited, "first, mine too\n\nsecond", "first, mine too\n\nsecond", []string{noticeMerged}, 0, 0},
		{"a draft of what was written here before", "first, mine\n\nsecond", Edited, "first, m\n\nsecond", "first, mine\n\nsecond", nil, 0, 1},
		{"a draft that deletes what we changed", "first\n\nsecond, mine", Edited, "first, theirs", "first, theirs\n\nsecond, mine",
			[]string{fmt.Sprintf(noticeConflictIn, "paragraph 2")}, 1, 1},
		{"a draft that changes what we deleted", "first", Edited, "first\n\nsecond, theirs", "first", []string{fmt.Sprintf(noticeConflictIn, "a deleted paragraph")}, 1, 1},
		{"discarded, and ours", "first, mine\n\nsecond", Discarded, "", "first, mine\n\nsecond", []string{noticeDiscarded}, 0, 1},
		{"a draft that says what ours does", "first, mine\n\nsecond", Edited, "first, mine\n\nsecond", "first, mine\n\nsecond", nil, 0, 0},
		{"something beside the text, and ours", "first, mine\n\nsecond", Touched, "", "first, mine\n\nsecond", nil, 0, 1},
		{"published as it was, and ours", "first, mine\n\nsecond", Published, untouched, "first, mine\n\nsecond", []string{noticePublished}, 0, 1},
		{"published otherwise, and ours", "first, mine\n\nsecond", Published, "first\n\nnew", "first, mine\n\nnew", []string{noticePublished, noticeMerged}, 0, 1},
		{"published as something else, and ours", "first, mine\n\nsecond", Published, "new", "first, mine",
			[]string{noticePublished, fmt.Sprintf(noticeConflictIn, "paragraph 1")}, 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inRecordWorld(t, Config{Drafts: Drafts{Quiet: time.Minute, Interval: time.Minute}}, untouched, func(w *recordWorld) {
				a, b := w.opens("ann"), w.joinWatcher("bob")
				if tt.unsaved != "" {
					a.writes(tt.unsaved)
				}
				w.records.changeOutside("r", tt.how, tt.text)
				if err := w.Refresh(context.Background(), roomkey.MustParse("r")); err != nil {
					t.Fatal(err)
				}
				pass(time.Second)
				w.wantText(tt.want, a)
				if got := markdownOf(t, b.conn.state()); got != tt.want {
					t.Errorf("the other peer reads %q", got)
				}
				b.wantNotices(tt.notices...)
				w.wantVersions(tt.versions, tt.text)
				if len(w.records.saved()) != 0 {
					t.Error("a draft was saved too soon")
				}
				pass(2 * time.Minute)
				if got := w.records.saved(); len(got) != tt.saves || tt.saves > 0 && got[0] != (memSave{"ann", tt.want}) {
					t.Errorf("saved %q", got)
				}
				w.wantVersions(tt.versions, tt.text)
			})
		})
	}
}

// wantVersions fails unless n versions are kept and the last has this text.
func (w *recordWorld) wantVersions(n int, text string) {
	w.t.Helper()
	if len(w.archive.versions) != n {
		w.t.Fatalf("%d versions, want %d", len(w.archive.versions), n)
	}
	if n == 0 {
		return
	}
	v := w.archive.versions[n-1]
	s, err := snapshot.Decode(v.blob, 1<<20)
	if err != nil {
		w.t.Fatal(err)
	}
	if got := markdownOf(w.t, s.State); v.room != "r" || v.why != "changed outside" || got != text {
		w.t.Errorf("version %q of %s: %q, want %q", v.why, v.room, got, text)
	}
}

// TestDiscardedDraft shows that the document goes back to the published text when our draft is
// discarded outside.
func TestDiscardedDraft(t *testing.T) {
	inRecordWorld(t, Config{}, "published", func(w *recordWorld) {
		a, b := w.opens("ann"), w.joinWatcher("bob")
		a.writes("draft")
		pass(3 * time.Second)
		w.records.changeOutside("r", Discarded, "")
		pass(time.Minute)
		w.wantText("published", a)
		b.wantNotices(noticeDiscarded)
		w.wantSaves(memSave{"ann", "draft"})
	})
}

// TestExternalEditIsMinimal shows that the update for an external change has only the new text, so
// that carets stay.
func TestExternalEditIsMinimal(t *testing.T) {
	long := strings.Repeat("a paragraph that nobody has touched\n\n", 100)
	inRecordWorld(t, Config{}, long+"end", func(w *recordWorld) {
		a := w.opens("ann")
		before := len(a.conn.state())
		w.records.changeOutside("r", Edited, long+"the end")
		a.conn.take()
		pass(time.Minute + time.Second)
		w.wantText(long+"the end", a)
		sent := 0
		for _, m := range a.conn.take() {
			if m.Kind == protocol.Update {
				sent += len(m.Body)
			}
		}
		if sent == 0 || sent > 100 {
			t.Errorf("%d bytes sent of %d", sent, before)
		}
	})
}

// TestExternalChangeIsNoticed shows that an external change is noticed by polling, by saving, by a
// join and by the recheck of a session.
func TestExternalChangeIsNoticed(t *testing.T) {
	tests := []struct {
		name string
		do   func(w *recordWorld, a *client)
		want string
		seen bool
	}{
		{"by polling", func(w *recordWorld, a *client) { pass(time.Minute) }, "theirs", true},
		{"not before that", func(w *recordWorld, a *client) { pass(50 * time.Second) }, "text", false},
		{"by saving", func(w *recordWorld, a *client) { a.writes("ours"); pass(3 * time.Second) }, "ours", true},
		{"by a join", func(w *recordWorld, a *client) { w.opens("bob"); pass(time.Second) }, "theirs", true},
		{"not by a viewer", func(w *recordWorld, a *client) { w.opens("viewer"); pass(time.Second) }, "text", false},
		{"by a session", func(w *recordWorld, a *client) { a.Become(w.identityOf("ann")); pass(time.Second) }, "theirs", true},
		{"not where nobody may write", func(w *recordWorld, a *client) {
			a.Become(Identity{ID: "ann", ReadOnly: true})
			pass(time.Hour)
		}, "text", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
				a := w.opens("ann")
				w.records.changeOutside("r", Edited, "theirs")
				tt.do(w, a)
				w.wantText(tt.want, a)
				if seen := w.counter(fmt.Sprintf("realtime_record_changes_total{change=%q}", Edited)) == 1; seen != tt.seen {
					t.Errorf("noticed: %v", seen)
				}
			})
		})
	}
}

// TestExternalEditHasNoWriter shows that the update for an external change is journaled, and causes
// no draft.
func TestExternalEditHasNoWriter(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		a := w.opens("ann")
		w.records.changeOutside("r", Edited, "theirs")
		pass(61 * time.Second)
		a.Leave()
		w.kill()
		w.start()
		w.wantText("theirs", w.opens("bob"))
		pass(time.Minute)
		w.wantSaves()
	})
}

// TestTypingDuringExternalChange shows that all peers get both an external change and an edit that
// are in one flush.
func TestTypingDuringExternalChange(t *testing.T) {
	inRecordWorld(t, Config{}, "one\n\ntwo", func(w *recordWorld) {
		a, b := w.joinWatcher("ann"), w.opens("bob")
		a.types(7, 0, "beside")
		w.records.changeOutside("r", Edited, "one\n\ntwo!")
		if err := w.Refresh(context.Background(), roomkey.MustParse("r")); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		w.wantText("one\n\ntwo!", b)
		if got := markdownOf(t, a.conn.state()); got != "one\n\ntwo!" {
			t.Errorf("the writer reads %q", got)
		}
	})
}

// TestNoticesAreSentOnce shows that peers get one notice of an external change, although the record
// is fetched again and again.
func TestNoticesAreSentOnce(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		w.opens("ann")
		b := w.joinWatcher("bob")
		w.records.changeOutside("r", Published, "text")
		pass(10 * time.Minute)
		b.wantNotices(noticePublished)
	})
}

// TestConflictWithoutArchive shows that our text is kept in a conflict if the store keeps no
// versions, and that the loss of the other text is logged.
func TestConflictWithoutArchive(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		w.drain()
		plain := &world{t: t, store: newMemStore(), out: new(logBuffer)}
		plain.Engine = New(w.cfg, plain.store, w.log)
		w.Engine = plain.Engine
		a := w.opens("ann")
		w.records.changeOutside("r", Edited, "theirs")
		a.writes("ours")
		pass(3 * time.Second)
		w.wantText("ours", a)
		w.wantSaves(memSave{"ann", "ours"})
		if !strings.Contains(w.out.String(), "keeps no versions") {
			t.Error("it is not logged")
		}
	})
}

// TestRefreshOfNoRoom shows that Refresh does nothing for a room that is not loaded, and reports
// that a record cannot be fetched.
func TestRefreshOfNoRoom(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		if err := w.Refresh(context.Background(), roomkey.MustParse("other")); err != nil {
			t.Error(err)
		}
		w.opens("ann")
		w.records.fail(errAPI)
		if err := w.Refresh(context.Background(), roomkey.MustParse("r")); err == nil {
			t.Error("no error")
		}
	})
}

// TestStaleFetchIsIgnored shows that a joining peer's text of the record is ignored if it was
// fetched before a draft was saved, or before a newer text that has come first.
func TestStaleFetchIsIgnored(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		a := w.opens("ann")
		late := w.identityOf("bob")
		late.Text.FetchedAt = time.Now()
		a.writes("text, more")
		pass(3 * time.Second)
		w.wantSaves(memSave{"ann", "text, more"})
		w.joinsWith(new(memConn), late)
		pass(time.Second)
		w.wantText("text, more", a)

		first, second := w.identityOf("cleo"), w.identityOf("dan")
		first.Text.FetchedAt = time.Now()
		second.Text.FetchedAt = time.Now().Add(time.Millisecond)
		second.Text.Markdown, second.Text.Revision = "theirs", "later"
		pass(time.Second)
		w.joinsWith(new(memConn), second)
		pass(time.Second)
		w.wantText("theirs", a)
		w.joinsWith(new(memConn), first)
		pass(time.Second)
		w.wantText("theirs", a)
	})
}
