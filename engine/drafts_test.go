package engine

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestDraftsAreSaved shows when and how often drafts are saved while somebody writes.
func TestDraftsAreSaved(t *testing.T) {
	tests := []struct {
		name string
		edit func(a *client)
		want int // drafts
	}{
		{"not before people pause", func(a *client) { a.writes("a b"); pass(time.Second) }, 0},
		{"when they pause", func(a *client) { a.writes("a b"); pass(2 * time.Second) }, 1},
		{"once, when they write without a pause", func(a *client) {
			for i := range 11 {
				a.writes("a" + strings.Repeat("b", i+1))
				pass(800 * time.Millisecond)
			}
		}, 1},
		{"every ten seconds then", func(a *client) {
			for i := range 31 {
				a.writes("a" + strings.Repeat("b", i+1))
				pass(800 * time.Millisecond)
			}
		}, 3},
		{"not when they take it back", func(a *client) { a.writes("a b"); a.writes("a"); pass(time.Minute) }, 0},
		{"not when nothing of the text is changed", func(a *client) { a.types(0, "elsewhere"); pass(time.Minute) }, 0},
		{"also when all of it is deleted", func(a *client) { a.writes(""); pass(time.Minute) }, 1},
		{"once, however often it is looked at", func(a *client) { a.writes("a b"); pass(time.Hour) }, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inRecordWorld(t, Config{}, "a", func(w *recordWorld) {
				a := w.opens("ann")
				tt.edit(a)
				got := w.records.saved()
				if len(got) != tt.want || w.counter("realtime_draft_saves_total") != uint64(tt.want) {
					t.Errorf("saved %q, want %d", got, tt.want)
				}
				if n := len(got); n > 0 && tt.want > 0 && n > 1 && got[n-1] == got[n-2] {
					t.Error("the same draft was saved twice")
				}
			})
		})
	}
}

// TestDraftBurst shows that after a pause Burst drafts may follow each other at once, and further
// ones at intervals of MinInterval.
func TestDraftBurst(t *testing.T) {
	inRecordWorld(t, Config{Drafts: Drafts{MinInterval: 40 * time.Second, Burst: 3}}, "a", func(w *recordWorld) {
		a, wrote := w.opens("ann"), ""
		saved := func(word string) bool {
			before := len(w.records.saved())
			wrote += word
			a.writes("a" + wrote)
			pass(4 * time.Second)
			return len(w.records.saved()) > before
		}
		for _, pause := range []time.Duration{0, 3 * time.Minute} {
			pass(pause)
			for n := range 5 {
				if got := saved("b"); got != (n < 3) {
					t.Errorf("draft %d after a pause of %v: saved %t", n+1, pause, got)
				}
			}
		}
		pass(40 * time.Second)
		if got := w.records.saved(); got[len(got)-1].markdown != "a"+wrote {
			t.Errorf("%q is the last draft", got[len(got)-1].markdown)
		}
	})
}

// TestDraftMinInterval shows that drafts of a room are at least MinInterval apart while people
// write, and that the last one is saved at once when all have left.
func TestDraftMinInterval(t *testing.T) {
	inRecordWorld(t, Config{Drafts: Drafts{MinInterval: 30 * time.Second, Burst: 1}}, "a", func(w *recordWorld) {
		a, wrote := w.opens("ann"), ""
		write := func(pause time.Duration, times int) {
			for range times {
				wrote += "b"
				a.writes("a" + wrote)
				pass(pause)
			}
		}
		saves := func(want int) {
			t.Helper()
			if n := len(w.records.saved()); n != want {
				t.Errorf("%d drafts, want %d", n, want)
			}
		}
		const second = 800 * time.Millisecond // with the 200 ms of client.writes
		write(2*time.Second, 1)
		saves(1)
		write(second, 29)
		saves(1)
		write(second, 1) // half a minute after the first
		saves(2)
		write(second, 299)
		n := len(w.records.saved())
		if n < 11 || n > 12 {
			t.Errorf("%d drafts in five minutes and a half", n)
		}
		write(second, 1)
		n = len(w.records.saved())
		write(0, 1)
		a.Leave()
		pass(2 * time.Second)
		saves(n + 1)
		if got := w.records.saved(); got[len(got)-1].markdown != "a"+wrote {
			t.Error("another text was saved")
		}
	})
}

