package civicpress

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// TestSaveDraft checks the requests of a save where there is a draft, and where there is none.
func TestSaveDraft(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "old", map[string]any{"title": "A title", "type": "policy"})
		first, err := w.SaveDraft(t.Context(), w.ann, "r", w.mustLoadRecord(w.ann, "r").Revision(),
			"new & <b>newer</b>")
		w.must(err)
		if !first.Draft || first.Markdown != "new & <b>newer</b>" || first.Title != "A title" ||
			first.Saved.IsZero() {
			t.Errorf("%v, %q", first, first.Title)
		}
		second, err := w.SaveDraft(t.Context(), w.ann, "r", first.Revision(), "newest")
		w.must(err)
		if text, _ := w.api.Draft("r"); text != "newest" || second.Markdown != "newest" {
			t.Errorf("%q, %v", text, second)
		}
		if text, _ := w.api.Published("r"); text != "old" {
			t.Errorf("published: %q", text)
		}
		var sent []string
		for _, c := range w.api.Calls() {
			if c.Route == standin.PutDraft {
				sent = append(sent, strings.TrimSpace(c.Body))
			}
		}
		want := []string{
			`{"markdownBody":"new & <b>newer</b>","title":"A title","type":"policy","status":"published","workflowState":"draft",` +
				`"metadata":{},"attachedFiles":[],"linkedRecords":[],"linkedGeographyFiles":[]}`,
			`{"markdownBody":"newest"}`,
		}
		if !reflect.DeepEqual(sent, want) {
			t.Errorf("sent %q", sent)
		}
	})
}

// TestSaveDraftKeepsFields shows that a first draft has all fields of the record, as publishing it
// would lose any other.
func TestSaveDraftKeepsFields(t *testing.T) {
	fields := map[string]any{
		"metadata":             map[string]any{"reading": 1.0, "nested": map[string]any{"a": []any{"b", nil}}},
		"geography":            map[string]any{"center": map[string]any{"lon": 2.5, "lat": 48.0}},
		"attachedFiles":        []any{map[string]any{"id": "f1"}},
		"linkedRecords":        []any{map[string]any{"id": "other"}},
		"linkedGeographyFiles": []any{map[string]any{"id": "g1"}},
		"workflowState":        "ready_for_review",
		"status":               "approved",
	}
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "old", fields)
		w.api.Put("nulls", "old", map[string]any{"metadata": nil, "geography": nil})
		_, err := w.SaveDraft(t.Context(), w.ann, "r", w.mustLoadRecord(w.ann, "r").Revision(),
			"new")
		w.must(err)
		for name, want := range fields {
			if got := w.api.DraftField("r", name); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
		}
		_, err = w.SaveDraft(t.Context(), w.ann, "nulls",
			w.mustLoadRecord(w.ann, "nulls").Revision(), "new")
		w.must(err)
	})
}

// TestSaveDraftRefused shows which users may not save.
func TestSaveDraftRefused(t *testing.T) {
	for _, test := range []struct {
		name, role string
		draft      bool
		kind       error
	}{
		{"viewer", "public", false, ErrForbidden},
		{"viewer, of a draft that is hidden", "public", true, ErrForbidden},
		{"may not create", "legal_dept", false, ErrForbidden},
		{"need not create", "legal_dept", true, nil},
		{"nobody", "", false, ErrUnauthorized},
	} {
		t.Run(test.name, func(t *testing.T) {
			withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
				w.api.Put("r", "old", nil)
				if test.draft {
					w.api.PutDraft("r", "draft")
				}
				token := w.api.Sign("dead")
				if test.role != "" {
					token = w.api.Login("bob", test.role)
				}
				base, _ := w.LoadRecord(t.Context(), token, "r")
				_, err := w.SaveDraft(t.Context(), token, "r", base.Revision(), "new")
				if test.kind != nil {
					w.mustFail(err, test.kind)
				} else {
					w.must(err)
				}
				if text, _ := w.api.Draft("r"); (text == "new") != (test.kind == nil) {
					t.Errorf("the draft is %q", text)
				}
				if n := w.api.Count(standin.PutDraft); n > 1 {
					t.Errorf("%d attempts", n)
				}
			})
		})
	}
}

