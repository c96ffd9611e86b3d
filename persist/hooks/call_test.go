package hooks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
	"github.com/civicpress/civic-realtime/persist/hooks/standin"
)

// TestFailedCallsAreRepeated shows for each kind of failure whether the call is made again, and the
// error after the last attempt. All attempts have the same id, so the receiver can tell.
func TestFailedCallsAreRepeated(t *testing.T) {
	for name, test := range map[string]struct {
		fault standin.Fault
		calls int
		want  error
	}{
		"500":             {standin.Fault{Status: 500}, 3, ErrUnavailable},
		"503 for a while": {standin.Fault{Status: 503, Times: 2}, 3, nil},
		"408":             {standin.Fault{Status: 408}, 3, ErrUnavailable},
		"cut":             {standin.Fault{Cut: true, Times: 1}, 2, nil},
		"hangs":           {standin.Fault{Delay: time.Hour, Times: 1}, 2, nil},
		"400":             {standin.Fault{Status: 400}, 1, ErrRejected},
		"413":             {standin.Fault{Status: 413}, 1, ErrTooLarge},
		"redirect":        {standin.Fault{Location: "http://elsewhere.example/"}, 1, ErrAnswer},
		"429, short":      {standin.Fault{Status: 429, RetryAfter: "2", Times: 1}, 2, nil},
		"429, long":       {standin.Fault{Status: 429, RetryAfter: "60", Times: 1}, 1, ErrRateLimited},
		"503, long":       {standin.Fault{Status: 503, RetryAfter: "60", Times: 1}, 1, ErrUnavailable},
		"huge":            {standin.Fault{Size: 2 << 20}, 1, ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, c := pair(t, func(c *Config) { c.Attempts, c.MaxBody = 0, 1<<20 })
				s.Put("r", "text/markdown", "text")
				s.Fail(test.fault)
				_, err := c.Load(t.Context(), "r", Markdown)
				synctest.Wait()
				calls := s.Calls()
				if !errors.Is(err, test.want) || len(calls) != test.calls {
					t.Errorf("%v after %d calls, want %v after %d", err, len(calls), test.want, test.calls)
				}
				for _, call := range calls {
					if call.ID != calls[0].ID || !strings.HasPrefix(call.ID, "msg_") {
						t.Errorf("attempt %q, first %q", call.ID, calls[0].ID)
					}
				}
			})
		})
	}
}

// TestCallsAreHeldBackAfter429 shows that the time of a 429 holds for all calls of its hook, and
// for no other hook, and that it is bounded.
func TestCallsAreHeldBackAfter429(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := pair(t, nil)
		s.Put("r", "text/markdown", "text")
		s.Allow(ann.Token, standin.User{ID: "u1", Access: "write"})
		s.Fail(standin.Fault{Route: standin.Load, Status: 429, RetryAfter: "86400", Times: 1})
		var e *Error
		for range 2 {
			if _, err := c.Load(t.Context(), "r", Markdown); !errors.As(err, &e) || e.Kind != ErrRateLimited || e.After > 15*time.Minute {
				t.Fatal(err)
			}
		}
		if _, err := c.Authorize(t.Context(), ann); err != nil {
			t.Error(err)
		}
		if s.Count(standin.Load) != 1 {
			t.Errorf("%d calls", s.Count(standin.Load))
		}
		time.Sleep(15 * time.Minute)
		if _, err := c.Load(t.Context(), "r", Markdown); err != nil {
			t.Error(err)
		}
	})
}

// TestAHookThatIsDownIsNotCalled shows that after five attempts without an answer one call in 10 s
// is made, that other hooks are called all the same, and that it ends by itself.
func TestAHookThatIsDownIsNotCalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := pair(t, nil)
		s.Put("r", "text/markdown", "text")
		s.Fail(standin.Fault{Route: standin.Load, Cut: true})
		for range 60 {
			if _, err := c.Load(t.Context(), "r", Markdown); !errors.Is(err, ErrUnavailable) {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}
		if n := s.Count(standin.Load); n < 6 || n > 12 {
			t.Errorf("%d calls in a minute", n)
		}
		if _, err := c.Store(t.Context(), Document{Room: "new", Format: Markdown}); err != nil {
			t.Errorf("another hook: %v", err)
		}
		s.ClearFaults()
		time.Sleep(11 * time.Second)
		if _, err := c.Load(t.Context(), "r", Markdown); err != nil {
			t.Error(err)
		}
		if metric(c, `realtime_hooks_breaker_opened_total{hook="load"}`) == "0" || metric(c, `realtime_hooks_breaker_opened_total{hook="store"}`) != "0" {
			t.Error("the breaker's metric is wrong")
		}
	})
}

