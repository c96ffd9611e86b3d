package bolt

import (
	"bytes"
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt/decisions"
)

// someDecisions are a lock and two bans.
var someDecisions = []persist.Decision{
	{Kind: "ban", Subject: "ann", By: "root", Reason: "a ban of ann", Made: time.UnixMilli(5), Until: time.UnixMilli(1 << 41)},
	{Kind: "ban", Subject: "bob", Reason: "a ban of bob", Made: time.UnixMilli(6), Until: time.UnixMilli(1 << 41)},
	{Kind: "lock", Subject: "a", By: "root", Made: time.UnixMilli(7)},
}

func decide(t *testing.T, s *Store, put, drop []persist.Decision) {
	t.Helper()
	if err := s.ChangeDecisions(t.Context(), put, drop); err != nil {
		t.Fatal(err)
	}
}

// subjects returns the decisions of the store, by kind and subject.
func subjects(t *testing.T, s *Store) string {
	t.Helper()
	all, err := s.LoadDecisions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range all {
		names = append(names, d.Kind+" "+d.Subject)
	}
	slices.SortFunc(names, cmp.Compare)
	return strings.Join(names, ", ")
}

// TestDecisionsSurviveKill shows that decisions are durable when ChangeDecisions returns, also with
// Async: the files have them then.
func TestDecisionsSurviveKill(t *testing.T) {
	for _, async := range []bool{false, true} {
		cfg := Config{Async: async, SyncInterval: never.SyncInterval}
		dir := t.TempDir()
		s := open(t, dir, cfg)
		add(t, s, "a", "pending")
		decide(t, s, someDecisions, nil)
		decide(t, s, nil, someDecisions[:1])
		again := open(t, crash(t, dir), cfg)
		if got := subjects(t, again); got != "ban bob, lock a" {
			t.Errorf("async %v: %s", async, got)
		}
		if found := again.Damage(); len(found) > 0 {
			t.Errorf("async %v: %v", async, found)
		}
	}
}

// TestDecisionsInOldLayout shows that a store of layout 2, and one of the present layout that was
// made before there were decisions, open without any, and take some.
func TestDecisionsInOldLayout(t *testing.T) {
	before := t.TempDir()
	if err := open(t, before, Config{}).Close(); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"2": layout2Store(t), "3": before} {
		s := open(t, dir, Config{})
		if got := subjects(t, s); got != "" {
			t.Errorf("layout %s: %s", name, got)
		}
		decide(t, s, someDecisions[:1], nil)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open(t, dir, Config{})
		if got := subjects(t, s); got != "ban ann" || len(s.Damage()) > 0 {
			t.Errorf("layout %s: %s, %v", name, got, s.Damage())
		}
	}
}

// decisionDamage are ways to damage decisions, with what is left.
var decisionDamage = []struct {
	name   string
	damage func(t *testing.T, dir string)
	left   string
}{
	{"a text", flipIn(dbName, "a ban of bob"), "ban ann, lock a"},
	{"a key", replaceIn(dbName, "lock\x00a", "lock\x00b"), "ban ann, ban bob"},
	{"a decision that is missing", editDB(func(tx *bbolt.Tx) error {
		return tx.Bucket(decisionBucket).Delete([]byte("lock\x00a"))
	}), "ban ann, ban bob"},
	{"a decision that nobody made", editDB(func(tx *bbolt.Tx) error {
		stranger := decisions.Place{
			Bucket: decisionBucket, Meta: metaBucket, Digest: []byte("another"),
		}
		return stranger.Change(tx, []persist.Decision{{Kind: "lock", Subject: "z"}}, nil)
	}), "ban ann, ban bob, lock a, lock z"},
	{"a bucket among them", editDB(func(tx *bbolt.Tx) error {
		_, err := tx.Bucket(decisionBucket).CreateBucket([]byte("ban\x00c"))
		return err
	}), "ban ann, ban bob, lock a"},
	{"all of them", editDB(func(tx *bbolt.Tx) error {
		return tx.DeleteBucket(decisionBucket)
	}), ""},
	{"the digest", editDB(func(tx *bbolt.Tx) error {
		return tx.Bucket(metaBucket).Put(decisionsKey, []byte("digest"))
	}), "ban ann, ban bob, lock a"},
}

