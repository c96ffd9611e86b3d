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
)

func TestAuthenticate(t *testing.T) {
	in(t, Config{}, standin.Options{}, func(t *testing.T, w *world) {
		u := w.known(w.api.Login("ann", "clerk"))
		if u.ID != "1" || u.Username != "ann" || u.Name != "The ann" || u.Role != "clerk" || u.AvatarURL != "" {
			t.Errorf("ID %q, %q, %q, %q, %q", u.ID, u.Username, u.Name, u.Role, u.AvatarURL)
		}
		if !u.Can(RecordsEdit) || !u.Can(RecordsCreate) || u.Can("system:admin") {
			t.Errorf("permissions %q", u.Permissions)
		}
	})
}

// TestMemory shows how long answers are believed, and that one person's is not another's.
func TestMemory(t *testing.T) {
	in(t, Config{}, standin.Options{}, func(t *testing.T, w *world) {
		ann, bob := w.api.Login("ann", "clerk"), w.api.Login("bob", "public")
		for range 10 {
			if w.known(ann).Username != "ann" || w.known(bob).Username != "bob" {
				t.Error("mixed up")
			}
			time.Sleep(4 * time.Second)
		}
		w.calls(standin.Me, 2)
		time.Sleep(5*time.Second - 1) // 45 s in all, less a moment
		w.known(ann)
		w.calls(standin.Me, 2)
		time.Sleep(1)
		asked := time.Now()
		w.known(ann)
		w.calls(standin.Me, 3)
		time.Sleep(time.Second)
		if u := w.known(ann); !u.Asked.Equal(asked) {
			t.Errorf("asked at %v, not %v", u.Asked, asked)
		}
	})
}

// TestSeen shows that what changes is seen within a minute.
func TestSeen(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(w *world, token string)
		ok     func(User, error) bool
	}{
		{"revoked", func(w *world, token string) { w.api.Revoke(token) },
			func(_ User, err error) bool { return errors.Is(err, ErrUnauthorized) }},
		{"expired", func(w *world, _ string) { time.Sleep(24 * time.Hour) },
			func(_ User, err error) bool { return errors.Is(err, ErrUnauthorized) }},
		{"may less", func(w *world, _ string) { w.api.SetRole("ann", "public") },
			func(u User, err error) bool { return err == nil && u.Access() == (Access{View: true}) }},
		{"may nothing", func(w *world, _ string) { w.api.SetRole("ann", "suspended") },
			func(u User, err error) bool { return err == nil && u.Access() == (Access{}) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, Config{}, standin.Options{}, func(t *testing.T, w *world) {
				token := w.api.Login("ann", "clerk")
				w.known(token)
				test.change(w, token)
				time.Sleep(time.Minute)
				if u, err := w.Authenticate(t.Context(), token); !test.ok(u, err) {
					t.Errorf("%v, %v", u.Permissions, err)
				}
			})
		})
	}
}

// TestRefused shows that a refused token is not asked about each time.
func TestRefused(t *testing.T) {
	in(t, Config{}, standin.Options{}, func(t *testing.T, w *world) {
		dead := w.api.Sign(strings.Repeat("ab", 32))
		for range 5 {
			_, err := w.Authenticate(t.Context(), dead)
			w.mustFail(err, ErrUnauthorized)
		}
		w.calls(standin.Me, 1)
		time.Sleep(10 * time.Second)
		_, err := w.Authenticate(t.Context(), dead)
		w.mustFail(err, ErrUnauthorized)
		w.calls(standin.Me, 2)
	})
}

// TestRefusedElsewhere shows that any route's 401 ends a session here.
func TestRefusedElsewhere(t *testing.T) {
	in(t, Config{}, standin.Options{Snapshots: true}, func(t *testing.T, w *world) {
		token := w.api.Login("ann", "clerk")
		w.known(token)
		w.api.Revoke(token)
		_, err := w.LoadSnapshot(t.Context(), token, "r")
		w.mustFail(err, ErrUnauthorized)
		_, err = w.Authenticate(t.Context(), token)
		w.mustFail(err, ErrUnauthorized)
		w.calls(standin.Me, 1)
		time.Sleep(10 * time.Second)
		_, err = w.Authenticate(t.Context(), token)
		w.mustFail(err, ErrUnauthorized)
		w.calls(standin.Me, 2)
	})
}

