package civicpress

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
	"github.com/civicpress/civic-realtime/persist/httpcall"
)

func TestAuthenticate(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		u := w.mustAuthenticate(w.api.Login("ann", "clerk"))
		if u.ID != "1" || u.Username != "ann" || u.Name != "The ann" || u.Role != "clerk" ||
			u.AvatarURL != "" {
			t.Errorf("ID %q, %q, %q, %q, %q", u.ID, u.Username, u.Name, u.Role, u.AvatarURL)
		}
		if !u.Can(RecordsEdit) || !u.Can(RecordsCreate) || u.Can("system:admin") {
			t.Errorf("permissions %q", u.Permissions)
		}
	})
}

// TestSessionCache shows for how long an answer is cached, and that it is for its token only.
func TestSessionCache(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		ann, bob := w.api.Login("ann", "clerk"), w.api.Login("bob", "public")
		for range 10 {
			if w.mustAuthenticate(ann).Username != "ann" ||
				w.mustAuthenticate(bob).Username != "bob" {
				t.Error("mixed up")
			}
			time.Sleep(4 * time.Second)
		}
		w.mustCount(standin.Me, 2)
		time.Sleep(5*time.Second - 1) // 45 s in all, less a moment
		w.mustAuthenticate(ann)
		w.mustCount(standin.Me, 2)
		time.Sleep(1)
		asked := time.Now()
		w.mustAuthenticate(ann)
		w.mustCount(standin.Me, 3)
		time.Sleep(time.Second)
		if u := w.mustAuthenticate(ann); !u.FetchedAt.Equal(asked) {
			t.Errorf("asked at %v, not %v", u.FetchedAt, asked)
		}
	})
}

// TestRecordAnswersKeepSessionAlive shows that changes are noticed within a minute.
func TestRecordAnswersKeepSessionAlive(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(w *fixture, token string)
		ok     func(User, error) bool
	}{
		{"revoked", func(w *fixture, token string) { w.api.Revoke(token) },
			func(_ User, err error) bool { return errors.Is(err, ErrUnauthorized) }},
		{"expired", func(w *fixture, _ string) { time.Sleep(24 * time.Hour) },
			func(_ User, err error) bool { return errors.Is(err, ErrUnauthorized) }},
		{"may less", func(w *fixture, _ string) { w.api.SetRole("ann", "public") },
			func(u User, err error) bool { return err == nil && u.Access() == (Access{View: true}) }},
		{"may nothing", func(w *fixture, _ string) { w.api.SetRole("ann", "suspended") },
			func(u User, err error) bool { return err == nil && u.Access() == (Access{}) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
				token := w.api.Login("ann", "clerk")
				w.mustAuthenticate(token)
				test.change(w, token)
				time.Sleep(time.Minute)
				if u, err := w.Authenticate(t.Context(), token); !test.ok(u, err) {
					t.Errorf("%v, %v", u.Permissions, err)
				}
			})
		})
	}
}

// TestRefusedTokenIsCached shows that the API is not asked about a refused token each time.
func TestRefusedTokenIsCached(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		dead := w.api.Sign(strings.Repeat("ab", 32))
		for range 5 {
			_, err := w.Authenticate(t.Context(), dead)
			w.mustFail(err, ErrUnauthorized)
		}
		w.mustCount(standin.Me, 1)
		time.Sleep(10 * time.Second)
		_, err := w.Authenticate(t.Context(), dead)
		w.mustFail(err, ErrUnauthorized)
		w.mustCount(standin.Me, 2)
	})
}

// TestTokenRefusedByAnotherRoute shows that any route's 401 ends a cached session.
func TestTokenRefusedByAnotherRoute(t *testing.T) {
	withAPI(t, Config{}, standin.Options{Snapshots: true}, func(t *testing.T, w *fixture) {
		token := w.api.Login("ann", "clerk")
		w.mustAuthenticate(token)
		w.api.Revoke(token)
		_, err := w.LoadSnapshot(t.Context(), token, "r")
		w.mustFail(err, ErrUnauthorized)
		_, err = w.Authenticate(t.Context(), token)
		w.mustFail(err, ErrUnauthorized)
		w.mustCount(standin.Me, 1)
		time.Sleep(10 * time.Second)
		_, err = w.Authenticate(t.Context(), token)
		w.mustFail(err, ErrUnauthorized)
		w.mustCount(standin.Me, 2)
	})
}

