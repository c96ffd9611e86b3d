package civicpress

import (
	"fmt"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// reconnect authorizes once a second for a quarter of an hour, and requires the same error each
// time.
func (w *fixture) reconnect(token, id string, kind error) {
	w.t.Helper()
	for range 900 {
		_, err := w.Authorize(w.t.Context(), token, id)
		w.mustFail(err, kind)
		time.Sleep(time.Second)
	}
}

// TestRefusalsBoundCalls makes clients reconnect every second for 15 minutes, and shows that this
// costs few calls.
func TestRefusalsBoundCalls(t *testing.T) {
	for _, test := range []struct {
		name, role, id string // without a role: a token without a session
		fault          standin.Fault
		kind           error
		me, record     int
	}{
		{name: "dead token", id: "r", kind: ErrUnauthorized, me: 4},
		{name: "dead token, missing record", id: "s", kind: ErrUnauthorized, me: 4},
		{name: "missing record", role: "clerk", id: "s", kind: ErrNotFound, me: 5, record: 5},
		{name: "hidden record", role: "public", id: "internal", kind: ErrNotFound, me: 5,
			record: 5},
		{name: "may nothing", role: "suspended", id: "r", kind: ErrForbidden, me: 5},
		{name: "forbidden record", role: "clerk", id: "r",
			fault: standin.Fault{Route: standin.GetRecord, Status: 403}, kind: ErrForbidden, me: 5,
			record: 5},
		{name: "record that cannot be read", role: "clerk", id: "r",
			fault: standin.Fault{Route: standin.GetRecord, Body: "<p>"}, kind: ErrAnswer, me: 10,
			record: 16},
		{name: "failing record", role: "clerk", id: "r",
			fault: standin.Fault{Route: standin.GetRecord, Status: 500}, kind: ErrUnavailable,
			me: 11, record: 16 * 3},
		{name: "failing check", role: "clerk", id: "r",
			fault: standin.Fault{Route: standin.Me, Status: 500}, kind: ErrUnavailable, me: 16 * 3},
		{name: "forbidden check", role: "clerk", id: "r",
			fault: standin.Fault{Route: standin.Me, Status: 403}, kind: ErrForbidden, me: 16},
	} {
		t.Run(test.name, func(t *testing.T) {
			withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
				w.api.Put("r", "text", nil)
				w.api.Put("internal", "shh", map[string]any{"status": "under_review"})
				token := w.api.Sign("dead")
				if test.role != "" {
					token = w.api.Login("bob", test.role)
				}
				if test.fault != (standin.Fault{}) {
					w.api.Fail(test.fault)
				}
				w.reconnect(token, test.id, test.kind)
				if n := w.api.Count(standin.Me); n > test.me {
					t.Errorf("%d calls about the person, at most %d wanted", n, test.me)
				}
				if n := w.api.Count(standin.GetRecord); n > test.record {
					t.Errorf("%d calls about the record, at most %d wanted", n, test.record)
				}
			})
		})
	}
}

// TestFailingRecordIsCachedForAll shows that the failure of a record is cached for all users.
func TestFailingRecordIsCachedForAll(t *testing.T) {
	withAPI(t, Config{Options: httpcall.Options{Attempts: 1}}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "text", nil)
		w.api.Fail(standin.Fault{Route: standin.GetRecord, Status: 500})
		for i := range 20 {
			_, err := w.Authorize(t.Context(), w.api.Login(fmt.Sprint("p", i), "clerk"), "r")
			w.mustFail(err, ErrUnavailable)
		}
		w.mustCount(standin.GetRecord, 1)
		w.api.ClearFaults()
		w.mustLoadRecord(w.ann, "r") // does not use the cache
		time.Sleep(10 * time.Second)
		if v, err := w.Authorize(t.Context(), w.ann, "r"); err != nil || !v.Loaded {
			t.Errorf("%+v, %v", v, err)
		}
	})
}

// TestRefusalExpires shows that a refused user is admitted some time after the reason has gone, and
// that the refusal leaves no trace then.
func TestRefusalExpires(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		enter := func() error { _, err := w.Authorize(t.Context(), w.ann, "r"); return err }
		for range 100 {
			w.mustFail(enter(), ErrNotFound)
			time.Sleep(time.Second)
		}
		w.api.Put("r", "text", nil)
		w.mustFail(enter(), ErrNotFound)
		time.Sleep(5 * time.Minute)
		w.must(enter())
		w.api.Remove("r")
		time.Sleep(time.Minute)
		w.mustFail(enter(), ErrNotFound)
		w.api.Put("r", "text", nil)
		time.Sleep(10 * time.Second) // the first pause again
		w.must(enter())
	})
}

// TestRefusalIsPerTokenAndRecord shows that a refusal holds for no other token and no other record.
func TestRefusalIsPerTokenAndRecord(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "text", nil)
		w.api.PutDraft("d", "text")
		bob, dead := w.api.Login("bob", "public"), w.api.Sign("dead")
		_, err := w.Authorize(t.Context(), dead, "r")
		w.mustFail(err, ErrUnauthorized)
		_, err = w.Authorize(t.Context(), bob, "d")
		w.mustFail(err, ErrNotFound)
		_, err = w.Authorize(t.Context(), bob, "r")
		w.must(err)
		_, err = w.Authorize(t.Context(), w.ann, "d")
		w.must(err)
	})
}

