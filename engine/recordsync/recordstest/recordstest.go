// Package recordstest tests implementations of recordsync.Records against the port's contract.
package recordstest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// Backend is an implementation with the program behind it, which tests change as other programs do.
// Its texts are paragraphs without formatting.
type Backend interface {
	Records() recordsync.Records
	// Credential is that of a user who may edit every record.
	Credential() string
	// Put changes the text of a record, or creates it. Text returns it.
	Put(id, text string)
	Text(id string) string
	Delete(id string)
	// Break makes the program fail until Repair.
	Break()
	Repair()
	// Content returns a draft with a text, and TextOf the text of a content.
	Content(text string) recordsync.Draft
	TextOf(content recordsync.Text) string
}

// secretText is in the texts of all tests, and must be in no error.
const secretText = "confidential"

// suite is a backend under test.
type suite struct {
	Backend
	t   *testing.T
	ctx context.Context
}

// Run tests an implementation; each test has a new Backend.
func Run(t *testing.T, open func(t *testing.T) Backend) {
	for name, test := range map[string]func(*suite){
		"Fetch":     (*suite).fetch,
		"Save":      (*suite).save,
		"Conflict":  (*suite).conflict,
		"Missing":   (*suite).missing,
		"Deleted":   (*suite).deleted,
		"Outage":    (*suite).outage,
		"Context":   (*suite).context,
		"OtherKind": (*suite).otherKind,
		"Snapshots": (*suite).snapshots,
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			test(&suite{open(t), t, ctx})
		})
	}
}

var room = roomkey.MustParse("record:r")

// mustFetch fetches the record, which must have a text.
func (s *suite) mustFetch(want string) recordsync.Text {
	s.t.Helper()
	got, err := s.Records().Fetch(s.ctx, room, s.Credential())
	if err != nil || s.TextOf(got) != want {
		s.t.Fatalf("fetched %q, %v; want %q", s.TextOf(got), err, want)
	}
	return got
}

// saveText saves a text that is based on a revision.
func (s *suite) saveText(ctx context.Context, since recordsync.Revision, text string) (
	recordsync.Text, error,
) {
	d := s.Content(text)
	d.Credential, d.Since, d.Version = s.Credential(), since, 1
	if whole, ok := s.Records().(recordsync.DocumentRecords); ok {
		return whole.SaveDraft(ctx, room, d)
	}
	return s.Records().Save(ctx, room, d.Credential, since, d.Markdown)
}

func (s *suite) mustSave(since recordsync.Revision, text string) recordsync.Text {
	s.t.Helper()
	saved, err := s.saveText(s.ctx, since, text)
	if err != nil || s.TextOf(saved) != text || s.Text("r") != text {
		s.t.Fatalf("saved %q, %v; the record has %q, want %q", s.TextOf(saved), err, s.Text("r"), text)
	}
	return saved
}

// mustBe checks that an error is another, and has neither a text nor a credential.
func (s *suite) mustBe(err, want error) {
	s.t.Helper()
	if !errors.Is(err, want) {
		s.t.Errorf("%v, want %v", err, want)
	}
	s.mustHideTexts(err)
}

func (s *suite) mustHideTexts(err error) {
	s.t.Helper()
	for _, secret := range []string{secretText, s.Credential()} {
		if err != nil && secret != "" && strings.Contains(err.Error(), secret) {
			s.t.Errorf("the error has %q: %v", secret, err)
		}
	}
}

// fetch: an editor is shown the text, with a revision that is the same as long as the text is.
func (s *suite) fetch() {
	s.Put("r", "old "+secretText)
	before := time.Now()
	first := s.mustFetch("old " + secretText)
	second := s.mustFetch("old " + secretText)
	n := len(first.Revision)
	if first.Revision != second.Revision || n == 0 || n > recordsync.MaxRevision {
		s.t.Errorf("revisions %q, %q", first.Revision, second.Revision)
	}
	if !first.ShowsDrafts || first.FetchedAt.Before(before) || first.FetchedAt.After(time.Now()) {
		s.t.Errorf("%+v", first)
	}
	s.Put("r", "new "+secretText)
	third := s.mustFetch("new " + secretText)
	records := s.Records()
	change := records.Change(first.Revision, third)
	if third.Revision == first.Revision || change == recordsync.Unchanged {
		s.t.Errorf("another text has the revision %q", third.Revision)
	}
	if records.Change(first.Revision, second) != recordsync.Unchanged {
		s.t.Errorf("%q counts as changed", second.Revision)
	}
}