// TestRefusedTokenBecomesValid shows that the latest answer counts.
func TestRefusedTokenBecomesValid(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Fail(standin.Fault{Route: standin.Me, Status: 401, Times: 1})
		_, err := w.Authenticate(t.Context(), w.ann)
		w.mustFail(err, ErrUnauthorized)
		time.Sleep(10 * time.Second)
		w.api.Fail(standin.Fault{Route: standin.GetRecord,
			Body: `{"success":true,"data":{"id":"r","content":""}}`})
		w.mustLoadRecord(w.ann, "r") // asks about the token
		w.mustAuthenticate(w.ann)
		w.mustCount(standin.Me, 2)
	})
}

// TestAuthenticateSharesCalls shows that concurrent calls make one call of the API, and all get its
// answer.
func TestAuthenticateSharesCalls(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Fail(standin.Fault{Route: standin.Me, Delay: time.Second})
		token := w.api.Login("ann", "clerk")
		var group sync.WaitGroup
		for range 50 {
			group.Go(func() {
				if u, err := w.Authenticate(t.Context(), token); err != nil || u.Username != "ann" {
					t.Errorf("%v, %v", u, err)
				}
			})
		}
		group.Wait()
		w.mustCount(standin.Me, 1)
	})
}

// TestPermissionsAreCopied shows that a caller may change the answer.
func TestPermissionsAreCopied(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		token := w.api.Login("ann", "public")
		for range 3 {
			if u := w.mustAuthenticate(token); !slices.Equal(u.Permissions, []string{RecordsView}) {
				t.Errorf("%q", u.Permissions)
			} else {
				u.Permissions[0] = All
			}
		}
	})
}

// TestAuthenticateCancelled shows that a call ends with its context, and that others which share it
// do not.
func TestAuthenticateCancelled(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Fail(standin.Fault{Route: standin.Me, Delay: 5 * time.Second})
		token := w.api.Login("ann", "clerk")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var group sync.WaitGroup
		group.Go(func() {
			w.mustTake(time.Second, time.Second, func() {
				if _, err := w.Authenticate(ctx, token); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%v", err)
				}
			})
		})
		synctest.Wait()
		group.Go(func() {
			w.mustTake(5*time.Second, 5*time.Second, func() {
				if u, err := w.Authenticate(t.Context(), token); err != nil || u.Username != "ann" {
					t.Errorf("%v, %v", u, err)
				}
			})
		})
		group.Wait()
		w.mustCount(standin.Me, 1)
	})
}

// TestAuthenticateRateLimited shows a 429: no call is made until the time that it names, cached
// users stay authenticated, up to a bound, and the error for others has the time.
func TestAuthenticateRateLimited(t *testing.T) {
	withAPI(t, Config{Options: httpcall.Options{MaxStale: 5 * time.Minute}}, standin.Options{},
		func(t *testing.T, w *fixture) {
			ann, bob := w.api.Login("ann", "clerk"), w.api.Login("bob", "clerk")
			w.mustAuthenticate(ann)
			time.Sleep(time.Minute)
			w.api.Fail(standin.Fault{Route: standin.Me, Status: 429, Code: "RATE_LIMITED",
				RetryAfter: "600"})
			for range 20 {
				if u := w.mustAuthenticate(ann); u.Username != "ann" {
					t.Errorf("%v", u)
				}
				_, err := w.Authenticate(t.Context(), bob)
				if e := w.mustFail(err, ErrRateLimited); e.After <= 0 || e.After > 10*time.Minute {
					t.Errorf("come again after %v", e.After)
				}
				time.Sleep(10 * time.Second)
			}
			w.mustCount(standin.Me, 2)
			time.Sleep(time.Minute)
			_, err := w.Authenticate(t.Context(), ann)
			w.mustFail(err, ErrRateLimited)
			w.api.ClearFaults()
			time.Sleep(6 * time.Minute)
			w.mustAuthenticate(ann)
			w.mustAuthenticate(bob)
			w.mustCount(standin.Me, 4)
		})
}