// TestViewerSavesNothing shows that no draft is saved in a room that has only had viewers.
func TestViewerSavesNothing(t *testing.T) {
	inRecordWorld(t, Config{Grace: time.Minute}, "a\n\n\nb", func(w *recordWorld) {
		w.opens("viewer").Leave()
		pass(time.Hour)
		w.opens("viewer")
		pass(time.Hour)
		if w.records.saveAttempts() != 0 {
			t.Errorf("%d attempts to save", w.records.saveAttempts())
		}
	})
}

// TestCredentialsOfDrafts shows with whose credential a draft is saved.
func TestCredentialsOfDrafts(t *testing.T) {
	tests := []struct {
		name    string
		refused []string
		edit    func(w *recordWorld, a, b *client)
		want    string
	}{
		{"the last writer's", nil, func(w *recordWorld, a, b *client) { a.writes("a b"); b.writes("a b c") }, "bob"},
		{"not a viewer's", nil, func(w *recordWorld, a, b *client) { a.writes("a b") }, "ann"},
		{"one that is newer", []string{"ann"}, func(w *recordWorld, a, b *client) {
			a.writes("a b")
			a.Become(Identity{ID: "ann", Credential: "ann2"})
		}, "ann2"},
		{"another editor's if it is refused", []string{"ann"}, func(w *recordWorld, a, b *client) { a.writes("a b") }, "bob"},
		{"the configured one", []string{"ann", "bob"}, func(w *recordWorld, a, b *client) { a.writes("a b") }, ""},
		{"that of a writer who has left", nil, func(w *recordWorld, a, b *client) { a.writes("a b"); a.Leave(); b.Leave() }, "ann"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inRecordWorld(t, Config{}, "a", func(w *recordWorld) {
				a, b := w.opens("ann"), w.opens("bob")
				w.opens("viewer")
				w.records.refuse(tt.refused...)
				tt.edit(w, a, b)
				pass(3 * time.Second)
				if got := w.records.saved(); len(got) != 1 || got[0].credential != tt.want {
					t.Errorf("saved %q, want one by %q", got, tt.want)
				}
			})
		})
	}
}

// TestDraftOfEarlierProcess shows that edits of an earlier process are saved when the engine
// drains, with the credential of an editor that wrote nothing and has left by then.
func TestDraftOfEarlierProcess(t *testing.T) {
	for name, end := range map[string]func(w *recordWorld, b *client){
		"present": func(*recordWorld, *client) {},
		"left":    func(_ *recordWorld, b *client) { b.Leave() },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Config{Drafts: Drafts{Quiet: time.Hour, Interval: time.Hour}}
			inRecordWorld(t, cfg, "a", func(w *recordWorld) {
				w.opens("ann").writes("a b")
				pass(time.Second)
				w.kill()
				w.start()
				b := w.opens("bob")
				w.records.refuse("")
				end(w, b)
				w.drain()
				w.wantSaves(memSave{"bob", "a b"})
			})
		})
	}
}

// TestDraftSavedByNewEditor shows that a draft that no known credential may save is saved as soon
// as an editor joins with a credential that may.
func TestDraftSavedByNewEditor(t *testing.T) {
	inRecordWorld(t, Config{}, "a", func(w *recordWorld) {
		a := w.opens("ann")
		w.records.refuse("ann", "")
		a.writes("a b")
		pass(10 * time.Minute)
		if n := w.records.saveAttempts(); n < 20 || n > 200 {
			t.Errorf("%d attempts", n)
		}
		w.opens("bob")
		pass(100 * time.Millisecond)
		w.wantSaves(memSave{"bob", "a b"})
	})
}