// TestForbiddenSaveInvalidatesSession shows that after a 403 the user is checked again.
func TestForbiddenSaveInvalidatesSession(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "old", nil)
		base := w.mustLoadRecord(w.ann, "r")
		w.mustAuthenticate(w.ann)
		w.api.SetRole("ann", "public")
		_, err := w.SaveDraft(t.Context(), w.ann, "r", base.Revision(), "new")
		w.mustFail(err, ErrForbidden)
		if w.mustAuthenticate(w.ann).Access().Edit {
			t.Error("may still edit")
		}
	})
}

// TestSaveDraftOfChangedRecord shows that a draft does not overwrite a text that it is not based
// on.
func TestSaveDraftOfChangedRecord(t *testing.T) {
	for _, test := range []struct {
		name    string
		draft   bool // there is one from the start
		meddle  func(*standin.API)
		change  Change // Unchanged: it is saved
		current string // draft
	}{
		{"nothing", true, func(*standin.API) {}, Unchanged, "mine"},
		{"another draft", true, func(a *standin.API) { a.PutDraft("r", "theirs") }, Edited, "theirs"},
		{"a first draft", false, func(a *standin.API) { a.PutDraft("r", "theirs") }, Edited, "theirs"},
		{"a first draft that says the same", false,
			func(a *standin.API) { a.PutDraft("r", "old") }, Unchanged, "mine"},
		{"published", true, func(a *standin.API) { a.Publish("r") }, Published, ""},
		{"another published", true, func(a *standin.API) { a.PutDraft("r", "theirs"); a.Publish("r") }, Published, ""},
		{"discarded", true, func(a *standin.API) { a.Discard("r") }, Discarded, ""},
		{"mine already", true, func(a *standin.API) { a.PutDraft("r", "mine") }, Unchanged, "mine"},
		{"removed", true, func(a *standin.API) { a.Remove("r") }, -1, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
				w.api.Put("r", "old", nil)
				time.Sleep(time.Hour)
				if test.draft {
					w.api.PutDraft("r", "draft")
				}
				base := w.mustLoadRecord(w.ann, "r")
				time.Sleep(time.Minute)
				test.meddle(w.api)
				_, err := w.SaveDraft(t.Context(), w.ann, "r", base.Revision(), "mine")
				var changed *ChangedError
				switch {
				case test.change == -1:
					w.mustFail(err, ErrNotFound)
				case test.change == Unchanged:
					w.must(err)
				case !errors.As(err, &changed) || !errors.Is(err, ErrChanged) ||
					changed.Change != test.change:
					t.Fatalf("%v", err)
				default: // the next attempt, based on what is there, goes through
					if text, _ := w.api.Draft("r"); text != test.current {
						t.Errorf("draft %q, want %q", text, test.current)
					}
					_, err := w.SaveDraft(t.Context(), w.ann, "r", changed.Now.Revision(), "merged")
					w.must(err)
					test.current = "merged"
				}
				if text, _ := w.api.Draft("r"); text != test.current {
					t.Errorf("draft %q, want %q", text, test.current)
				}
			})
		})
	}
}

// TestSaveDraftOfVanishedDraft publishes a draft just before a new text arrives, and shows that the
// text does not become another draft.
func TestSaveDraftOfVanishedDraft(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.PutDraft("r", "draft")
		base := w.mustLoadRecord(w.ann, "r")
		w.api.Fail(standin.Fault{Route: standin.PutDraft, Delay: time.Second})
		time.AfterFunc(time.Second/2, func() { w.api.Publish("r") })
		_, err := w.SaveDraft(t.Context(), w.ann, "r", base.Revision(), "mine")
		var changed *ChangedError
		if !errors.As(err, &changed) || changed.Change != Published ||
			changed.Now.Markdown != "draft" {
			t.Errorf("%v", err)
		}
		if _, ok := w.api.Draft("r"); ok {
			t.Error("there is a draft again")
		}
	})
}

// TestSaveDraftRejected shows the error of a 400 that has nothing to do with a draft that is gone.
func TestSaveDraftRejected(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.PutDraft("r", "draft")
		base := w.mustLoadRecord(w.ann, "r")
		w.api.Fail(standin.Fault{Route: standin.PutDraft, Status: 400})
		_, err := w.SaveDraft(t.Context(), w.ann, "r", base.Revision(), "mine")
		w.mustFail(err, ErrRejected)
	})
}

