package engine

import (
	"slices"
	"testing"
	"time"
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

// wantDrafts fails unless drafts with exactly these texts have been saved, with whatever credential.
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
