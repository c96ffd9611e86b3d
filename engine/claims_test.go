package engine

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

const editedMetric = `realtime_record_changes_total{change="edited"}`

// hashName is the name of a text in Claims.
func hashName(text string) string {
	hash := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(hash[:])
}

// refresh fetches the record of a node's room now.
func (w *recordWorld) refresh() error {
	return w.Refresh(context.Background(), roomkey.MustParse("r"))
}

// TestDraftIsClaimed shows that a draft is claimed before it is saved, with the version of the
// document; that none is saved while it cannot be claimed, which users are notified of; and that
// it is saved once it can be.
func TestDraftIsClaimed(t *testing.T) {
	onNodes(t, Config{}, true, func(n *nodes) {
		a, witness := n.a.opens("ann"), n.a.joinWatcher("bob")
		n.shared.set(func() { n.shared.failure = errStore })
		a.writes("text, and more")
		version := a.room.version
		pass(n.a.Config().Drafts.Patience / 2)
		const failed, failures = "drafts cannot be saved", "realtime_draft_save_failures_total"
		if strings.Contains(n.a.out.String(), failed) || n.a.counter(failures) > 0 {
			t.Error("a draft that waits for its claim counts as a failure at once")
		}
		pass(2 * time.Minute)
		if !strings.Contains(n.a.out.String(), failed) || n.a.counter(failures) == 0 {
			t.Error("a draft that has waited long for its claim counts as none")
		}
		if n.records.saveAttempts() > 0 {
			t.Error("saved without a claim")
		}
		witness.wantNotices(noticeNotSaved)
		n.shared.set(func() { n.shared.failure = nil })
		pass(time.Minute)
		witness.wantNotices(noticeSavedAgain)
		n.a.wantSaves(memSave{"ann", "text, and more"})
		if len(n.shared.claims) != 1 || n.shared.claims[0].version != version {
			t.Errorf("claims %v, version %d", n.shared.claims, version)
		}
	})
}

// TestDraftIsNotSavedLate shows that a draft that takes longer to be saved than its claim is valid
// is given up, and tried again with another claim.
func TestDraftIsNotSavedLate(t *testing.T) {
	onNodes(t, Config{}, true, func(n *nodes) {
		n.shared.set(func() { n.shared.within = time.Second })
		n.records.saving.close()
		n.a.opens("ann").writes("text, and more")
		pass(3500 * time.Millisecond)
		n.a.wantInfo("after the deadline", "r", func(i RoomInfo) bool { return i.Failing&FailingDraft != 0 })
		n.records.saving.open()
		pass(time.Minute)
		n.a.wantSaves(memSave{"ann", "text, and more"})
		if len(n.shared.claims) < 2 {
			t.Errorf("claims %v", n.shared.claims)
		}
	})
}

// TestNoDraftWithoutLease shows that a node that has lost the lease of a room, and does not know
// it yet, neither saves a draft nor takes an external change.
func TestNoDraftWithoutLease(t *testing.T) {
	onNodes(t, Config{Drafts: Drafts{Quiet: time.Hour, Interval: time.Hour}}, true, func(n *nodes) {
		a := n.a.opens("ann")
		a.writes("text, and more")
		n.take("r", "b")
		if a.room.record.SaveNow(context.Background(), nil) {
			t.Error("a draft was saved")
		}
		n.records.changeOutside("r", Edited, "another text")
		if err := n.a.refresh(); !errors.Is(err, elsewhere{"b"}) {
			t.Errorf("refreshed: %v", err)
		}
		n.a.wantText("text, and more", a)
		n.a.wantVersions(0, "")
		n.a.wantSaves()
		n.take("r", "a")
	})
}

// TestClaimedText shows what becomes of a text that another node has claimed and saved as a draft:
// it is the merge base from then on, and no external change. Edits that it lacks are saved to it;
// a document without such edits is not.
func TestClaimedText(t *testing.T) {
	for name, test := range map[string]struct {
		claimed bool
		unsaved string // bob's edit
		want    string
		notices []string
		saves   int
	}{
		"claimed":            {true, "", "text", nil, 0},
		"claimed, and edits": {true, "text, and mine", "text, and mine", nil, 1},
		"claimed, and there": {true, "text, and more", "text, and more", nil, 0},
		"not claimed":        {false, "", "text, and more", []string{noticeChanged}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			onNodes(t, Config{Drafts: Drafts{Quiet: time.Minute, Interval: time.Minute}}, true, func(n *nodes) {
				b, witness := n.b.opens("bob"), n.b.joinWatcher("cyd")
				if test.unsaved != "" {
					b.writes(test.unsaved)
					witness.conn.take()
				}
				if test.claimed {
					n.take("r", "a")
					claim := sharedNode{n.shared, "a"}
					if _, err := claim.Claim(context.Background(), "r", hashName("text, and more"), 9); err != nil {
						t.Fatal(err)
					}
					n.take("r", "b")
				}
				n.records.changeOutside("r", Edited, "text, and more")
				if err := n.b.refresh(); err != nil {
					t.Fatal(err)
				}
				pass(time.Second)
				n.b.wantText(test.want, b)
				witness.wantNotices(test.notices...)
				if seen := n.b.counter(editedMetric) > 0; seen == test.claimed {
					t.Errorf("it counts as an external change: %v", seen)
				}
				pass(5 * time.Minute)
				if got := n.records.saved(); len(got) != test.saves || len(n.shared.versions) > 0 {
					t.Errorf("drafts %q, %d versions", got, len(n.shared.versions))
				}
			})
		})
	}
}