// TestSaveDraftUnchanged shows that a text is not written if the draft has it already.
func TestSaveDraftUnchanged(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "old", nil)
		r, err := w.SaveDraft(t.Context(), w.ann, "r", w.mustLoadRecord(w.ann, "r").Revision(),
			"old")
		if err != nil || r.Draft {
			t.Errorf("%v, %v", r, err)
		}
		_, err = w.SaveDraft(t.Context(), w.api.Login("bob", "public"), "r", r.Revision(),
			"old") // a user from whom the API may hide a draft
		w.mustFail(err, ErrForbidden)
		w.mustCount(standin.PutDraft, 0)
	})
}

// TestSaveDraftAnswerLost shows that a draft counts as saved after its answer was lost.
func TestSaveDraftAnswerLost(t *testing.T) {
	for _, published := range []bool{false, true} {
		withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
			if published {
				w.api.Put("r", "old", nil)
			} else {
				w.api.PutDraft("r", "old")
			}
			base := w.mustLoadRecord(w.ann, "r")
			w.api.Fail(standin.Fault{Route: standin.PutDraft, Cut: true, CarriedOut: true,
				Times: 2})
			r, err := w.SaveDraft(t.Context(), w.ann, "r", base.Revision(), "new")
			if text, _ := w.api.Draft("r"); err != nil || text != "new" || !r.Draft {
				t.Errorf("%q, %v", text, err)
			}
			w.mustCount(standin.PutDraft, 3)
		})
	}
}

// TestDraftTooLarge shows that a body that the API would not take is not sent.
func TestDraftTooLarge(t *testing.T) {
	withAPI(t, Config{Options: httpcall.Options{MaxBody: 1000}}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "old", nil)
		base := w.mustLoadRecord(w.ann, "r")
		_, err := w.SaveDraft(t.Context(), w.ann, "r", base.Revision(), strings.Repeat("x", 1000))
		w.mustFail(err, ErrTooLarge)
		w.mustCount(standin.PutDraft, 0)
	})
}

func TestCompare(t *testing.T) {
	at := time.Date(2026, 8, 2, 10, 0, 0, 0, time.UTC)
	published := Record{Markdown: "old", Status: "published", Updated: at}
	draft := Record{Markdown: "new", Status: "published", Draft: true, Updated: at.Add(time.Hour),
		Saved: at.Add(time.Hour)}
	with := func(r Record, f func(*Record)) Record { f(&r); return r }
	for _, test := range []struct {
		name          string
		before, after Record
		want          Change
	}{
		{"same", published, published, Unchanged},
		{"same draft", draft, draft, Unchanged},
		{"saved again, the same", draft, with(draft,
			func(r *Record) { r.Saved = at.Add(2 * time.Hour) }), Unchanged},
		{"begun", published, draft, Edited},
		{"begun, the same", published, with(draft,
			func(r *Record) { r.Markdown = "old" }), Touched},
		{"edited", draft, with(draft, func(r *Record) { r.Markdown = "newer" }), Edited},
		{"title", draft, with(draft, func(r *Record) { r.Title = "T" }), Touched},
		{"type", draft, with(draft, func(r *Record) { r.Type = "policy" }), Touched},
		{"status", published, with(published, func(r *Record) { r.Status = "archived" }), Touched},
		{"published", draft, with(draft, func(r *Record) { r.Draft, r.Updated = false, at.Add(2*time.Hour) }), Published},
		{"published, no dates", draft, with(draft,
			func(r *Record) { r.Draft, r.Updated = false, time.Time{} }), Published},
		{"a later draft published", draft, with(published,
			func(r *Record) { r.Markdown, r.Updated = "newest", at.Add(2*time.Hour) }), Published},
		{"published in the second it was saved", draft,
			with(published, func(r *Record) { r.Markdown, r.Updated = "newest", draft.Saved }),
			Published},
		{"published unseen", published, with(published,
			func(r *Record) { r.Markdown = "new" }), Published},
		{"discarded", draft, published, Discarded},
		{"discarded, no dates", draft, with(published,
			func(r *Record) { r.Updated = time.Time{} }), Discarded},
		{"discarded, no dates at all", Record{Markdown: "new", Draft: true},
			Record{Markdown: "old"}, Discarded},
		{"discarded, saved not known", with(draft,
			func(r *Record) { r.Saved = time.Time{} }), published, Discarded},
	} {
		if got := Compare(test.before.Revision(), test.after.Revision()); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// TestSaveDraftWithoutBase shows that without a base no draft is overwritten.
func TestSaveDraftWithoutBase(t *testing.T) {
	for _, test := range []struct {
		name  string
		draft string // there is one from the start
		saved bool
	}{
		{"no draft", "", true},
		{"somebody's draft", "theirs", false},
		{"the very text", "mine", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
				w.api.Put("r", "old", nil)
				if test.draft != "" {
					w.api.PutDraft("r", test.draft)
				}
				r, err := w.SaveDraft(t.Context(), w.ann, "r", Revision{}, "mine")
				var changed *ChangedError
				if test.saved {
					w.must(err)
				} else if !errors.As(err, &changed) || changed.Change != Edited || changed.Now.Markdown != test.draft {
					t.Fatalf("%v, %v", r, err)
				}
				if text, _ := w.api.Draft("r"); (text == "mine") != test.saved {
					t.Errorf("the draft is %q", text)
				}
			})
		})
	}
}

