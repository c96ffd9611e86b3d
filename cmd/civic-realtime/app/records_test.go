package app

import (
	"errors"
	"reflect"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
)

var _ engine.Records = records{}

// TestRecords shows which texts are fetched, saved and noticed while several people edit a record
// in turn.
func TestRecords(t *testing.T) {
	w := newSite(t, quick)
	r, ctx := records{w.client}, t.Context()
	ann, bob := w.api.Login("ann", "clerk"), w.api.Login("bob", "public")
	seen, err := r.Fetch(ctx, roomkey.MustParse("record:r"), ann)
	if err != nil || seen.Markdown != "new" || !seen.ShowsDrafts {
		t.Fatalf("%+v, %v", seen, err)
	}
	again, err := r.Fetch(ctx, roomkey.MustParse("record:r"), ann)
	if again.FetchedAt = seen.FetchedAt; err != nil || !reflect.DeepEqual(again, seen) {
		t.Errorf("%+v, %v", again, err)
	}
	if other, err := r.Fetch(ctx, roomkey.MustParse("record:r"), bob); err != nil || other.Markdown != "old" || other.ShowsDrafts || other.Revision == seen.Revision {
		t.Errorf("%+v, %v", other, err)
	}

	saved, err := r.Save(ctx, roomkey.MustParse("record:r"), ann, seen.Revision, "newer")
	if text, _ := w.api.Draft("r"); err != nil || text != "newer" || saved.Markdown != "newer" || !saved.ShowsDrafts {
		t.Fatalf("%q, %+v, %v", text, saved, err)
	}
	if r.Change(seen.Revision, saved) != engine.Edited || r.Change(saved.Revision, saved) != engine.Unchanged {
		t.Error("the change is not seen")
	}

	w.api.PutDraft("r", "theirs")
	_, err = r.Save(ctx, roomkey.MustParse("record:r"), ann, saved.Revision, "newest")
	var changed *engine.ChangedError
	if !errors.As(err, &changed) || changed.Change != engine.Edited || changed.Now.Markdown != "theirs" || !changed.Now.ShowsDrafts {
		t.Fatalf("%v", err)
	}
	if saved, err = r.Save(ctx, roomkey.MustParse("record:r"), ann, changed.Now.Revision, "merged"); err != nil {
		t.Fatal(err)
	}
	w.api.Publish("r")
	_, err = r.Save(ctx, roomkey.MustParse("record:r"), ann, saved.Revision, "too late")
	if !errors.As(err, &changed) || changed.Change != engine.Published || changed.Now.Markdown != "merged" {
		t.Errorf("%v", err)
	}
	// The published text is the same.
	if _, err = r.Save(ctx, roomkey.MustParse("record:r"), ann, saved.Revision, "merged"); err != nil {
		t.Error(err)
	}
}

// TestUnknownRevisions shows which texts are not overwritten if the revision that a text was made
// from is unknown, and how revisions of other programs are understood.
func TestUnknownRevisions(t *testing.T) {
	w := newSite(t, quick)
	r, ann := records{w.client}, w.api.Login("ann", "clerk")
	var changed *engine.ChangedError
	for _, since := range []engine.Revision{"", "of another make"} {
		if _, err := r.Save(t.Context(), roomkey.MustParse("record:r"), ann, since, "mine"); !errors.As(err, &changed) || changed.Now.Markdown != "new" {
			t.Errorf("%q: %v", since, err)
		}
	}
	if c := r.Change("", changed.Now); c != engine.Edited {
		t.Errorf("%v", c)
	}
	if _, err := r.Save(t.Context(), roomkey.MustParse("record:internal"), ann, "", "mine"); err != nil {
		t.Error(err)
	}
}