// save: a draft replaces the text, and its revision is the base of the next.
func (s *suite) save() {
	s.Put("r", "old")
	saved := s.mustSave(s.mustFetch("old").Revision, "first "+secretText)
	if fetched := s.mustFetch("first " + secretText); fetched.Revision != saved.Revision {
		s.t.Errorf("saved as %q, fetched as %q", saved.Revision, fetched.Revision)
	}
	saved = s.mustSave(saved.Revision, "second")
	s.mustSave(saved.Revision, "third")
}

// conflict: nothing is saved over a change of another program, and the answer has that change.
func (s *suite) conflict() {
	s.Put("r", "old")
	since := s.mustFetch("old").Revision
	s.Put("r", "theirs "+secretText)
	_, err := s.saveText(s.ctx, since, "ours "+secretText)
	var changed *recordsync.ChangedError
	if !errors.As(err, &changed) || s.TextOf(changed.Now) != "theirs "+secretText ||
		changed.Change == recordsync.Unchanged {
		s.t.Fatalf("%v", err)
	}
	s.mustHideTexts(err)
	if s.Text("r") != "theirs "+secretText {
		s.t.Errorf("the record has %q", s.Text("r"))
	}
	s.mustSave(changed.Now.Revision, "both")
}

// missing: a record that does not exist is an ErrNoRecord.
func (s *suite) missing() {
	_, err := s.Records().Fetch(s.ctx, room, s.Credential())
	s.mustBe(err, recordsync.ErrNoRecord)
}

// deleted: nothing is saved to a record that was deleted.
func (s *suite) deleted() {
	s.Put("r", "old")
	since := s.mustFetch("old").Revision
	s.Delete("r")
	_, err := s.saveText(s.ctx, since, "ours "+secretText)
	s.mustBe(err, recordsync.ErrNoRecord)
	_, err = s.Records().Fetch(s.ctx, room, s.Credential())
	s.mustBe(err, recordsync.ErrNoRecord)
}

// outage: a program that fails says nothing about the record or the credential, and the call may be
// repeated.
func (s *suite) outage() {
	s.Put("r", "old")
	since := s.mustFetch("old").Revision
	s.Break()
	_, fetched := s.Records().Fetch(s.ctx, room, s.Credential())
	_, saved := s.saveText(s.ctx, since, "ours "+secretText)
	for _, err := range []error{fetched, saved} {
		if err == nil || errors.Is(err, recordsync.ErrNoRecord) ||
			errors.Is(err, recordsync.ErrCredential) {
			s.t.Errorf("in an outage: %v", err)
		}
		s.mustHideTexts(err)
	}
	s.Repair()
	s.mustSave(since, "ours "+secretText)
}

// context: a call does not outlive its context.
func (s *suite) context() {
	s.Put("r", "old")
	since := s.mustFetch("old").Revision
	ended, cancel := context.WithCancel(s.ctx)
	cancel()
	_, err := s.saveText(ended, since, "ours")
	s.mustBe(err, context.Canceled)
	_, err = s.Records().Fetch(ended, room, s.Credential())
	s.mustBe(err, context.Canceled)
	if s.Text("r") != "old" {
		s.t.Errorf("the record has %q", s.Text("r"))
	}
}

// otherKind: a room that is no record's has none.
func (s *suite) otherKind() {
	other := roomkey.MustParse("device:r")
	_, err := s.Records().Fetch(s.ctx, other, s.Credential())
	s.mustBe(err, recordsync.ErrNoRecord)
	_, err = s.Records().Save(s.ctx, other, s.Credential(), "", "text")
	s.mustBe(err, recordsync.ErrNoRecord)
}

// snapshots: there is none at first, which is no error.
func (s *suite) snapshots() {
	s.Put("r", "old")
	blob, err := s.Records().LoadSnapshot(s.ctx, room, s.Credential())
	if blob != nil || err != nil {
		s.t.Errorf("%q, %v", blob, err)
	}
	if err := s.Records().SaveSnapshot(s.ctx, room, s.Credential(), []byte("s"), 1); err != nil {
		s.t.Error(err)
	}
}