// TestRateLimitsAreSeparate shows that a 429 of the auth routes does not hold back records.
func TestRateLimitsAreSeparate(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "text", nil)
		token := w.api.Login("ann", "clerk")
		w.api.Fail(standin.Fault{Route: standin.Me, Status: 429, RetryAfter: "600"})
		_, err := w.Authenticate(t.Context(), token)
		w.mustFail(err, ErrRateLimited)
		w.mustLoadRecord(token, "r")
	})
}

// TestShippedLimits shows that three users who stay do not use up the API's 30 calls in 15 minutes,
// so that new users can be authenticated.
func TestShippedLimits(t *testing.T) {
	withAPI(t, Config{}, standin.Options{AuthLimit: 30}, func(t *testing.T, w *fixture) {
		var stay []string
		for i := range 3 {
			stay = append(stay, w.api.Login(fmt.Sprint("stays", i), "clerk"))
		}
		for step := range 90 { // of 10 s
			for _, token := range stay {
				w.mustAuthenticate(token)
			}
			if step%15 == 14 {
				w.mustAuthenticate(w.api.Login(fmt.Sprint("new", step), "clerk"))
			}
			time.Sleep(10 * time.Second)
		}
		for _, c := range w.api.Calls() {
			if c.Status != 200 {
				t.Errorf("%s answers %d", c.Route, c.Status)
			}
		}
		w.api.Revoke(stay[0]) // in the next window
		time.Sleep(10 * time.Second)
		_, err := w.Authenticate(t.Context(), stay[0])
		w.mustFail(err, ErrUnauthorized)
	})
}

// TestAuthenticateWhileDown shows that cached users stay authenticated while the API is down, up to
// a bound, and that it is not asked each time.
func TestAuthenticateWhileDown(t *testing.T) {
	for _, test := range []struct {
		name string
		fail func(w *fixture)
		kind error
	}{
		{"refused", func(w *fixture) { w.Close(); w.net.down.Store(true) }, ErrUnavailable},
		{"500", func(w *fixture) { w.api.Fail(standin.Fault{Status: 500}) }, ErrUnavailable},
		{"cut", func(w *fixture) { w.api.Fail(standin.Fault{Cut: true}) }, ErrUnavailable},
		{"late", func(w *fixture) { w.api.Fail(standin.Fault{Delay: time.Hour}) }, ErrUnavailable},
		{"another server", func(w *fixture) { w.api.Fail(standin.Fault{Body: "<p>It works!"}) }, ErrAnswer},
		{"being deployed", func(w *fixture) { w.api.Fail(standin.Fault{NoRoute: true}) }, ErrUnsupported},
	} {
		t.Run(test.name, func(t *testing.T) {
			withAPI(t, Config{Options: httpcall.Options{MaxStale: 5 * time.Minute}}, standin.Options{},
				func(t *testing.T, w *fixture) {
					ann := w.api.Login("ann", "clerk")
					w.mustAuthenticate(ann)
					test.fail(w)
					time.Sleep(45 * time.Second)
					w.mustAuthenticate(ann)
					synctest.Wait() // a dial may be under way that no call waits for any more
					before := w.api.Count("") + int(w.net.dials.Load())
					w.mustTake(0, 0, func() { w.mustAuthenticate(ann) })
					if n := w.api.Count("") + int(w.net.dials.Load()) - before; n != 0 {
						t.Errorf("%d calls right after a failure", n)
					}
					_, err := w.Authenticate(t.Context(), w.api.Login("bob", "clerk"))
					w.mustFail(err, test.kind)
					time.Sleep(5 * time.Minute)
					_, err = w.Authenticate(t.Context(), ann)
					w.mustFail(err, test.kind)
				})
		})
	}
}