// TestConcurrentCallsAreBounded shows that Concurrency bounds the calls of each hook.
func TestConcurrentCallsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		receiver := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			time.Sleep(time.Second)
			w.WriteHeader(http.StatusNoContent)
		})
		cfg := configOf(t, receiver)
		cfg.Concurrency = 3
		c := newClient(t, cfg)
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if _, err := c.Load(t.Context(), fmt.Sprint(i), Markdown); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if most.Load() != 3 {
			t.Errorf("%d calls at once", most.Load())
		}
	})
}

// TestCallsEndWithTheirContext shows that a caller who gives up is not kept, and does not count as
// a failure of the receiver.
func TestCallsEndWithTheirContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, c := pair(t, nil)
		s.Fail(standin.Fault{Delay: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Load(ctx, "r", Markdown); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		if metric(c, `realtime_hooks_calls_total{hook="load",outcome="given_up"}`) != "1" {
			t.Error("it is not counted as given up")
		}
	})
}

// TestSecretsReplaceEachOther shows that calls are signed with two secrets while one is replaced,
// and with the new one after Reconfigure.
func TestSecretsReplaceEachOther(t *testing.T) {
	const next = "whsec_bmV4dCBzZWNyZXQgd2l0aCBlbm91Z2ggYnl0ZXMh"
	old := standin.New(standin.Options{})
	fresh := standin.New(standin.Options{Secret: next})
	for _, receiver := range []*standin.Receiver{old, fresh} {
		receiver.Put("r", "text/markdown", "text")
		cfg := configOf(t, receiver.Handler())
		cfg.Secrets = []standardwebhooks.Secret{secretOf(t, next), secretOf(t, standin.DefaultSecret)}
		if _, err := newClient(t, cfg).Load(t.Context(), "r", Markdown); err != nil {
			t.Error(err)
		}
	}
	cfg := configOf(t, fresh.Handler())
	c := newClient(t, cfg)
	if _, err := c.Load(t.Context(), "r", Markdown); !errors.Is(err, ErrRejected) {
		t.Errorf("with the old secret: %v", err)
	}
	cfg.Secrets = []standardwebhooks.Secret{secretOf(t, next)}
	if err := c.Reconfigure(cfg); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Load(t.Context(), "r", Markdown); err != nil {
		t.Error(err)
	}
	cfg.Secrets = nil
	if err := c.Reconfigure(cfg); !errors.Is(err, ErrConfig) {
		t.Errorf("without a secret: %v", err)
	}
}

// TestConfigurationsAreChecked shows which URLs are refused, without their text in the error, and
// that a hook without a URL cannot be called.
func TestConfigurationsAreChecked(t *testing.T) {
	for address, ok := range map[string]bool{
		"": true, "http://127.0.0.1:8080/h?x=1": true, "https://h.example": true, "ftp://h": false,
		"h.example/x": false, "http://user:hidden@h/": false, "http://h/#hidden": false, "http://\x00hidden": false,
	} {
		cfg := configOf(t, nil)
		cfg.Load = address
		_, err := New(cfg)
		if (err == nil) != ok || err != nil && (!errors.Is(err, ErrConfig) || strings.Contains(err.Error(), "hidden")) {
			t.Errorf("%q: %v", address, err)
		}
	}
	cfg := configOf(t, nil)
	cfg.Load = ""
	if _, err := newClient(t, cfg).Load(t.Context(), "r", Markdown); !errors.Is(err, ErrConfig) {
		t.Error(err)
	}
}

// TestNothingSecretIsPrinted shows that neither errors nor printed values contain a token, a text,
// a secret or a URL.
func TestNothingSecretIsPrinted(t *testing.T) {
	const hidden = "hidden"
	var printed []string
	for _, fault := range []standin.Fault{
		{Status: 500, Body: hidden}, {Status: 403, Body: `{"reason":"hidden"}`}, {Body: hidden}, {Cut: true},
		{Location: "http://hidden/"}, {Status: 418, Body: hidden},
	} {
		s, c := pair(t, func(c *Config) { c.Load += "?key=hidden"; c.Store += "?key=hidden" })
		s.Fail(fault)
		_, err := c.Authorize(t.Context(), Question{Token: hidden, Room: "r"})
		_, failed := c.Load(t.Context(), "r", Markdown)
		_, lost := c.Store(t.Context(), Document{Room: "r", Format: Markdown, Content: []byte(hidden)})
		if err == nil {
			t.Errorf("%+v: no error", fault)
		}
		printed = append(printed, fmt.Sprint(err, failed, lost), fmt.Sprintf("%+v %#v %v", c, c, c.Config()))
	}
	question, document := Question{Token: hidden}, Document{Content: []byte(hidden)}
	content, grant := Content{Body: []byte(hidden)}, Grant{Name: hidden}
	printed = append(printed, fmt.Sprintf("%+v %#v %+v %#v %+v %#v %+v %#v", question, question, document, document, content, content, grant, grant))
	for _, text := range printed {
		if strings.Contains(text, hidden) || strings.Contains(text, "hooks.example") || strings.Contains(text, standin.DefaultSecret[6:]) {
			t.Errorf("printed: %s", text)
		}
	}
}
