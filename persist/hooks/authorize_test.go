package hooks

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/persist/hooks/standin"
)

// ann is the question of a user whom tests allow.
var ann = Question{Token: "ann's token", Room: "minutes", Address: "203.0.113.7"}

// TestGrantsAreReadStrictly shows which answers grant something, and that all others grant nothing:
// members count by their exact names, once each, and have to be of the described form.
func TestGrantsAreReadStrictly(t *testing.T) {
	const user = `"user":{"id":"u1","name":"Ann"}`
	future := time.Now().Add(time.Hour).Format(time.RFC3339)
	for body, want := range map[string]error{
		`{` + user + `,"access":"write"}`:                                              nil,
		`{"user":{"id":7},"access":"read"}`:                                            nil,
		`{` + user + `,"access":"admin","roles":["clerk"],"cache_seconds":0,"more":1}`: nil,
		`{` + user + `,"access":"write","expires_at":"` + future + `"}`:                nil,
		`{` + user + `,"access":"write","expires_at":4102444800}`:                      nil,
		`{` + user + `,"access":"write","expires_at":null,"roles":null}`:               nil,
		`{"access":"none"}`:                                                   ErrForbidden,
		`{` + user + `,"access":"none","reason":"no"}`:                        ErrForbidden,
		`{` + user + `,"access":"write","expires_at":"2020-01-01T00:00:00Z"}`: ErrUnauthorized,
		`{` + user + `,"access":"Write"}`:                                     ErrAnswer,
		`{` + user + `}`:                                                      ErrAnswer,
		`{` + user + `,"Access":"write"}`:                                     ErrAnswer,
		`{` + user + `,"access":"none","access":"admin"}`:                     ErrAnswer,
		`{"user":{"id":"u1","id":"u2"},"access":"write"}`:                     ErrAnswer,
		`{"user":{"ID":"u1"},"access":"write"}`:                               ErrAnswer,
		`{"user":{"id":""},"access":"write"}`:                                 ErrAnswer,
		`{"user":{"id":"a\nb"},"access":"write"}`:                             ErrAnswer,
		`{"user":{"id":"` + strings.Repeat("x", 256) + `"},"access":"write"}`: ErrAnswer,
		`{"user":"u1","access":"write"}`:                                      ErrAnswer,
		`{"access":"write"}`:                                                  ErrAnswer,
		`{` + user + `,"access":"write","cache_seconds":-1}`:                  ErrAnswer,
		`{` + user + `,"access":"write","cache_seconds":"1"}`:                 ErrAnswer,
		`{` + user + `,"access":"write","expires_at":"soon"}`:                 ErrAnswer,
		`{` + user + `,"access":"write","expires_at":4102444800000}`:          ErrAnswer,
		`{` + user + `,"access":"write","roles":"clerk"}`:                     ErrAnswer,
		`{` + user + `,"access":"write"} {}`:                                  ErrAnswer,
		`[]`:                                                                  ErrAnswer, ``: ErrAnswer, `true`: ErrAnswer,
	} {
		g, err := answering(t, http.StatusOK, "application/json; charset=utf-8", body).Authorize(t.Context(), ann)
		if !errors.Is(err, want) || (err == nil) == (g.ID == "") {
			t.Errorf("%s: %v, %v; want %v", body, g, err, want)
		}
	}
	for status, kind := range map[int]string{200: "text/plain", 201: "application/json"} {
		_, err := answering(t, status, kind, `{`+user+`,"access":"write"}`).Authorize(t.Context(), ann)
		if !errors.Is(err, ErrAnswer) {
			t.Errorf("%d, %s: %v", status, kind, err)
		}
	}
}