// TestForbiddenOverridesCache shows that a 403 counts as an answer.
func TestForbiddenOverridesCache(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.mustAuthenticate(w.ann)
		w.api.Fail(standin.Fault{Route: standin.Me, Status: 403})
		time.Sleep(time.Minute)
		_, err := w.Authenticate(t.Context(), w.ann)
		w.mustFail(err, ErrForbidden)
	})
}

// TestInvalidate shows that an invalidated token is checked even if calls are scarce, and stays
// authenticated if none can be made.
func TestInvalidate(t *testing.T) {
	withAPI(t, Config{}, standin.Options{AuthLimit: 4}, func(t *testing.T, w *fixture) {
		for range 3 {
			w.mustAuthenticate(w.ann)
			w.Invalidate(w.ann)
		}
		w.mustAuthenticate(w.ann)
		w.mustCount(standin.Me, 4)
		w.Invalidate(w.ann)
		w.mustAuthenticate(w.ann)
		w.mustAuthenticate(w.ann)
		w.mustCount(standin.Me, 5)
		w.Invalidate("unknown")
		time.Sleep(15 * time.Minute)
		w.api.SetRole("ann", "public")
		if w.mustAuthenticate(w.ann).Access().Edit {
			t.Error("still edits")
		}
	})
}

// TestInvalidateWhileDown shows that an invalidated token stays so until it is checked.
func TestInvalidateWhileDown(t *testing.T) {
	withAPI(t, Config{Options: httpcall.Options{Attempts: 1}}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.mustAuthenticate(w.ann)
		w.api.SetRole("ann", "public")
		w.api.Fail(standin.Fault{Status: 500, Times: 1})
		w.Invalidate(w.ann)
		if !w.mustAuthenticate(w.ann).Access().Edit {
			t.Error("known from nowhere")
		}
		time.Sleep(10 * time.Second)
		if w.mustAuthenticate(w.ann).Access().Edit {
			t.Error("still edits")
		}
	})
}

// TestDistantLimitDefersNothing shows that a limit that is far from reached defers no check.
func TestDistantLimitDefersNothing(t *testing.T) {
	withAPI(t, Config{}, standin.Options{AuthLimit: 30}, func(t *testing.T, w *fixture) {
		w.mustAuthenticate(w.ann)
		w.api.Revoke(w.ann)
		time.Sleep(45 * time.Second)
		_, err := w.Authenticate(t.Context(), w.ann)
		w.mustFail(err, ErrUnauthorized)
	})
}

// TestAnswerAgeCountsFromRequest shows that the age of an answer is the time since its request.
func TestAnswerAgeCountsFromRequest(t *testing.T) {
	withAPI(t, Config{Options: httpcall.Options{Timeout: time.Minute}}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Fail(standin.Fault{Route: standin.Me, Delay: 30 * time.Second, Times: 1})
		w.mustAuthenticate(w.ann)
		time.Sleep(15*time.Second - 1)
		w.mustAuthenticate(w.ann)
		w.mustCount(standin.Me, 1)
		time.Sleep(1)
		w.mustAuthenticate(w.ann)
		w.mustCount(standin.Me, 2)
	})
}

// TestScarceAllowanceDefersChecks shows that the last quarter is kept for new users, and that
// MaxStale holds all the same.
func TestScarceAllowanceDefersChecks(t *testing.T) {
	withAPI(t, Config{Options: httpcall.Options{MaxStale: 5 * time.Minute}}, standin.Options{AuthLimit: 8},
		func(t *testing.T, w *fixture) {
			for i := range 6 {
				w.mustAuthenticate(w.api.Login(fmt.Sprint("new", i), "clerk"))
			}
			ann := w.api.Login("new0", "clerk")
			w.mustAuthenticate(ann) // one of the last two
			time.Sleep(time.Minute)
			w.mustAuthenticate(ann)
			w.mustCount(standin.Me, 7)
			time.Sleep(4 * time.Minute)
			w.mustAuthenticate(ann)
			w.mustCount(standin.Me, 8)
		})
}