// TestRehabilitated shows that the newest answer counts.
func TestRehabilitated(t *testing.T) {
	in(t, Config{}, standin.Options{}, func(t *testing.T, w *world) {
		w.api.Fail(standin.Fault{Route: standin.Me, Status: 401, Times: 1})
		_, err := w.Authenticate(t.Context(), w.ann)
		w.mustFail(err, ErrUnauthorized)
		time.Sleep(10 * time.Second)
		w.api.Fail(standin.Fault{Route: standin.GetRecord, Body: `{"success":true,"data":{"id":"r","content":""}}`})
		w.load(w.ann, "r") // asks about the token
		w.known(w.ann)
		w.calls(standin.Me, 2)
	})
}

// TestTogether shows that many who come at once make one call, and all are told.
func TestTogether(t *testing.T) {
	in(t, Config{}, standin.Options{}, func(t *testing.T, w *world) {
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
		w.calls(standin.Me, 1)
	})
}

// TestOwnPermissions shows that what a caller does to an answer is nobody else's.
func TestOwnPermissions(t *testing.T) {
	in(t, Config{}, standin.Options{}, func(t *testing.T, w *world) {
		token := w.api.Login("ann", "public")
		for range 3 {
			if u := w.known(token); !slices.Equal(u.Permissions, []string{RecordsView}) {
				t.Errorf("%q", u.Permissions)
			} else {
				u.Permissions[0] = All
			}
		}
	})
}

// TestLeaving shows that who gives up does so at once, and spoils it for nobody.
func TestLeaving(t *testing.T) {
	in(t, Config{}, standin.Options{}, func(t *testing.T, w *world) {
		w.api.Fail(standin.Fault{Route: standin.Me, Delay: 5 * time.Second})
		token := w.api.Login("ann", "clerk")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var group sync.WaitGroup
		group.Go(func() {
			w.took(time.Second, time.Second, func() {
				if _, err := w.Authenticate(ctx, token); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%v", err)
				}
			})
		})
		synctest.Wait()
		group.Go(func() {
			w.took(5*time.Second, 5*time.Second, func() {
				if u, err := w.Authenticate(t.Context(), token); err != nil || u.Username != "ann" {
					t.Errorf("%v, %v", u, err)
				}
			})
		})
		group.Wait()
		w.calls(standin.Me, 1)
	})
}

// TestRateLimited shows a 429: nothing is called until the time it names, who is known
// stays so, up to a bound, and others are told when to come again.
func TestRateLimited(t *testing.T) {
	in(t, Config{MaxStale: 5 * time.Minute}, standin.Options{}, func(t *testing.T, w *world) {
		ann, bob := w.api.Login("ann", "clerk"), w.api.Login("bob", "clerk")
		w.known(ann)
		time.Sleep(time.Minute)
		w.api.Fail(standin.Fault{Route: standin.Me, Status: 429, Code: "RATE_LIMITED", RetryAfter: "600"})
		for range 20 {
			if u := w.known(ann); u.Username != "ann" {
				t.Errorf("%v", u)
			}
			_, err := w.Authenticate(t.Context(), bob)
			if e := w.mustFail(err, ErrRateLimited); e.After <= 0 || e.After > 10*time.Minute {
				t.Errorf("come again after %v", e.After)
			}
			time.Sleep(10 * time.Second)
		}
		w.calls(standin.Me, 2)
		time.Sleep(time.Minute)
		_, err := w.Authenticate(t.Context(), ann)
		w.mustFail(err, ErrRateLimited)
		w.api.Heal()
		time.Sleep(6 * time.Minute)
		w.known(ann)
		w.known(bob)
		w.calls(standin.Me, 4)
	})
}