// TestAPIDown shows that editing goes on while drafts cannot be saved, that peers get a notice,
// that log and metrics report it, and that everything is saved when the API is back.
func TestAPIDown(t *testing.T) {
	inRecordWorld(t, Config{}, "a", func(w *recordWorld) {
		a, b := w.opens("ann"), w.joinWatcher("bob")
		w.records.fail(errAPI)
		text := "a"
		for range 300 {
			text += "b"
			a.writes(text)
			pass(800 * time.Millisecond)
		}
		if n := w.records.saveAttempts(); n < 10 || n > 60 { // pauses are of 10 to 30 s
			t.Errorf("%d attempts in five minutes", n)
		}
		b.wantNotices(noticeNotSaved)
		if s := w.metric("realtime_oldest_unsaved_edit_seconds"); s < 290 || s > 310 || w.metric("realtime_unsaved_drafts") != 1 || w.counter("realtime_draft_save_failures_total") != uint64(w.records.saveAttempts()) {
			t.Errorf("%v s behind in %v rooms, %d failures of %d", s, w.metric("realtime_unsaved_drafts"), w.counter("realtime_draft_save_failures_total"), w.records.saveAttempts())
		}
		if n := strings.Count(w.out.String(), "drafts cannot be saved"); n != 1 {
			t.Errorf("%d lines logged", n)
		}
		w.records.fail(nil)
		pass(31 * time.Second)
		w.wantSaves(memSave{"ann", text})
		b.wantNotices(noticeSavedAgain)
		if !strings.Contains(w.out.String(), "drafts can be saved again") || w.metric("realtime_unsaved_drafts") != 0 || w.metric("realtime_oldest_unsaved_edit_seconds") != 0 {
			t.Error("log or metrics do not show that drafts are saved again")
		}
		if strings.Contains(w.out.String(), "abbb") {
			t.Error("the log has the text")
		}
	})
}

// TestShortOutageIsNotNotified shows that peers get no notice of an outage that is over within 30
// s.
func TestShortOutageIsNotNotified(t *testing.T) {
	inRecordWorld(t, Config{}, "a", func(w *recordWorld) {
		a, b := w.opens("ann"), w.joinWatcher("bob")
		w.records.fail(errAPI)
		a.writes("a b")
		pass(10 * time.Second)
		w.records.fail(nil)
		pass(30 * time.Second)
		w.wantSaves(memSave{"ann", "a b"})
		b.wantNotices()
	})
}

// TestHangingAPI shows that editing goes on while the API does not answer, and that the draft is
// saved when it does.
func TestHangingAPI(t *testing.T) {
	inRecordWorld(t, Config{RecordTimeout: 20 * time.Second}, "a", func(w *recordWorld) {
		a, b := w.opens("ann"), w.opens("bob")
		w.records.saving.close()
		a.writes("a b")
		pass(5 * time.Second)
		a.writes("a b c")
		w.wantText("a b c", a, b)
		pass(5 * time.Minute)
		if w.counter("realtime_draft_save_failures_total") < 5 {
			t.Errorf("%d failures", w.counter("realtime_draft_save_failures_total"))
		}
		w.records.saving.open()
		pass(30 * time.Second)
		w.wantSaves(memSave{"ann", "a b c"})
	})
}

// TestUnsavedRoomStays shows that a room stays loaded until its draft is saved, and that it is
// unloaded, and kept in the store, if no known credential may save the draft.
func TestUnsavedRoomStays(t *testing.T) {
	inRecordWorld(t, Config{Grace: time.Minute}, "a", func(w *recordWorld) {
		a := w.opens("ann")
		w.records.fail(errAPI)
		a.writes("a b")
		a.Leave()
		pass(time.Hour)
		if w.metrics.rooms.Get() != 1 {
			t.Errorf("%v rooms", w.metrics.rooms.Get())
		}
		w.records.fail(nil)
		pass(time.Minute)
		w.wantSaves(memSave{"ann", "a b"})
		if w.metrics.rooms.Get() != 0 {
			t.Error("the room is not unloaded then")
		}

		a = w.opens("ann")
		w.records.refuse("ann", "")
		a.writes("a b c")
		a.Leave()
		pass(time.Hour)
		if w.metrics.rooms.Get() != 0 || w.metric("realtime_unsaved_drafts") != 0 || !w.archive.expiry("r").IsZero() {
			t.Errorf("%v rooms, %v behind, expires %v", w.metrics.rooms.Get(), w.metric("realtime_unsaved_drafts"), w.archive.expiry("r"))
		}
		w.opens("viewer")
		pass(time.Minute)
		if len(w.records.saved()) != 1 {
			t.Error("a draft was saved without an editor's credential")
		}
		w.wantText("a b c", w.opens("bob"))
		pass(3 * time.Second)
		w.wantSaves(memSave{"ann", "a b"}, memSave{"bob", "a b c"})
	})
}