// TestRefusalAfterFailures makes the API fail for a while and then refuse a token, and shows that
// the failures do not change the time for which the refusal is cached.
func TestRefusalAfterFailures(t *testing.T) {
	withAPI(t, Config{Options: httpcall.Options{Attempts: 1}}, standin.Options{}, func(t *testing.T, w *fixture) {
		ask := func(kind error) {
			_, err := w.Authenticate(t.Context(), w.ann)
			w.mustFail(err, kind)
		}
		w.api.Fail(standin.Fault{Route: standin.Me, Status: 500})
		for range 3 {
			ask(ErrUnavailable)
			time.Sleep(time.Minute)
		}
		w.api.ClearFaults()
		w.api.Fail(standin.Fault{Route: standin.Me, Status: 401, Times: 1})
		ask(ErrUnauthorized)
		ask(ErrUnauthorized)
		time.Sleep(10 * time.Second)
		w.mustAuthenticate(w.ann)
	})
}

// TestRevokedTokenIsUnauthorized revokes a cached token, and shows that each call for a record that
// only has a draft fails as unauthorized, and not because the record is missing.
func TestRevokedTokenIsUnauthorized(t *testing.T) {
	for name, ask := range map[string]func(w *fixture) error{
		"enter": func(w *fixture) error { _, err := w.Authorize(w.t.Context(), w.ann, "d"); return err },
		"look":  func(w *fixture) error { _, _, err := w.LoadVerified(w.t.Context(), w.ann, "d"); return err },
		"load":  func(w *fixture) error { _, err := w.LoadRecord(w.t.Context(), w.ann, "d"); return err },
		"save": func(w *fixture) error {
			_, err := w.SaveDraft(w.t.Context(), w.ann, "d", Revision{}, "new")
			return err
		},
		"none": func(w *fixture) error { _, err := w.Authorize(w.t.Context(), w.ann, "none"); return err },
	} {
		t.Run(name, func(t *testing.T) {
			withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
				w.api.PutDraft("d", "only")
				w.mustAuthenticate(w.ann)
				time.Sleep(time.Second)
				w.api.Revoke(w.ann)
				w.mustFail(ask(w), ErrUnauthorized)
				w.mustCount(standin.Me, 2)
				w.mustFail(ask(w), ErrUnauthorized)
				w.mustCount("", 3)
			})
		})
	}
}

// TestSuspectTokenIsAskedOnce revokes a token while no session can be checked, and shows that the
// API is asked for the record only once until one can.
func TestSuspectTokenIsAskedOnce(t *testing.T) {
	for name, ask := range map[string]func(w *fixture) error{
		"enter": func(w *fixture) error { _, err := w.Authorize(w.t.Context(), w.ann, "d"); return err },
		"look":  func(w *fixture) error { _, _, err := w.LoadVerified(w.t.Context(), w.ann, "r"); return err },
		"save": func(w *fixture) error {
			_, err := w.SaveDraft(w.t.Context(), w.ann, "r", Revision{}, "new")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
				w.api.Put("r", "text", nil)
				w.api.PutDraft("d", "only")
				w.mustAuthenticate(w.ann)
				time.Sleep(time.Second)
				w.api.Revoke(w.ann)
				w.api.Fail(standin.Fault{Route: standin.Me, Status: 429, RetryAfter: "600",
					Times: 1})
				for range 100 {
					w.mustFail(ask(w), ErrRateLimited)
					time.Sleep(time.Second)
				}
				w.mustCount(standin.GetRecord, 1)
				w.mustCount(standin.Me, 2)
				time.Sleep(10 * time.Minute)
				w.mustFail(ask(w), ErrUnauthorized)
				w.mustCount(standin.GetRecord, 1)
				w.mustCount(standin.Me, 3)
			})
		})
	}
}

// TestVanishedDraftNeedsEditor discards a draft while no role can be checked, and shows that no
// caller sees the record without the draft, and that it is loaded only once, until one can.
func TestVanishedDraftNeedsEditor(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "old", nil)
		w.api.PutDraft("r", "new")
		base := w.mustLoadRecord(w.ann, "r").Revision()
		w.mustAuthenticate(w.ann)
		time.Sleep(time.Second)
		w.api.Discard("r")
		w.api.Fail(standin.Fault{Route: standin.Me, Status: 429, RetryAfter: "600", Times: 1})
		for range 50 {
			_, _, err := w.LoadVerified(t.Context(), w.ann, "r")
			if err == nil {
				t.Fatal("believed")
			}
			_, err = w.SaveDraft(t.Context(), w.ann, "r", base, "newer")
			if err == nil {
				t.Fatal("believed")
			}
			time.Sleep(time.Second)
		}
		w.mustCount(standin.GetRecord, 2)
		time.Sleep(10 * time.Minute)
		if r, whole, err := w.LoadVerified(t.Context(), w.ann, "r"); err != nil || !whole ||
			r.Markdown != "old" {
			t.Errorf("%v, whole: %v, %v", r, whole, err)
		}
	})
}