// TestRateLimitIsApart shows that a 429 of the auth routes does not hold back records.
func TestRateLimitIsApart(t *testing.T) {
	in(t, Config{}, standin.Options{}, func(t *testing.T, w *world) {
		w.api.Put("r", "text", nil)
		token := w.api.Login("ann", "clerk")
		w.api.Fail(standin.Fault{Route: standin.Me, Status: 429, RetryAfter: "600"})
		_, err := w.Authenticate(t.Context(), token)
		w.mustFail(err, ErrRateLimited)
		w.load(token, "r")
	})
}

// TestShippedLimits lives with the API's own 30 calls in 15 minutes: three people who
// stay all the time do not use up what newcomers need.
func TestShippedLimits(t *testing.T) {
	in(t, Config{}, standin.Options{AuthLimit: 30}, func(t *testing.T, w *world) {
		var stay []string
		for i := range 3 {
			stay = append(stay, w.api.Login(fmt.Sprint("stays", i), "clerk"))
		}
		for step := range 90 { // of 10 s
			for _, token := range stay {
				w.known(token)
			}
			if step%15 == 14 {
				w.known(w.api.Login(fmt.Sprint("new", step), "clerk"))
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

// TestDown shows that who is known stays so while the API is away, up to a bound, and
// that it is not asked each time.
func TestDown(t *testing.T) {
	for _, test := range []struct {
		name string
		fail func(w *world)
		kind error
	}{
		{"refused", func(w *world) { w.Close(); w.net.down.Store(true) }, ErrUnavailable},
		{"500", func(w *world) { w.api.Fail(standin.Fault{Status: 500}) }, ErrUnavailable},
		{"cut", func(w *world) { w.api.Fail(standin.Fault{Cut: true}) }, ErrUnavailable},
		{"late", func(w *world) { w.api.Fail(standin.Fault{Delay: time.Hour}) }, ErrUnavailable},
		{"another server", func(w *world) { w.api.Fail(standin.Fault{Body: "<p>It works!"}) }, ErrAnswer},
		{"being deployed", func(w *world) { w.api.Fail(standin.Fault{NoRoute: true}) }, ErrUnsupported},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, Config{MaxStale: 5 * time.Minute}, standin.Options{}, func(t *testing.T, w *world) {
				ann := w.api.Login("ann", "clerk")
				w.known(ann)
				test.fail(w)
				time.Sleep(45 * time.Second)
				w.known(ann)
				synctest.Wait() // a dial that nobody waits for any more may be under way
				before := w.api.Count("") + int(w.net.dials.Load())
				w.took(0, 0, func() { w.known(ann) })
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

// TestLockedOut shows that a 403 is an answer, and nobody is known against it.
func TestLockedOut(t *testing.T) {
	in(t, Config{}, standin.Options{}, func(t *testing.T, w *world) {
		w.known(w.ann)
		w.api.Fail(standin.Fault{Route: standin.Me, Status: 403})
		time.Sleep(time.Minute)
		_, err := w.Authenticate(t.Context(), w.ann)
		w.mustFail(err, ErrForbidden)
	})
}

// TestDoubt shows that who is doubted is asked about, even if little may be asked, and
// stays known if nothing can be.
func TestDoubt(t *testing.T) {
	in(t, Config{}, standin.Options{AuthLimit: 4}, func(t *testing.T, w *world) {
		for range 3 {
			w.known(w.ann)
			w.Doubt(w.ann)
		}
		w.known(w.ann)
		w.calls(standin.Me, 4)
		w.Doubt(w.ann)
		w.known(w.ann)
		w.known(w.ann)
		w.calls(standin.Me, 5)
		w.Doubt("unknown")
		time.Sleep(15 * time.Minute)
		w.api.SetRole("ann", "public")
		if w.known(w.ann).Access().Edit {
			t.Error("still edits")
		}
	})
}

// TestDoubtLasts shows that a doubt that could not be settled is not forgotten.
func TestDoubtLasts(t *testing.T) {
	in(t, Config{Attempts: 1}, standin.Options{}, func(t *testing.T, w *world) {
		w.known(w.ann)
		w.api.SetRole("ann", "public")
		w.api.Fail(standin.Fault{Status: 500, Times: 1})
		w.Doubt(w.ann)
		if !w.known(w.ann).Access().Edit {
			t.Error("known from nowhere")
		}
		time.Sleep(10 * time.Second)
		if w.known(w.ann).Access().Edit {
			t.Error("still edits")
		}
	})
}

// TestPlenty shows that a limit that is far away puts nothing off.
func TestPlenty(t *testing.T) {
	in(t, Config{}, standin.Options{AuthLimit: 30}, func(t *testing.T, w *world) {
		w.known(w.ann)
		w.api.Revoke(w.ann)
		time.Sleep(45 * time.Second)
		_, err := w.Authenticate(t.Context(), w.ann)
		w.mustFail(err, ErrUnauthorized)
	})
}

// TestOldAnswer shows that an answer is as old as its question.
func TestOldAnswer(t *testing.T) {
	in(t, Config{Timeout: time.Minute}, standin.Options{}, func(t *testing.T, w *world) {
		w.api.Fail(standin.Fault{Route: standin.Me, Delay: 30 * time.Second, Times: 1})
		w.known(w.ann)
		time.Sleep(15*time.Second - 1)
		w.known(w.ann)
		w.calls(standin.Me, 1)
		time.Sleep(1)
		w.known(w.ann)
		w.calls(standin.Me, 2)
	})
}

// TestScarce shows that the last quarter is kept for newcomers, and that MaxStale holds all the same.
func TestScarce(t *testing.T) {
	in(t, Config{MaxStale: 5 * time.Minute}, standin.Options{AuthLimit: 8}, func(t *testing.T, w *world) {
		for i := range 6 {
			w.known(w.api.Login(fmt.Sprint("new", i), "clerk"))
		}
		ann := w.api.Login("new0", "clerk")
		w.known(ann) // one of the last two
		time.Sleep(time.Minute)
		w.known(ann)
		w.calls(standin.Me, 7)
		time.Sleep(4 * time.Minute)
		w.known(ann)
		w.calls(standin.Me, 8)
	})
}

// TestBounded shows that the least recently seen is forgotten, and not the others.
func TestBounded(t *testing.T) {
	in(t, Config{Sessions: 2}, standin.Options{}, func(t *testing.T, w *world) {
		ann, bob, eve := w.api.Login("ann", "clerk"), w.api.Login("bob", "clerk"), w.api.Login("eve", "clerk")
		w.known(ann)
		w.known(bob)
		w.known(ann)
		w.known(eve)
		w.calls(standin.Me, 3)
		w.known(ann)
		w.known(eve)
		w.calls(standin.Me, 3)
		w.known(bob)
		w.calls(standin.Me, 4)
		for range 100 {
			_, err := w.Authenticate(t.Context(), w.api.Sign(fmt.Sprint(time.Now().UnixNano())))
			w.mustFail(err, ErrUnauthorized)
			time.Sleep(1)
		}
		if n := w.sessions.refused.Len(); n != 4 {
			t.Errorf("%d refused tokens are remembered", n)
		}
		w.known(bob)
		w.calls(standin.Me, 104)
	})
}

// TestOddAnswers shows that nobody is let in on an answer that does not say who it is.
func TestOddAnswers(t *testing.T) {
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
			in(t, Config{}, standin.Options{}, func(t *testing.T, w *world) {
				w.api.Fail(standin.Fault{Route: standin.Me, Body: body})
				_, err := w.Authenticate(t.Context(), w.api.Login("ann", "clerk"))
				w.mustFail(err, ErrAnswer)
				w.calls(standin.Me, 1)
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

func TestShown(t *testing.T) {
	for _, test := range []struct{ name, username, want string }{
		{"Ann Lee", "ann", "Ann Lee"},
		{"", "ann", "ann"},
		{"", "ann@town.example", "ann"},
		{"ann@town.example", "x", "ann"},
		{"Ann @ the desk", "x", "Ann @ the desk"},
		{"", "", ""},
	} {
		if got := (User{Name: test.name, Username: test.username}).Shown(); got != test.want {
			t.Errorf("%q, %q: %q", test.name, test.username, got)
		}
	}
}