// TestSavedAfterRestart shows that edits from before a kill are saved with the configured
// credential, even if only a viewer opens the record.
func TestSavedAfterRestart(t *testing.T) {
	for _, user := range []string{"viewer", "bob"} {
		t.Run(user, func(t *testing.T) {
			inRecordWorld(t, Config{}, "a", func(w *recordWorld) {
				w.opens("ann").writes("a b")
				w.kill()
				w.start()
				w.opens(user)
				pass(3 * time.Second)
				if got := w.records.saved(); len(got) != 1 || got[0].markdown != "a b" {
					t.Errorf("saved %q", got)
				}
			})
		})
	}
}

// TestSavedIsKnownAfterKill shows that the merge base that follows a draft survives a kill, so that
// the draft is neither saved again nor taken for an external change.
func TestSavedIsKnownAfterKill(t *testing.T) {
	for _, snapshotted := range []bool{false, true} {
		inRecordWorld(t, Config{}, "a", func(w *recordWorld) {
			a := w.opens("ann")
			a.writes("a b")
			pass(3 * time.Second)
			if snapshotted {
				pass(6 * time.Minute)
			}
			a.Leave()
			w.kill()
			if got := w.store.rowCount("r") == 0; got != snapshotted {
				t.Fatalf("%d rows", w.store.rowCount("r"))
			}
			w.start()
			w.opens("bob")
			pass(time.Minute)
			if w.records.saveAttempts() != 1 || len(w.archive.versions) != 0 {
				t.Errorf("%d saves, %d versions", w.records.saveAttempts(), len(w.archive.versions))
			}
		})
	}
}

// TestDrainSavesDrafts shows that Drain saves drafts, and that they are saved after the next start
// if the API does not take them in time.
func TestDrainSavesDrafts(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(w *recordWorld)
		after   func(w *recordWorld)
		saves   int
		log     string
	}{
		{"all is well", func(w *recordWorld) {}, func(w *recordWorld) {}, 1, ""},
		{"the API is down", func(w *recordWorld) { w.records.fail(errAPI) }, func(w *recordWorld) { w.records.fail(nil) }, 0, "drafts not saved; they are in the store\" rooms=1"},
		{"the API hangs", func(w *recordWorld) { w.records.saving.close() }, func(w *recordWorld) { w.records.saving.open() }, 0, "drafts not saved; they are in the store\" rooms=1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inRecordWorld(t, Config{}, "a", func(w *recordWorld) {
				a := w.opens("ann")
				a.writes("a b")
				tt.prepare(w)
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				defer cancel()
				if err := w.Drain(ctx); err != nil || ctx.Err() != nil {
					t.Errorf("%v, %v", err, ctx.Err())
				}
				if got := w.records.saved(); len(got) != tt.saves || !strings.Contains(w.out.String(), tt.log) {
					t.Errorf("saved %q, log %s", got, w.out)
				}
				if w.store.saves != 1 {
					t.Errorf("%d snapshots", w.store.saves)
				}
				tt.after(w)
				w.start()
				w.wantText("a b", w.opens("bob"))
				pass(3 * time.Second)
				if got := w.records.saved(); len(got) != 1 {
					t.Errorf("saved %q in the end", got)
				}
			})
		})
	}
}