// TestEarlierDraftComesBack shows that a draft that was saved here is an external change when
// another program saves it again after later drafts.
func TestEarlierDraftComesBack(t *testing.T) {
	onNodes(t, Config{}, true, func(n *nodes) {
		a := n.a.opens("ann")
		for _, text := range []string{"text, one", "text, one\n\ntwo"} {
			a.writes(text)
			pass(time.Minute)
		}
		n.records.changeOutside("r", Edited, "text, one")
		if err := n.a.refresh(); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		if n.a.counter(editedMetric) != 1 {
			t.Error("it is no external change")
		}
	})
}

// TestUndoneDraft shows that a draft with the text of an earlier one, as users have undone what
// they wrote since, is no external change for a node that lacks the note of it.
func TestUndoneDraft(t *testing.T) {
	onNodes(t, Config{}, true, func(n *nodes) {
		a := n.a.opens("ann")
		for _, text := range []string{"text, one", "text, one\n\ntwo"} {
			a.writes(text)
			pass(time.Minute)
		}
		claim := sharedNode{n.shared, "a"}
		if _, err := claim.Claim(context.Background(), "r", hashName("text, one"), 9); err != nil {
			t.Fatal(err)
		}
		n.records.changeOutside("r", Edited, "text, one")
		if err := n.a.refresh(); err != nil {
			t.Fatal(err)
		}
		pass(time.Second)
		n.a.wantText("text, one\n\ntwo", a)
		if n.a.counter(editedMetric) > 0 {
			t.Error("it counts as an external change")
		}
	})
}

// TestDraftOfEarlierDocument shows that a draft that a node has claimed is taken by a document that
// began without it, as it is no text of that document.
func TestDraftOfEarlierDocument(t *testing.T) {
	onNodes(t, Config{}, true, func(n *nodes) {
		viewer := n.a.opens("viewer")
		claim := sharedNode{n.shared, "a"}
		if _, err := claim.Claim(context.Background(), "r", hashName("text, a draft"), 9); err != nil {
			t.Fatal(err)
		}
		n.records.changeOutside("r", Edited, "text, a draft")
		a := n.a.opens("ann")
		pass(time.Second)
		n.a.wantText("text, a draft", a, viewer)
		pass(time.Minute)
		n.a.wantSaves()
	})
}

// TestClaimsAway shows that a text that may be a draft of a node is not taken while that is not
// known, and is once it is.
func TestClaimsAway(t *testing.T) {
	onNodes(t, Config{}, true, func(n *nodes) {
		a := n.a.opens("ann")
		n.shared.set(func() { n.shared.failure = errStore })
		n.records.changeOutside("r", Edited, "another text")
		if err := n.a.refresh(); !errors.Is(err, errStore) {
			t.Errorf("refreshed: %v", err)
		}
		pass(time.Minute)
		n.a.wantText("text", a)
		n.shared.set(func() { n.shared.failure = nil })
		pass(2 * time.Minute)
		n.a.wantText("another text", a)
	})
}

// TestSnapshotBesideRecordNeedsLease shows that a node that cannot confirm its lease stores no
// snapshot beside the record.
func TestSnapshotBesideRecordNeedsLease(t *testing.T) {
	onNodes(t, Config{}, true, func(n *nodes) {
		a := n.a.opens("ann")
		a.writes("text, and more")
		pass(time.Minute)
		n.shared.set(func() { n.shared.failure = errStore })
		if _, err := n.a.Snapshot(context.Background(), roomkey.MustParse("r"), ""); err != nil {
			t.Fatal(err)
		}
		if n.records.snapshots["r"] != nil {
			t.Error("stored without a lease")
		}
		n.shared.set(func() { n.shared.failure = nil })
		a.writes("text, and even more")
		if _, err := n.a.Snapshot(context.Background(), roomkey.MustParse("r"), ""); err != nil {
			t.Fatal(err)
		}
		if n.records.snapshots["r"] == nil {
			t.Error("not stored")
		}
	})
}