// TestCredentials shows whether a missing permission counts as an error of the user's credential or
// of the configured one.
func TestCredentials(t *testing.T) {
	w := newSite(t, quick)
	r, ctx := records{w.client}, t.Context()
	ann, bob, dead := w.api.Login("ann", "clerk"), w.api.Login("bob", "public"), w.api.Sign("dead")
	for name, test := range map[string]struct {
		err        error
		credential bool
	}{
		"viewer saves":                 {second(r.Save(ctx, roomkey.MustParse("record:r"), bob, "", "mine")), true},
		"dead token saves":             {second(r.Save(ctx, roomkey.MustParse("record:r"), dead, "", "mine")), true},
		"nobody saves":                 {second(r.Save(ctx, roomkey.MustParse("record:r"), "", "", "mine")), true},
		"dead token looks":             {second(r.Fetch(ctx, roomkey.MustParse("record:r"), dead)), true},
		"viewer keeps a snapshot":      {r.SaveSnapshot(ctx, roomkey.MustParse("record:r"), bob, []byte("x"), 1), true},
		"viewer wants a snapshot":      {second(r.LoadSnapshot(ctx, roomkey.MustParse("record:r"), bob)), true},
		"no such record":               {second(r.Fetch(ctx, roomkey.MustParse("record:s"), ann)), false},
		"nothing to save to":           {second(r.Save(ctx, roomkey.MustParse("record:s"), ann, "", "mine")), false},
		"not a record":                 {second(r.Fetch(ctx, roomkey.MustParse("device:s"), ann)), false},
		"not a record to save":         {second(r.Save(ctx, roomkey.MustParse("device:s"), ann, "", "mine")), false},
		"not a record's snapshot":      {second(r.LoadSnapshot(ctx, roomkey.MustParse("device:s"), ann)), false},
		"not a record's snapshot, new": {r.SaveSnapshot(ctx, roomkey.MustParse("device:s"), ann, nil, 1), false},
	} {
		if test.err == nil || errors.Is(test.err, engine.ErrCredential) != test.credential {
			t.Errorf("%s: %v", name, test.err)
		}
	}
	for name, test := range map[string]struct {
		err  error
		gone bool
	}{
		"an editor looks":        {second(r.Fetch(ctx, roomkey.MustParse("record:s"), ann)), true},
		"an editor saves":        {second(r.Save(ctx, roomkey.MustParse("record:s"), ann, "", "mine")), true},
		"a viewer looks":         {second(r.Fetch(ctx, roomkey.MustParse("record:s"), bob)), false},
		"a dead token looks":     {second(r.Fetch(ctx, roomkey.MustParse("record:s"), dead)), false},
		"a dead token saves":     {second(r.Save(ctx, roomkey.MustParse("record:s"), dead, "", "mine")), false},
		"it is not a record":     {second(r.Fetch(ctx, roomkey.MustParse("device:s"), ann)), false},
		"it is hidden from some": {second(r.Fetch(ctx, roomkey.MustParse("record:internal"), bob)), false},
	} {
		if errors.Is(test.err, engine.ErrGone) != test.gone {
			t.Errorf("%s: %v", name, test.err)
		}
	}
	w.api.Fail(standin.Fault{Status: 500})
	if _, err := r.Fetch(ctx, roomkey.MustParse("record:r"), ann); err == nil || errors.Is(err, engine.ErrCredential) {
		t.Errorf("API is down: %v", err)
	}
}

// TestConfiguredToken shows which author a draft has that is saved without a user's credential.
func TestConfiguredToken(t *testing.T) {
	w := newSite(t, quick)
	token := w.api.Login("service", "clerk")
	a, err := openCivicPress(Config{Enabled: new(yamlfile.Toggle(true)), CivicPress: civicpressConfig{URL: w.url, Token: token}}, w.authority.log)
	if err != nil {
		t.Fatal(err)
	}
	r := records{a.client}
	if _, err := r.Save(t.Context(), roomkey.MustParse("record:r"), "", "", "new"); err != nil {
		t.Error(err)
	}
	if text, err := r.Fetch(t.Context(), roomkey.MustParse("record:internal"), ""); err != nil || text.Markdown != "shh" || !text.ShowsDrafts {
		t.Errorf("%+v, %v", text, err)
	}
}

// TestSnapshotsOfRecords shows that a missing snapshot is no error, whether or not the API has
// snapshots.
func TestSnapshotsOfRecords(t *testing.T) {
	w := newSite(t, quick)
	r, ctx, ann := records{w.client}, t.Context(), w.api.Login("ann", "clerk")
	if b, err := r.LoadSnapshot(ctx, roomkey.MustParse("record:r"), ann); b != nil || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	if err := r.SaveSnapshot(ctx, roomkey.MustParse("record:r"), ann, []byte("blob"), 7); err != nil {
		t.Error(err)
	}
	if b, err := r.LoadSnapshot(ctx, roomkey.MustParse("record:r"), ann); string(b) != "blob" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	w.api.Fail(standin.Fault{NoRoute: true})
	if b, err := r.LoadSnapshot(ctx, roomkey.MustParse("record:r"), ann); b != nil || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	if err := r.SaveSnapshot(ctx, roomkey.MustParse("record:r"), ann, []byte("blob"), 8); err != nil {
		t.Error(err)
	}
}