// TestRefusalsNeedAnAnswerOfTheReceiver shows that a token is refused only by a JSON object: an
// error page with the same status is a failure, and says nothing about the token.
func TestRefusalsNeedAnAnswerOfTheReceiver(t *testing.T) {
	for status, want := range map[int]error{401: ErrUnauthorized, 403: ErrForbidden, 404: ErrNotFound, 410: ErrGone} {
		_, err := answering(t, status, "application/json", `{"reason":"because"}`).Authorize(t.Context(), ann)
		if !errors.Is(err, want) || reasonOf(err) != "because" {
			t.Errorf("%d: %v, %q", status, err, reasonOf(err))
		}
		_, err = answering(t, status, "text/html", `<h1>No</h1>`).Authorize(t.Context(), ann)
		if !errors.Is(err, ErrRejected) || errors.Is(err, want) {
			t.Errorf("%d of another program: %v", status, err)
		}
	}
	long := strings.Repeat("ä", 200)
	for reason, want := range map[string]string{long: long[:100], `\u0000`: "", `fine`: "fine"} {
		_, err := answering(t, 403, "application/json", `{"reason":"`+reason+`"}`).Authorize(t.Context(), ann)
		if got := reasonOf(err); got != want {
			t.Errorf("reason %q, want %q", got, want)
		}
	}
}

// TestAnswersAreCached shows that a question is not asked again within the time of its answer, that
// another room or address is another question, and that Invalidate makes the next call ask.
func TestAnswersAreCached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := pair(t, nil)
		s.Allow(ann.Token, standin.User{ID: "u1", Access: "write"})
		ask := func(q Question, calls int) {
			t.Helper()
			if g, err := c.Authorize(t.Context(), q); err != nil || g.ID != "u1" || s.Count("") != calls {
				t.Errorf("%v, %v, after %d calls, want %d", g, err, s.Count(""), calls)
			}
		}
		ask(ann, 1)
		time.Sleep(44 * time.Second)
		ask(ann, 1)
		time.Sleep(2 * time.Second)
		ask(ann, 2)
		ask(Question{ann.Token, "agenda", ann.Address}, 3)
		ask(Question{ann.Token, ann.Room, "203.0.113.8"}, 4)
		time.Sleep(time.Second)
		c.Invalidate(ann.Token)
		ask(ann, 5)
		ask(ann, 5)
		if metric(c, "realtime_hooks_sessions_known_total") != "2" {
			t.Errorf("known: %s", metric(c, "realtime_hooks_sessions_known_total"))
		}
	})
}

// TestTheReceiverSaysForHowLong shows that cache_seconds and expires_at of an answer decide when
// the receiver is asked again.
func TestTheReceiverSaysForHowLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := pair(t, nil)
		hour, none := 3600.0, 0.0
		for _, test := range []struct {
			user        standin.User
			wait        time.Duration
			asked, over bool
		}{
			{standin.User{Cache: &hour}, 59 * time.Minute, false, false},
			{standin.User{Cache: &hour}, 61 * time.Minute, true, false},
			{standin.User{Cache: &none}, time.Millisecond, true, false},
			{standin.User{Cache: &hour, Expires: time.Now().Add(24 * time.Hour)}, 59 * time.Minute, false, false},
			{standin.User{Cache: &hour, Expires: time.Now().Add(5 * time.Hour)}, 10 * time.Hour, true, true},
		} {
			q := Question{Token: fmt.Sprint(test), Room: "r"}
			test.user.ID, test.user.Access = "u", "read"
			s.Allow(q.Token, test.user)
			if _, err := c.Authorize(t.Context(), q); err != nil {
				t.Fatal(err)
			}
			before := s.Count("")
			time.Sleep(test.wait)
			_, err := c.Authorize(t.Context(), q)
			if asked := s.Count("") > before; asked != test.asked || errors.Is(err, ErrUnauthorized) != test.over {
				t.Errorf("%v: asked %v, %v", test, asked, err)
			}
		}
	})
}

