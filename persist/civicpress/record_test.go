package civicpress

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
)

// TestLoadRecord shows which user gets which text.
func TestLoadRecord(t *testing.T) {
	for _, test := range []struct {
		name, role       string
		published, draft string
		markdown         string
		isDraft          bool
		kind             error
	}{
		{"published", "clerk", "old", "", "old", false, nil},
		{"a draft wins", "clerk", "old", "new", "new", true, nil},
		{"an empty draft wins", "clerk", "old", " ", " ", true, nil},
		{"only a draft", "clerk", "", "new", "new", true, nil},
		{"neither", "clerk", "", "", "", false, ErrNotFound},
		{"a viewer sees no draft", "public", "old", "new", "old", false, nil},
		{"a viewer of only a draft", "public", "", "new", "", false, ErrNotFound},
		{"a dead token", "", "old", "new", "", false, ErrUnauthorized},
		{"a dead token, only a draft", "", "", "new", "", false, ErrUnauthorized},
		{"a dead token, no record", "", "", "", "", false, ErrUnauthorized},
	} {
		t.Run(test.name, func(t *testing.T) {
			withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
				if test.published != "" {
					w.api.Put("r", test.published, nil)
				}
				if test.draft != "" {
					w.api.PutDraft("r", test.draft)
				}
				token := w.api.Sign("dead")
				if test.role != "" {
					token = w.api.Login("bob", test.role)
				}
				r, err := w.LoadRecord(t.Context(), token, "r")
				if !errors.Is(err, test.kind) || (err == nil) != (test.kind == nil) {
					t.Fatalf("%v, want %v", err, test.kind)
				}
				if r.Markdown != test.markdown || r.Draft != test.isDraft {
					t.Errorf("%q, draft: %v", r.Markdown, r.Draft)
				}
			})
		})
	}
}

// TestRecordRouteRefusesDeadToken shows that the check of a token by LoadRecord is cached for all
// calls.
func TestRecordRouteRefusesDeadToken(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "old", nil)
		w.api.PutDraft("r", "new")
		w.mustAuthenticate(w.ann)
		w.api.Revoke(w.ann)
		_, err := w.LoadRecord(t.Context(), w.ann, "r")
		w.mustFail(err, ErrUnauthorized)
		_, err = w.Authenticate(t.Context(), w.ann)
		w.mustFail(err, ErrUnauthorized)
		w.mustCount(standin.Me, 2)
	})
}

// TestRecordFields shows the members that are read from a record, and the forms of times.
func TestRecordFields(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "old", map[string]any{"title": "A title", "type": "policy",
			"status": "approved"})
		first := time.Now()
		time.Sleep(1500 * time.Millisecond)
		r := w.mustLoadRecord(w.ann, "r")
		if r.ID != "r" || r.Title != "A title" || r.Type != "policy" || r.Status != "approved" {
			t.Errorf("%q, %q, %q, %q", r.ID, r.Title, r.Type, r.Status)
		}
		if !r.Updated.Equal(first) || !r.Saved.IsZero() {
			t.Errorf("%v, %v", r.Updated, r.Saved)
		}
		w.api.PutDraft("r", "new")
		r = w.mustLoadRecord(w.ann, "r")
		if want := first.Add(time.Second); !r.Updated.Equal(want) || !r.Saved.Equal(want) {
			t.Errorf("%v, %v, want %v", r.Updated, r.Saved, want)
		}
	})
}

func TestRecordDates(t *testing.T) {
	want := time.Date(2026, 8, 2, 10, 20, 30, 0, time.UTC)
	for value, want := range map[string]time.Time{
		`"2026-08-02T10:20:30Z"`:      want,
		`"2026-08-02T10:20:30.000Z"`:  want,
		`"2026-08-02T12:20:30+02:00"`: want,
		`"2026-08-02 10:20:30"`:       want,
		`"2026-08-02T10:20:30"`:       want,
		`"2026-08-02"`:                want.Truncate(24 * time.Hour),
		`1785666030000`:               want,
		`"last week"`:                 {},
		`null`:                        {},
		`""`:                          {},
		`{}`:                          {},
		`true`:                        {},
	} {
		var m timestamp
		if err := m.UnmarshalJSON([]byte(value)); err != nil || !m.Equal(want) {
			t.Errorf("%s: %v, %v", value, m, err)
		}
	}
}