// TestSessionCacheIsBounded shows that the least recently used entry is dropped, and no other.
func TestSessionCacheIsBounded(t *testing.T) {
	withAPI(t, Config{Options: httpcall.Options{Sessions: 2}}, standin.Options{}, func(t *testing.T, w *fixture) {
		ann, bob, eve := w.api.Login("ann", "clerk"), w.api.Login("bob", "clerk"),
			w.api.Login("eve", "clerk")
		w.mustAuthenticate(ann)
		w.mustAuthenticate(bob)
		w.mustAuthenticate(ann)
		w.mustAuthenticate(eve)
		w.mustCount(standin.Me, 3)
		w.mustAuthenticate(ann)
		w.mustAuthenticate(eve)
		w.mustCount(standin.Me, 3)
		w.mustAuthenticate(bob)
		w.mustCount(standin.Me, 4)
		for range 100 {
			_, err := w.Authenticate(t.Context(), w.api.Sign(fmt.Sprint(time.Now().UnixNano())))
			w.mustFail(err, ErrUnauthorized)
			time.Sleep(1)
		}
		if n := w.sessions.refused.Len(); n != 4 {
			t.Errorf("%d refused tokens are remembered", n)
		}
		w.mustAuthenticate(bob)
		w.mustCount(standin.Me, 104)
	})
}

// TestMalformedUserAnswers shows that no token is accepted on an answer that names no user.
func TestMalformedUserAnswers(t *testing.T) {
	for name, body := range map[string]string{
		"empty object":      `{}`,
		"not JSON":          `ok`,
		"no success":        `{"data":{"user":{"id":1}}}`,
		"no success either": `{"success":false,"data":{"user":{"id":1}}}`,
		"no data":           `{"success":true}`,
		"null data":         `{"success":true,"data":null}`,
		"no user":           `{"success":true,"data":{}}`,
		"null user":         `{"success":true,"data":{"user":null}}`,
		"no id":             `{"success":true,"data":{"user":{"username":"ann","permissions":["*"]}}}`,
		"empty id":          `{"success":true,"data":{"user":{"id":"","permissions":["*"]}}}`,
		"odd id":            `{"success":true,"data":{"user":{"id":[1],"permissions":["*"]}}}`,
		"odd permissions":   `{"success":true,"data":{"user":{"id":1,"permissions":"*"}}}`,
		"cut off":           `{"success":true,"data":{"user":{"id":1`,
	} {
		t.Run(name, func(t *testing.T) {
			withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
				w.api.Fail(standin.Fault{Route: standin.Me, Body: body})
				_, err := w.Authenticate(t.Context(), w.api.Login("ann", "clerk"))
				w.mustFail(err, ErrAnswer)
				w.mustCount(standin.Me, 1)
			})
		})
	}
}

func TestAccess(t *testing.T) {
	for _, test := range []struct {
		permissions string
		want        Access
	}{
		{"*", Access{true, true}},
		{"records:view", Access{View: true}},
		{"records:edit", Access{true, true}},
		{"records:view records:edit", Access{true, true}},
		{"", Access{}},
		{"records:create records:* edit", Access{}},
	} {
		u := User{Permissions: strings.Fields(test.permissions)}
		if got := u.Access(); got != test.want {
			t.Errorf("%q: %+v", test.permissions, got)
		}
	}
}

func TestDisplayName(t *testing.T) {
	for _, test := range []struct{ name, username, want string }{
		{"Ann Lee", "ann", "Ann Lee"},
		{"", "ann", "ann"},
		{"", "ann@town.example", "ann"},
		{"ann@town.example", "x", "ann"},
		{"Ann @ the desk", "x", "Ann @ the desk"},
		{"", "", ""},
	} {
		if got := (User{Name: test.name, Username: test.username}).DisplayName(); got != test.want {
			t.Errorf("%q, %q: %q", test.name, test.username, got)
		}
	}
}