// TestDamagedDecisions shows that damaged and missing decisions are reported by Check, by Inspect
// and when the store is opened, that all others hold, and that the store is whole again then.
func TestDamagedDecisions(t *testing.T) {
	for _, tt := range decisionDamage {
		t.Run(tt.name, func(t *testing.T) {
			from := t.TempDir()
			s := open(t, from, Config{})
			add(t, s, "a", "a row")
			decide(t, s, someDecisions, nil)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			dir := crash(t, from, "rooms.tail")
			write(t, filepath.Join(dir, markerName), read(t, filepath.Join(from, markerName)))
			tt.damage(t, dir)
			wantDecisionFinding(t, dir)
			s = open(t, dir, Config{})
			mentions := func(d persist.Damage) bool { return strings.Contains(d.Reason, "locks and bans") }
			if got := subjects(t, s); got != tt.left || !slices.ContainsFunc(s.Damage(), mentions) {
				t.Errorf("%q is left, want %q; %v", got, tt.left, s.Damage())
			}
			if _, rows := contents(t, s, "a"); len(rows) != 1 {
				t.Errorf("the room has %q", rows)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s = open(t, dir, Config{})
			if got := subjects(t, s); got != tt.left || len(s.Damage()) > 0 {
				t.Errorf("opened again: %q, %v", got, s.Damage())
			}
		})
	}
}

// TestDamagedPageOfDecisions shows the same for a page of the database with many decisions: the
// decisions on other pages hold.
func TestDamagedPageOfDecisions(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{})
	var many []persist.Decision
	for i := range 200 {
		subject := fmt.Sprintf("user %03d", i)
		reason := strings.Repeat(subject, 20)
		many = append(many, persist.Decision{Kind: "ban", Subject: subject, Reason: reason})
	}
	decide(t, s, many, nil)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	zeroPageOf(many[100].Reason)(t, dir)
	wantDecisionFinding(t, dir)
	s = open(t, dir, Config{})
	got := subjects(t, s)
	n := strings.Count(got, "user")
	lost := !strings.Contains(got, "user 100")
	if n == 0 || n == len(many) || !lost || !strings.Contains(fmt.Sprint(s.Damage()), "locks and bans") {
		t.Errorf("%d are left; %v", n, s.Damage())
	}
}

// wantDecisionFinding fails unless Check and Inspect report damaged decisions.
func wantDecisionFinding(t *testing.T, dir string) {
	t.Helper()
	_, found := checked(t, dir)
	reported := func(f Finding) bool { return f.Place == PlaceDecisions && !f.Harmless }
	if !slices.ContainsFunc(found, reported) {
		t.Errorf("Check has found %+v", found)
	}
	in, err := Inspect(dir)
	if err != nil || !in.Opens || !strings.Contains(fmt.Sprint(in.Damage), "locks and bans") {
		t.Errorf("Inspect has found %+v, %v", in, err)
	}
}

// TestInspectListsDecisions shows that a stopped store shows its decisions, and that they are
// counted by Check.
func TestInspectListsDecisions(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, Config{})
	decide(t, s, someDecisions, nil)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	in, err := Inspect(dir)
	if err != nil || !slices.Equal(in.Decisions, someDecisions) || len(in.Damage) > 0 {
		t.Errorf("%+v, %v", in, err)
	}
	if totals, found := checked(t, dir); totals != (Totals{Decisions: 3}) || len(found) > 0 {
		t.Errorf("%+v, %+v", totals, found)
	}
}

// TestBackupHasDecisions shows that a restored backup has the decisions of the store, undamaged,
// and that one of a store that never had any can be restored.
func TestBackupHasDecisions(t *testing.T) {
	for _, want := range []string{"", "ban ann, ban bob, lock a"} {
		s := open(t, t.TempDir(), Config{})
		if want != "" {
			decide(t, s, someDecisions, nil)
		}
		path, dir := filepath.Join(t.TempDir(), "backup"), t.TempDir()
		var b bytes.Buffer
		if _, err := s.Backup(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		write(t, path, b.Bytes())
		if _, err := Restore(path, dir, Restoration{}); err != nil {
			t.Fatal(err)
		}
		restored := open(t, dir, Config{})
		if got := subjects(t, restored); got != want || len(restored.Damage()) > 0 {
			t.Errorf("restored %q, want %q; %v", got, want, restored.Damage())
		}
	}
}