// TestUsersStayInAnOutage shows that a user whom the receiver knew is authorized for MaxStale while
// it does not answer, that others are not, and that nobody is for longer than the receiver said.
func TestUsersStayInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := pair(t, nil)
		short := Question{Token: "short", Room: "r"}
		s.Allow(ann.Token, standin.User{ID: "u1", Access: "write"})
		s.Allow(short.Token, standin.User{ID: "u2", Access: "write", Expires: time.Now().Add(5 * time.Minute)})
		for _, q := range []Question{ann, short} {
			if _, err := c.Authorize(t.Context(), q); err != nil {
				t.Fatal(err)
			}
		}
		s.Fail(standin.Fault{Status: http.StatusServiceUnavailable})
		for range 15 {
			time.Sleep(time.Minute)
			if _, err := c.Authorize(t.Context(), ann); err != nil {
				t.Fatal(err)
			}
		}
		for name, q := range map[string]Question{"expired": short, "new": {Token: "new", Room: "r"}} {
			if _, err := c.Authorize(t.Context(), q); !errors.Is(err, ErrUnavailable) {
				t.Errorf("%s: %v", name, err)
			}
		}
		time.Sleep(2 * time.Minute)
		if _, err := c.Authorize(t.Context(), ann); !errors.Is(err, ErrUnavailable) {
			t.Errorf("after MaxStale: %v", err)
		}
		s.ClearFaults()
		time.Sleep(time.Minute)
		if _, err := c.Authorize(t.Context(), ann); err != nil {
			t.Errorf("after the outage: %v", err)
		}
		if metric(c, "realtime_hooks_sessions_stale_total") == "0" {
			t.Error("stale answers are not counted")
		}
	})
}

// TestRefusalsAreCached shows that a refused token costs a call after 10 s, then after a minute,
// and then every six minutes, and that a token that is valid again is accepted then.
func TestRefusalsAreCached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := pair(t, nil)
		for range 3600 {
			if _, err := c.Authorize(t.Context(), ann); !errors.Is(err, ErrUnauthorized) || reasonOf(err) != "session over" {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if n := s.Count(""); n < 5 || n > 16 {
			t.Errorf("%d calls in an hour", n)
		}
		s.Allow(ann.Token, standin.User{ID: "u1", Access: "write"})
		time.Sleep(16 * time.Minute)
		if _, err := c.Authorize(t.Context(), ann); err != nil {
			t.Error(err)
		}
	})
}

// TestConcurrentQuestionsShareACall shows that a hundred connections with one token make one call.
func TestConcurrentQuestionsShareACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := pair(t, nil)
		s.Allow(ann.Token, standin.User{ID: "u1", Access: "write"})
		s.Fail(standin.Fault{Delay: time.Second})
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if _, err := c.Authorize(t.Context(), ann); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if s.Count("") != 1 {
			t.Errorf("%d calls", s.Count(""))
		}
	})
}

// TestTokensThatCannotBeValid shows that a token is refused without a call if it is missing, too
// long or no text.
func TestTokensThatCannotBeValid(t *testing.T) {
	s, c := pair(t, nil)
	for _, token := range []string{"", strings.Repeat("x", maxToken+1), "\xff"} {
		if _, err := c.Authorize(t.Context(), Question{Token: token, Room: "r"}); !errors.Is(err, ErrUnauthorized) {
			t.Errorf("%.10q: %v", token, err)
		}
	}
	if s.Count("") != 0 {
		t.Errorf("%d calls", s.Count(""))
	}
}

// TestTheReceiverIsToldAddressAndRoom shows the body of a call.
func TestTheReceiverIsToldAddressAndRoom(t *testing.T) {
	s, c := pair(t, nil)
	s.Allow(ann.Token, standin.User{ID: "u1", Name: "Ann", Access: "admin", Roles: []string{"clerk"}})
	g, err := c.Authorize(t.Context(), ann)
	if err != nil || g.Name != "Ann" || g.Access != Admin || !slices.Equal(g.Roles, []string{"clerk"}) {
		t.Errorf("%+v, %v", g, err)
	}
	const want = `{"type":"authorize","room":"minutes","token":"ann's token","address":"203.0.113.7"}`
	if got := s.Calls()[0].Body; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