// TestResume shows that Resume saves the drafts that the process before could not save, and leaves
// no room loaded.
func TestResume(t *testing.T) {
	inRecordWorld(t, Config{}, "a", func(w *recordWorld) {
		w.opens("ann").writes("a b")
		w.kill()
		rooms := []string{"r"}
		for _, name := range []string{"s", "t", "u", "v", "w", "x"} { // rooms without a record
			w.store.rows[name] = slices.Clone(w.store.rows["r"])
			rooms = append(rooms, name)
		}
		w.store.rows["x"] = []memRow{{1, []byte("damaged")}}
		w.start()
		w.Resume(context.Background(), rooms)
		w.wantSaves(memSave{"", "a b"})
		pass(time.Minute)
		if w.store.loads != 1+len(rooms) || w.metrics.rooms.Get() != 0 {
			t.Errorf("%d loads, %v rooms", w.store.loads, w.metrics.rooms.Get())
		}
		w.wantText("a b", w.opens("bob"))
		pass(time.Minute)
		// One by the process before, one for r, one for each of s to w.
		if w.records.saveAttempts() != 1+1+5 {
			t.Errorf("%d attempts to save", w.records.saveAttempts())
		}
	})
}

// TestCompressedRoomIsSaved shows that a draft is saved, and an external change merged, while the
// document is compressed.
func TestCompressedRoomIsSaved(t *testing.T) {
	inRecordWorld(t, Config{}, "a", func(w *recordWorld) {
		a := w.opens("ann")
		w.records.fail(errAPI)
		a.writes("a b")
		a.Leave()
		settle()
		r := a.room
		r.mu.Lock()
		blob := encodeSnapshot(r.doc.AppendState(nil), nil)
		r.mu.Unlock()
		r.compressTo(blob, snapshotPoint{version: r.version, generation: r.record.Generation()}, len(blob)+1)
		if r.compressed.blob == nil {
			t.Fatal("the document is not compressed")
		}
		w.records.fail(nil)
		pass(30 * time.Second)
		w.wantSaves(memSave{"ann", "a b"})
		if r.compressed.blob == nil {
			t.Error("the document was decompressed for that")
		}
		w.records.changeOutside("r", Edited, "theirs")
		if err := w.Refresh(context.Background(), roomkey.MustParse("r")); err != nil {
			t.Error(err)
		}
		w.wantText("theirs", w.opens("bob"))
	})
}

// TestTypingIntoARecordDoesNotAllocate shows that typing in a room with a record, where each update
// is checked for a seed, does not allocate.
func TestTypingIntoARecordDoesNotAllocate(t *testing.T) {
	records := &memRecords{records: map[string]memRecord{"r": {published: "a"}}, snapshots: make(map[string][]byte)}
	e := New(Config{Window: time.Hour, Records: records}, newMemStore(), slog.New(slog.DiscardHandler))
	defer e.Drain(context.Background())
	text := records.records["r"].text(true)
	p, err := e.Join(context.Background(), roomkey.MustParse("r"), new(sink), protocol.YWebsocket{}, Identity{Credential: "ann", Text: &text})
	if err != nil {
		t.Fatal(err)
	}
	payloads := continuingInsertion(protocol.YWebsocket{}, 2002)
	mustDeliver(t, p, payloads[0])
	i := 1
	if n := testing.AllocsPerRun(2000, func() { mustDeliver(t, p, payloads[i]); i++ }); n != 0 {
		t.Errorf("%v allocations an update", n)
	}
}

// TestRecordIsGone shows that a room whose record was deleted is unloaded, and that its edits are
// kept in the store and saved when the record is back.
func TestRecordIsGone(t *testing.T) {
	inRecordWorld(t, Config{Grace: time.Minute}, "a", func(w *recordWorld) {
		a := w.opens("ann")
		gone := w.records.remove("r")
		a.writes("a b")
		pass(time.Minute)
		a.Leave()
		pass(time.Hour)
		if w.metrics.rooms.Get() != 0 || !w.archive.expiry("r").IsZero() {
			t.Errorf("%v rooms, expires %v", w.metrics.rooms.Get(), w.archive.expiry("r"))
		}
		w.records.put("r", gone)
		w.wantText("a b", w.opens("bob"))
		pass(3 * time.Second)
		w.wantSaves(memSave{"bob", "a b"})
	})
}