// TestRecordForms reads answers that other versions of the API may give.
func TestRecordForms(t *testing.T) {
	for _, test := range []struct {
		name, data string
		markdown   string
		kind       error
	}{
		{"both", `{"id":"r","isDraft":false,"content":"a","markdownBody":"a"}`, "a", nil},
		{"content alone, token alive", `{"id":"r","isDraft":false,"content":"a"}`, "a", nil},
		{"draft without a text", `{"id":"r","isDraft":true,"markdownBody":null}`, "", nil},
		{"published without a text", `{"id":"r","isDraft":false}`, "", nil},
		{"numeric id", `{"id":7,"isDraft":false,"markdownBody":"a"}`, "a", nil},
		{"another id", `{"id":"s","isDraft":false,"markdownBody":"a"}`, "a", nil},
		{"empty id", `{"id":"","isDraft":false,"markdownBody":"a"}`, "", ErrAnswer},
		{"no record", `{"drafts":[]}`, "", ErrAnswer},
		{"text is an object", `{"id":"r","isDraft":true,"markdownBody":{}}`, "", ErrAnswer},
		{"a list", `[]`, "", ErrAnswer},
	} {
		t.Run(test.name, func(t *testing.T) {
			withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
				w.api.Fail(standin.Fault{Route: standin.GetRecord,
					Body: `{"success":true,"data":` + test.data + `}`})
				r, err := w.LoadRecord(t.Context(), w.ann, "r")
				if test.kind != nil {
					w.mustFail(err, test.kind)
				} else if err != nil || r.Markdown != test.markdown || r.ID != "r" {
					t.Errorf("%q, %q, %v", r.ID, r.Markdown, err)
				}
			})
		})
	}
}

// TestRecordFoundByFileName loads a record whose answer has the id that is written in its file, as
// CivicPress' records do, and shows that it is loaded and saved under the id that was asked for.
func TestRecordFoundByFileName(t *testing.T) {
	withAPI(t, Config{}, standin.Options{Snapshots: true}, func(t *testing.T, w *fixture) {
		w.api.Put("noise-by-law", "old", map[string]any{"id": "record-1718000000000",
			"title": "Noise"})
		v, err := w.Authorize(t.Context(), w.ann, "noise-by-law")
		if err != nil || v.Record.ID != "noise-by-law" || v.Record.Markdown != "old" {
			t.Fatalf("%v, %v", v.Record, err)
		}
		saved := v.Record
		for _, text := range []string{"new", "newer"} {
			if saved, err = w.SaveDraft(t.Context(), w.ann, "noise-by-law", saved.Revision(), text); err != nil || saved.ID != "noise-by-law" {
				t.Fatalf("%v, %v", saved, err)
			}
			if got, _ := w.api.Draft("noise-by-law"); got != text {
				t.Errorf("draft %q, want %q", got, text)
			}
		}
		w.must(w.SaveSnapshot(t.Context(), w.ann, "noise-by-law", []byte("blob"), 1))
		for _, c := range w.api.Calls() {
			if c.RecordID != "" && c.RecordID != "noise-by-law" {
				t.Errorf("%s of %q", c.Route, c.RecordID)
			}
		}
	})
}

// TestRecordIDs shows that ids are escaped, and that the API is not asked for an id that no record
// can have.
func TestRecordIDs(t *testing.T) {
	for _, test := range []struct {
		name, id string
		asked    bool
	}{
		{"plain", "by-law-7", true},
		{"spaces and signs", "a b?c#d%2F&edit=false", true},
		{"not ASCII", "règlement", true},
		{"dots in it", "v1..2", true},
		{"longest", strings.Repeat("x", 255), true},
		{"too long", strings.Repeat("x", 256), false},
		{"empty", "", false},
		{"dot", ".", false},
		{"dots", "..", false},
		{"slash", "a/draft", false},
		{"backslash", `a\b`, false},
		{"line end", "a\nb", false},
		{"not UTF-8", "a\xff", false},
		{"another route", "drafts", false},
		{"another route in capitals", "Summary", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			withAPI(t, Config{}, standin.Options{Snapshots: true}, func(t *testing.T, w *fixture) {
				if test.asked {
					w.api.Put(test.id, "text", nil)
					base := w.mustLoadRecord(w.ann, test.id)
					_, err := w.SaveDraft(t.Context(), w.ann, test.id, base.Revision(), "new")
					w.must(err)
					w.must(w.SaveSnapshot(t.Context(), w.ann, test.id, []byte("blob"), 1))
					return
				}
				_, err := w.LoadRecord(t.Context(), w.ann, test.id)
				w.mustFail(err, ErrNotFound)
				_, err = w.SaveDraft(t.Context(), w.ann, test.id, Revision{}, "new")
				w.mustFail(err, ErrNotFound)
				_, err = w.LoadSnapshot(t.Context(), w.ann, test.id)
				w.mustFail(err, ErrNotFound)
				w.mustFail(w.SaveSnapshot(t.Context(), w.ann, test.id, nil, 1), ErrNotFound)
				w.mustCount("", 0)
			})
		})
	}
}

