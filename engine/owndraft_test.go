package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// TestKilledAfterDraft shows that a draft that was saved by a process that was killed before it
// noted that is no external change for the next process, whatever was written since: no word is
// there twice, nobody is notified, and what the draft lacks is saved.
func TestKilledAfterDraft(t *testing.T) {
	const published, draft = "first", "first\n\nsecond"
	tests := []struct {
		name string
		cfg  Config
		then []string // texts that are written while the draft is being saved
		save []string // drafts of the next process
	}{
		{"nothing was written since", Config{}, nil, nil},
		{"the same paragraph went on", Config{}, []string{draft + " third"}, []string{draft + " third"}},
		{"others were written", Config{}, []string{draft + "\n\nthird", "zero\n\n" + draft + "\n\nthird"},
			[]string{"zero\n\n" + draft + "\n\nthird"}},
		{"its words were deleted", Config{}, []string{"first\n\nthird"}, []string{"first\n\nthird"}},
		{"all of it was undone", Config{}, []string{published}, []string{published}},
		{"a snapshot was stored since", Config{SnapshotUpdates: 1, SnapshotMinInterval: 1},
			[]string{draft + " third"}, []string{draft + " third"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inRecordWorld(t, tt.cfg, published, func(w *recordWorld) {
				a := w.opens("ann")
				w.records.answering.close()
				a.writes(draft)
				pass(5 * time.Second)
				w.wantSaves(memSave{"ann", draft})
				want := draft
				for _, text := range tt.then {
					a.writes(text)
					want = text
				}
				pass(2 * time.Second)
				if stored := w.store.snapshots["r"] != nil; stored != (tt.cfg.SnapshotUpdates > 0) {
					t.Fatalf("a snapshot is stored: %t", stored)
				}
				a.Leave()
				w.killAs(w.records.answering.open)
				w.start()
				witness := w.joinWatcher("bob")
				a = w.rejoins(a, "ann")
				pass(time.Minute)
				w.wantText(want, a, w.opens("carl"))
				witness.wantNotices()
				w.wantVersions(0, "")
				if n := w.counter(editedMetric); n > 0 {
					t.Errorf("%d external changes", n)
				}
				w.wantDrafts(append([]string{draft}, tt.save...)...)
			})
		})
	}
}

// wantDrafts fails unless drafts with exactly these texts have been saved, with any credential.
func (w *recordWorld) wantDrafts(want ...string) {
	w.t.Helper()
	var got []string
	for _, s := range w.records.saved() {
		got = append(got, s.markdown)
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("saved %q, want %q", got, want)
	}
}

// TestPublishedAfterKill shows that a draft that was saved by a process that was killed before it
// noted that, and was published before the next one began, is merged with nothing: users are
// notified, and what they wrote since is the next draft.
func TestPublishedAfterKill(t *testing.T) {
	inRecordWorld(t, Config{}, "first", func(w *recordWorld) {
		a := w.opens("ann")
		w.records.answering.close()
		a.writes("first\n\nsecond")
		pass(5 * time.Second)
		a.writes("first\n\nsecond third")
		a.Leave()
		w.killAs(w.records.answering.open)
		w.records.changeOutside("r", Published, "first\n\nsecond")
		w.start()
		witness := w.joinJSON("r", w.identityOf("bob"))
		a = w.rejoins(a, "ann")
		pass(time.Minute)
		w.wantText("first\n\nsecond third", a)
		witness.wantNotices(noticePublished)
		w.wantDrafts("first\n\nsecond", "first\n\nsecond third")
	})
}

// TestDraftIsClaimedInRow shows that before a draft is saved the store has its claim, and the
// document that it was made of, while users write, in a drain and in a hand-over.
func TestDraftIsClaimedInRow(t *testing.T) {
	for name, end := range map[string]func(w *recordWorld, a *client){
		"after a pause": func(*recordWorld, *client) { pass(time.Minute) },
		"drain":         func(w *recordWorld, _ *client) { w.drain() },
		"hand-over": func(w *recordWorld, a *client) {
			a.Leave()
			if err := w.HandOver(context.Background()); err != nil {
				w.t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
				a := w.opens("ann")
				var saved []string
				w.records.onSave = func(text string) {
					saved = append(saved, text)
					rows, snapshots := w.store.copyContents()
					if s := readRoom(t, snapshots["r"], rows["r"]); !claims(s, text) {
						t.Errorf("claims %x", s.Claims)
					} else if got := markdownOf(t, s.State); got != text {
						t.Errorf("the store has %q", got)
					}
				}
				a.writes("text, and more")
				end(w, a)
				if !slices.Equal(saved, []string{"text, and more"}) {
					t.Errorf("saved %q", saved)
				}
			})
		})
	}
}

// readRoom reads the stored state of a room, as stored.Read does. That compresses texts, which may
// not be done in a bubble.
func readRoom(t *testing.T, blob []byte, rows []memRow) (s snapshot.Snapshot) {
	t.Helper()
	var all [][]byte
	for _, r := range rows {
		all = append(all, r.row)
	}
	notes, doc := recordsync.Notes{Compression: snapshot.Raw}, new(ydoc.Doc)
	if blob != nil {
		var err error
		if s, err = snapshot.Decode(blob, 1<<20); err != nil {
			t.Fatal(err)
		}
		if doc, err = ydoc.Load(s.State); err != nil {
			t.Fatal(err)
		}
	}
	if err := notes.Add(s.Note, s.Claims); err != nil {
		t.Fatal(err)
	}
	if err := stored.Replay(doc, all, &s.Version, nil); err != nil {
		t.Fatal(err)
	}
	if err := stored.AddFields(&notes, &s.Incarnation, all); err != nil {
		t.Fatal(err)
	}
	s.State, s.Claims = doc.AppendState(nil), notes.AppendClaims(nil)
	return s
}