// TestSaveDraftByFormerEditor shows that a draft does not count as discarded because the user is no
// editor any more, and the error while that cannot be checked.
func TestSaveDraftByFormerEditor(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "old", nil)
		w.api.PutDraft("r", "draft")
		base := w.mustLoadRecord(w.ann, "r")
		w.mustAuthenticate(w.ann)
		time.Sleep(time.Second)
		w.api.SetRole("ann", "public")
		w.api.Fail(standin.Fault{Route: standin.Me, Status: 500})
		_, err := w.SaveDraft(t.Context(), w.ann, "r", base.Revision(), "mine")
		w.mustFail(err, ErrUnavailable)
		w.api.ClearFaults()
		time.Sleep(time.Minute)
		_, err = w.SaveDraft(t.Context(), w.ann, "r", base.Revision(), "mine")
		w.mustFail(err, ErrForbidden)
		if text, _ := w.api.Draft("r"); text != "draft" {
			t.Errorf("the draft is %q", text)
		}
	})
}

// TestRevision shows that revisions can be written and read, and differ where states do.
func TestRevision(t *testing.T) {
	at := time.Date(2026, 8, 2, 10, 0, 0, 0, time.UTC)
	seen := map[Revision]Record{}
	for _, r := range []Record{
		{}, {Markdown: "text"}, {Markdown: "text", Draft: true}, {Markdown: "text", Updated: at},
		{Markdown: "text", Draft: true, Saved: at},
		{Markdown: "text", Title: "T"}, {Markdown: "text", Type: "T"},
		{Markdown: "text", Status: "T"}, {Markdown: "text", Updated: at.Add(-time.Hour * 1e6)},
	} {
		m := r.Revision()
		if other, twice := seen[m]; twice || m == (Revision{}) {
			t.Errorf("%v and %v have one mark", r, other)
		}
		seen[m] = r
		s := m.String()
		if again, err := ParseRevision(s); err != nil || again != m || len(s) != 66 ||
			strings.Contains(s, "text") {
			t.Errorf("%q, %v", s, err)
		}
	}
	if m, err := ParseRevision(Revision{}.String()); m != (Revision{}) || err != nil {
		t.Errorf("none: %v, %v", m, err)
	}
	good := Record{}.Revision().String()
	for _, bad := range []string{"x", good[1:], good + "A", "A" + good[1:], good[:65] + "=", good[:65] + "B"} {
		if m, err := ParseRevision(bad); err == nil || m != (Revision{}) {
			t.Errorf("%q is taken", bad)
		}
	}
}

// TestCompareAfterPublishing shows that a draft that the API's own route publishes compares as
// Published.
func TestCompareAfterPublishing(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "old", nil)
		time.Sleep(time.Hour)
		saved, err := w.SaveDraft(t.Context(), w.ann, "r", w.mustLoadRecord(w.ann, "r").Revision(),
			"new")
		w.must(err)
		r := request{op: saveDraft, method: "POST", path: "/records/r/publish", token: w.ann,
			body: json.RawMessage(`{}`)}
		_, err = w.call(t.Context(), r)
		w.must(err)
		after := w.mustLoadRecord(w.ann, "r")
		if change := Compare(saved.Revision(), after.Revision()); change != Published ||
			after.Markdown != "new" || after.Status != "published" {
			t.Errorf("%v, %v", change, after)
		}
	})
}
