package civicpress

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// mustAuthorize returns the authorization of a token, which must be one.
func (w *fixture) mustAuthorize(token, id string) Authorization {
	w.t.Helper()
	v, err := w.Authorize(w.t.Context(), token, id)
	w.must(err)
	return v
}

// TestAuthorizeSharesLoads authorizes many users of two roles, one after the other and all at once,
// and shows that the API is asked for the record once for each role, and once about each user.
func TestAuthorizeSharesLoads(t *testing.T) {
	for name, together := range map[string]bool{"one after the other": false, "all at once": true} {
		t.Run(name, func(t *testing.T) {
			withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
				w.api.Put("r", "old", nil)
				w.api.PutDraft("r", "new")
				w.api.Fail(standin.Fault{Route: standin.GetRecord, Delay: time.Second})
				var group sync.WaitGroup
				for i := range 20 {
					role := []string{"clerk", "public"}[i%2]
					token := w.api.Login(fmt.Sprint(role, i), role)
					enter := func() {
						v, err := w.Authorize(t.Context(), token, "r")
						if err != nil || v.Access.Edit != (role == "clerk") || v.Loaded &&
							v.Record.Draft != v.Access.Edit {
							t.Errorf("%+v, %v", v, err)
						}
					}
					if together {
						group.Go(enter)
					} else {
						enter()
					}
				}
				group.Wait()
				w.mustCount(standin.GetRecord, 2)
				w.mustCount(standin.Me, 20)
			})
		})
	}
}

// TestAuthorizeByClass shows that an answer to users of one role is not given to another.
func TestAuthorizeByClass(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("internal", "shh", map[string]any{"status": "under_review"})
		w.mustAuthorize(w.ann, "internal")
		_, err := w.Authorize(t.Context(), w.api.Login("bob", "public"), "internal")
		w.mustFail(err, ErrNotFound)
	})
}

// TestSharedLoadOfDeadToken ends the session of the caller that makes a shared load, and shows that
// the other caller is authorized all the same.
func TestSharedLoadOfDeadToken(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "text", nil)
		bob := w.api.Login("bob", "clerk")
		w.mustAuthenticate(w.ann)
		w.mustAuthenticate(bob)
		w.api.Fail(standin.Fault{Route: standin.GetRecord, Delay: time.Second, Times: 1})
		var group sync.WaitGroup
		group.Go(func() {
			_, err := w.Authorize(t.Context(), w.ann, "r")
			w.mustFail(err, ErrUnauthorized)
		})
		time.Sleep(time.Millisecond)
		w.api.Revoke(w.ann)
		group.Go(func() { w.mustAuthorize(bob, "r") })
		group.Wait()
	})
}

// TestRecordCacheHoldsNoText shows that a cached answer has no text, which might be older than a
// saved one.
func TestRecordCacheHoldsNoText(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "old", nil)
		if v := w.mustAuthorize(w.ann, "r"); !v.Loaded || !v.ShowsDrafts ||
			v.Record.Markdown != "old" {
			t.Errorf("%+v", v)
		}
		if v := w.mustAuthorize(w.ann, "r"); v.Loaded || v.ShowsDrafts || v.Record.Markdown != "" ||
			!v.Access.Edit || v.User.Username != "ann" {
			t.Errorf("%+v", v)
		}
	})
}

// TestAuthorizeRemovedRecord shows that a removed record is missing to all users after twice
// PositiveTTL, or as soon as one has noticed.
func TestAuthorizeRemovedRecord(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "text", nil)
		bob := w.api.Login("bob", "clerk")
		enter := func(token string) error { _, err := w.Authorize(t.Context(), token, "r"); return err }
		w.must(enter(w.ann))
		w.must(enter(bob))
		w.api.Remove("r")
		_, _, err := w.LoadVerified(t.Context(), w.ann, "r")
		w.mustFail(err, ErrNotFound)
		w.mustFail(enter(w.ann), ErrNotFound)
		w.mustFail(enter(bob), ErrNotFound)

		w.api.Put("r", "text", nil)
		time.Sleep(time.Minute)
		w.must(enter(bob))
		w.api.Remove("r")
		time.Sleep(90 * time.Second)
		w.mustFail(enter(bob), ErrNotFound)
	})
}

// TestAuthorizeFormerEditor shows how soon a user's new role takes effect, and that no draft counts
// as discarded meanwhile.
func TestAuthorizeFormerEditor(t *testing.T) {
	for name, draft := range map[string]bool{"with a draft": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
				w.api.Put("r", "old", nil)
				if draft {
					w.api.PutDraft("r", "new")
				}
				began := time.Now()
				for range 4 {
					if v := w.mustAuthorize(w.ann, "r"); !v.Access.Edit || v.Loaded &&
						!v.ShowsDrafts {
						t.Fatalf("%+v", v)
					}
					time.Sleep(45 * time.Second)
				}
				w.api.SetRole("ann", "public")
				changed := time.Now()
				v := w.mustAuthorize(w.ann, "r")
				for ; v.Access.Edit; v = w.mustAuthorize(w.ann, "r") {
					if v.Loaded && v.Record.Draft != draft {
						t.Fatal("a draft seems to be gone")
					}
					time.Sleep(time.Second)
				}
				if late := time.Since(changed); late > 90*time.Second || draft && late > 0 {
					t.Errorf("seen %v later, %v after the beginning", late, time.Since(began))
				}
				if v.ShowsDrafts {
					t.Errorf("%+v", v)
				}
			})
		})
	}
}

// TestRecordCacheIsBounded shows that the number of records in the cache, and of classes in an
// entry, is bounded.
func TestRecordCacheIsBounded(t *testing.T) {
	withAPI(t, Config{Options: httpcall.Options{Sessions: 3}}, standin.Options{}, func(t *testing.T, w *fixture) {
		for i := range 10 {
			id := fmt.Sprint("r", i)
			w.api.Put(id, "text", nil)
			w.mustAuthorize(w.ann, id)
		}
		if n := w.recordCache.of.Len(); n != 3 {
			t.Errorf("%d records are remembered", n)
		}
		r := &cachedRecord{}
		for i := range 1000 {
			if r.storeShown(fmt.Sprint(i), time.Now()); len(r.shown) > maxClasses {
				t.Fatalf("%d classes are remembered", len(r.shown))
			}
		}
	})
}

// TestScarceAllowanceIsForDrafts keeps ten users in their records until the API takes no more
// calls, and shows that no user is refused, and that their drafts are saved in the end.
func TestScarceAllowanceIsForDrafts(t *testing.T) {
	withAPI(t, Config{}, standin.Options{Limit: 100}, func(t *testing.T, w *fixture) {
		var tokens []string
		for i := range 10 {
			w.api.Put(fmt.Sprint("r", i), "old", nil)
			tokens = append(tokens, w.api.Login(fmt.Sprint("p", i), "clerk"))
		}
		for range 85 { // times 10 s
			for i, token := range tokens {
				w.mustAuthorize(token, fmt.Sprint("r", i))
			}
			time.Sleep(10 * time.Second)
		}
		for i, token := range tokens {
			_, err := w.SaveDraft(t.Context(), token, fmt.Sprint("r", i), Revision{}, "new")
			w.must(err)
		}
		for _, c := range w.api.Calls() {
			if c.Status == 429 {
				t.Fatal("a call was refused")
			}
		}
		time.Sleep(time.Minute) // the next window begins
		w.api.Revoke(tokens[0])
		_, err := w.Authorize(t.Context(), tokens[0], "r0")
		w.mustFail(err, ErrUnauthorized)
	})
}