// claims reports whether a text is claimed.
func claims(s snapshot.Snapshot, text string) bool {
	hash := sha256.Sum256([]byte(text))
	return bytes.Contains(s.Claims, hash[:])
}

// TestClaimEndsWithMergeBase shows that the store has no claim once a draft is known to be saved:
// the same text is an external change when another program saves it again later.
func TestClaimEndsWithMergeBase(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		a := w.opens("ann")
		for _, text := range []string{"text, one", "text, one\n\ntwo"} {
			a.writes(text)
			w.saveDraft(a)
		}
		rows, snapshots := w.store.copyContents()
		if s := readRoom(t, snapshots["r"], rows["r"]); len(s.Claims) > 0 {
			t.Errorf("claims %x", s.Claims)
		}
		a.Leave()
		w.kill()
		w.records.changeOutside("r", Edited, "text, one")
		w.start()
		w.opens("bob")
		pass(time.Second)
		if w.counter(editedMetric) != 1 {
			t.Error("it is no external change")
		}
	})
}

// TestUnsavedClaim shows that a draft that was claimed, and not saved as the process was killed, is
// saved by the next one, and that a text of another program is an external change all the same.
func TestUnsavedClaim(t *testing.T) {
	for name, theirs := range map[string]string{"nobody else saves": "", "another program saves": "first, theirs\n\nsecond"} {
		t.Run(name, func(t *testing.T) {
			inRecordWorld(t, Config{}, "first\n\nsecond", func(w *recordWorld) {
				a := w.opens("ann")
				w.records.saving.close()
				a.writes("first\n\nsecond, mine")
				pass(5 * time.Second)
				a.Leave()
				w.killAs(w.records.saving.open)
				want, changes := "first\n\nsecond, mine", uint64(0)
				if theirs != "" {
					w.records.changeOutside("r", Edited, theirs)
					want, changes = "first, theirs\n\nsecond, mine", 1
				}
				w.start()
				a = w.rejoins(a, "ann")
				pass(time.Minute)
				w.wantText(want, a)
				w.wantDrafts(want)
				if n := w.counter(editedMetric); n != changes {
					t.Errorf("%d external changes", n)
				}
			})
		})
	}
}

// TestSavedWithoutAnswer shows that a draft that was saved, while the calls that saved it failed,
// is no external change, though its document went on, and many drafts after it failed, too.
func TestSavedWithoutAnswer(t *testing.T) {
	inRecordWorld(t, Config{RecordTimeout: 2 * time.Second}, "first", func(w *recordWorld) {
		a, witness := w.opens("ann"), w.joinWatcher("bob")
		w.records.answering.close()
		a.writes("first\n\nsecond")
		pass(5 * time.Second)
		w.records.fail(errAPI)
		w.records.answering.open()
		want := "first\n\nsecond"
		for range 20 {
			want += " on"
			a.writes(want)
			pass(time.Minute)
		}
		w.records.fail(nil)
		pass(time.Minute)
		w.wantText(want, a)
		w.wantDrafts("first\n\nsecond", want)
		witness.wantNotices(noticeNotSaved, noticeSavedAgain)
		if n := w.counter(editedMetric); n > 0 {
			t.Errorf("%d external changes", n)
		}
	})
}

// TestClaimIsStoredOnce shows that drafts that fail again and again with the same text add no rows.
func TestClaimIsStoredOnce(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		a := w.opens("ann")
		w.records.fail(errAPI)
		a.writes("text, and more")
		pass(10 * time.Second)
		rows, _ := w.store.copyContents()
		pass(10 * time.Minute)
		if n := len(w.store.rows["r"]) - len(rows["r"]); n > 0 {
			t.Errorf("%d rows", n)
		}
		w.records.fail(nil)
	})
}

// TestDraftWhileStoreHangs shows that while the store takes no row a draft is saved without its
// claim, after the time of Config.JournalPatience: the record is the only place for it.
func TestDraftWhileStoreHangs(t *testing.T) {
	inRecordWorld(t, Config{JournalPatience: 10 * time.Second, StoreTimeout: time.Hour}, "text", func(w *recordWorld) {
		a := w.opens("ann")
		a.writes("text, and more")
		w.store.appending.close()
		pass(8 * time.Second)
		w.wantDrafts()
		pass(10 * time.Second)
		w.wantDrafts("text, and more")
		a.writes("text, and even more")
		pass(5 * time.Second)
		w.wantDrafts("text, and more", "text, and even more")
		w.store.appending.open()
		pass(time.Minute)
		rows, _ := w.store.copyContents()
		if s := readRoom(t, nil, rows["r"]); len(s.Claims) > 0 {
			t.Errorf("claims %x", s.Claims)
		}
	})
}

// TestRoomEndsWhileClaiming shows that the draft of a room that crashes while its claim is on its
// way to the store is not saved.
func TestRoomEndsWhileClaiming(t *testing.T) {
	inRecordWorld(t, Config{StoreTimeout: time.Hour, JournalPatience: time.Hour}, "text", func(w *recordWorld) {
		a := w.opens("ann")
		a.writes("text, and more")
		w.store.appending.close()
		pass(8 * time.Second)
		a.room.runLocked(func() { a.room.abandonLocked() })
		pass(time.Minute)
		w.store.appending.open()
		pass(time.Minute)
		w.wantDrafts()
	})
}