// TestAuthorize shows what users may do with a record, and the errors.
func TestAuthorize(t *testing.T) {
	for _, test := range []struct {
		name, role, id string
		want           Access
		markdown       string
		kind           error
	}{
		{"admin", "admin", "r", Access{true, true}, "new", nil},
		{"clerk", "clerk", "r", Access{true, true}, "new", nil},
		{"may not create", "legal_dept", "r", Access{true, true}, "new", nil},
		{"viewer", "public", "r", Access{View: true}, "old", nil},
		{"may nothing", "suspended", "r", Access{}, "", ErrForbidden},
		{"no such record", "clerk", "s", Access{}, "", ErrNotFound},
		{"hidden from viewers", "public", "internal", Access{}, "", ErrNotFound},
		{"shown to editors", "clerk", "internal", Access{true, true}, "shh", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
				w.api.Put("r", "old", nil)
				w.api.PutDraft("r", "new")
				w.api.Put("internal", "shh", map[string]any{"status": "under_review"})
				v, err := w.Authorize(t.Context(), w.api.Login("bob", test.role), test.id)
				if test.kind != nil {
					w.mustFail(err, test.kind)
				} else if err != nil || v.Access != test.want || v.Record.Markdown != test.markdown || v.User.Username != "bob" {
					t.Errorf("%+v, %v", v, err)
				}
			})
		})
	}
}

// TestLoadVerified shows that a record shows drafts only if its user is known to be an editor
// still.
func TestLoadVerified(t *testing.T) {
	for _, test := range []struct {
		name, role, later string
		draft             bool
		whole             bool
		calls             int // of /auth/me, beside the first
	}{
		{"editor, draft", "clerk", "clerk", true, true, 0},
		{"editor, no draft", "clerk", "clerk", false, true, 1},
		{"viewer", "public", "public", true, false, 0},
		{"demoted", "clerk", "public", true, false, 1},
		{"demoted, no draft", "clerk", "public", false, false, 1},
		{"promoted", "public", "clerk", true, true, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
				w.api.Put("r", "old", nil)
				if test.draft {
					w.api.PutDraft("r", "new")
				}
				w.api.SetRole("ann", test.role)
				w.mustAuthenticate(w.ann)
				time.Sleep(time.Second)
				w.api.SetRole("ann", test.later)
				r, whole, err := w.LoadVerified(t.Context(), w.ann, "r")
				if err != nil || whole != test.whole || r.Draft != (test.draft && test.whole) {
					t.Errorf("%v, whole: %v, %v", r, whole, err)
				}
				w.mustCount(standin.Me, 1+test.calls)
			})
		})
	}
}

// TestAuthorizeWhileRecordFails shows that the user is returned beside the error of the record.
func TestAuthorizeWhileRecordFails(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "old", nil)
		w.api.Fail(standin.Fault{Route: standin.GetRecord, Status: 500})
		v, err := w.Authorize(t.Context(), w.ann, "r")
		w.mustFail(err, ErrUnavailable)
		if v.User.Username != "ann" || !v.Access.Edit || v.User.FetchedAt.IsZero() {
			t.Errorf("%+v", v)
		}
		w.api.Revoke(w.ann)
		w.Invalidate(w.ann)
		v, err = w.Authorize(t.Context(), w.ann, "r")
		w.mustFail(err, ErrUnauthorized)
		if v.User.ID != "" {
			t.Errorf("%+v", v)
		}
	})
}

// TestAuthorizeNewEditor shows that a draft in the answer outweighs cached rights.
func TestAuthorizeNewEditor(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.PutDraft("r", "new")
		w.api.SetRole("ann", "public")
		w.mustAuthenticate(w.ann)
		w.api.SetRole("ann", "clerk")
		v, err := w.Authorize(t.Context(), w.ann, "r")
		if err != nil || !v.Access.Edit {
			t.Errorf("%+v, %v", v, err)
		}
	})
}

// TestConfiguredToken shows that calls with the token "" use the configured one, or fail.
func TestConfiguredToken(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "old", nil)
		_, err := w.LoadRecord(t.Context(), "", "r")
		w.mustFail(err, ErrUnauthorized)
		w.mustCount("", 0)
		w.cfg().Token = w.ann
		base := w.mustLoadRecord("", "r")
		_, err = w.SaveDraft(t.Context(), "", "r", base.Revision(), "new")
		w.must(err)
		w.api.Revoke(w.ann)
		_, err = w.LoadRecord(t.Context(), "", "r")
		w.mustFail(err, ErrUnauthorized)
		_, err = w.Authenticate(t.Context(), "")
		w.mustFail(err, ErrUnauthorized)
	})
}
