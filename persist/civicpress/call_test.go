package civicpress

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// TestRetriesByFailure makes a call that may be repeated, and one that may not, fail in each way.
func TestRetriesByFailure(t *testing.T) {
	const always = 0
	for _, test := range []struct {
		name        string
		fault       standin.Fault
		kind        error
		load, save  int // attempts
		recoverable bool
	}{
		{"401", standin.Fault{Status: 401, Code: "INVALID_TOKEN"}, ErrUnauthorized, 1, 1, false},
		{"403", standin.Fault{Status: 403}, ErrForbidden, 1, 1, false},
		{"404 of a record", standin.Fault{Status: 404, Code: "RECORD_NOT_FOUND"}, ErrNotFound, 1, 1,
			false},
		{"404 of a record, no code", standin.Fault{Status: 404}, ErrNotFound, 1, 1, false},
		{"404 of a route", standin.Fault{NoRoute: true}, ErrUnsupported, 1, 1, false},
		{"404 of another server", standin.Fault{Status: 404, Body: "<h1>Not Found"}, ErrUnsupported,
			1, 1, false},
		{"400", standin.Fault{Status: 400}, ErrRejected, 1, 1, false},
		{"409", standin.Fault{Status: 409}, ErrRejected, 1, 1, false},
		{"413", standin.Fault{Status: 413}, ErrTooLarge, 1, 1, false},
		{"302", standin.Fault{Status: 302}, ErrAnswer, 1, 1, false},
		{"another server", standin.Fault{Body: "<h1>Welcome"}, ErrAnswer, 1, 1, false},
		{"too much", standin.Fault{Body: strings.Repeat("x", 10<<20+1)}, ErrTooLarge, 1, 1, false},
		{"429", standin.Fault{Status: 429}, ErrRateLimited, 1, 1, false},
		{"429, soon", standin.Fault{Status: 429, RetryAfter: "2"}, ErrRateLimited, 3, 3, true},
		{"429, later", standin.Fault{Status: 429, RetryAfter: "6"}, ErrRateLimited, 1, 1, false},
		{"500", standin.Fault{Status: 500}, ErrUnavailable, 3, 1, true},
		{"502 of a proxy", standin.Fault{Status: 502, Body: "<h1>Bad Gateway"}, ErrUnavailable, 3,
			1, true},
		{"503", standin.Fault{Status: 503}, ErrUnavailable, 3, 3, true},
		{"503, later", standin.Fault{Status: 503, RetryAfter: "6"}, ErrUnavailable, 1, 1, false},
		{"cut", standin.Fault{Cut: true}, ErrUnavailable, 3, 1, true},
		{"cut when done", standin.Fault{Cut: true, CarriedOut: true}, ErrUnavailable, 3, 1, true},
		{"late", standin.Fault{Delay: 11 * time.Second}, ErrUnavailable, 3, 1, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			mustFailThen(t, test.fault, always, test.kind, test.load, loadRecordCall)
			mustFailThen(t, test.fault, always, test.kind, test.save, saveDraftCall)
			if test.recoverable {
				mustFailThen(t, test.fault, 2, nil, 3, loadRecordCall)
			}
		})
	}
}

func loadRecordCall(w *fixture, token string) error {
	_, err := w.LoadRecord(w.t.Context(), token, "r")
	return err
}

// mustLoad may be called on any goroutine.
func (w *fixture) mustLoad() {
	if err := loadRecordCall(w, w.ann); err != nil {
		w.t.Error(err)
	}
}

func saveDraftCall(w *fixture, token string) error {
	return w.SaveSnapshot(w.t.Context(), token, "r", []byte("blob"), 1)
}

// mustFailThen makes a call fail a number of times, and requires its outcome after a number of
// attempts.
func mustFailThen(t *testing.T, fault standin.Fault, times int, kind error, attempts int,
	call func(*fixture, string) error) {
	withAPI(t, Config{}, standin.Options{Snapshots: true}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "text", nil)
		fault.Times = times
		w.api.Fail(fault)
		err := call(w, w.ann)
		if kind == nil {
			w.must(err)
		} else {
			e := w.mustFail(err, kind)
			if e.Status != fault.Status && fault.Status != 0 || e.Code != fault.Code &&
				!fault.NoRoute {
				t.Errorf("status %d, code %q", e.Status, e.Code)
			}
		}
		time.Sleep(time.Minute)                                            // late handlers end
		if n := w.api.Count("") - w.api.Count(standin.Me); n != attempts { // a 404 has the session checked
			t.Errorf("%d calls, want %d", n, attempts)
		}
	})
}

// TestRefusedConnectionIsRetried shows that a call is always repeated if it cannot have been sent.
func TestRefusedConnectionIsRetried(t *testing.T) {
	for name, call := range map[string]func(*fixture, string) error{"load": loadRecordCall, "save": saveDraftCall} {
		t.Run(name, func(t *testing.T) {
			withAPI(t, Config{Options: httpcall.Options{Attempts: 4}}, standin.Options{}, func(t *testing.T, w *fixture) {
				w.net.down.Store(true)
				w.mustFail(call(w, w.ann), ErrUnavailable)
				if n := w.net.dials.Load(); n != 4 {
					t.Errorf("%d attempts", n)
				}
			})
		})
	}
}

// TestRetryPauses shows that pauses double, up to a bound, and vary by up to a half at random.
func TestRetryPauses(t *testing.T) {
	withAPI(t, Config{Options: httpcall.Options{Attempts: 5, RetryPause: time.Second, RetryPauseMax: 3 * time.Second,
		BreakerFailures: 1000}}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Fail(standin.Fault{Status: 500})
		seen := map[time.Duration]bool{}
		for range 20 {
			w.mustTake(time.Second*9/2, time.Second*27/2+4, func() { // 1+2+3+3, off by a half
				started := time.Now()
				w.mustFail(loadRecordCall(w, w.ann), ErrUnavailable)
				seen[time.Since(started)] = true
			})
		}
		if len(seen) < 15 {
			t.Errorf("%d different waits in 20", len(seen))
		}
		w.mustCount("", 100)
	})
}

// TestRetryAfter shows that a call waits for the time that the API names, and little more.
func TestRetryAfter(t *testing.T) {
	for _, status := range []int{429, 503} {
		withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
			w.api.Put("r", "text", nil)
			w.api.Fail(standin.Fault{Status: status, RetryAfter: "4", Times: 1})
			w.mustTake(4*time.Second, 4400*time.Millisecond+1,
				func() { w.must(loadRecordCall(w, w.ann)) })
		})
	}
}

// TestRateLimitMax shows that a 429 cannot hold back calls for ever.
func TestRateLimitMax(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "text", nil)
		w.api.Fail(standin.Fault{Status: 429, RetryAfter: "99999999", Times: 1})
		w.mustFail(loadRecordCall(w, w.ann), ErrRateLimited)
		time.Sleep(15*time.Minute - 6*time.Second)
		e := w.mustFail(loadRecordCall(w, w.ann), ErrRateLimited)
		if e.After != 6*time.Second || e.Status != 0 {
			t.Errorf("%v, %d", e.After, e.Status)
		}
		time.Sleep(6 * time.Second)
		w.must(loadRecordCall(w, w.ann))
		w.mustCount("", 2)
	})
}

// TestRateLimitOfAllRoutes exceeds the API's limit on all calls, whose 429 is not JSON.
func TestRateLimitOfAllRoutes(t *testing.T) {
	withAPI(t, Config{}, standin.Options{Limit: 3}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "text", nil)
		for range 3 {
			w.must(loadRecordCall(w, w.ann))
		}
		for range 5 {
			e := w.mustFail(loadRecordCall(w, w.ann), ErrRateLimited)
			if e.After != 15*time.Minute {
				t.Errorf("%v", e.After)
			}
		}
		time.Sleep(15 * time.Minute)
		w.must(loadRecordCall(w, w.ann))
		w.mustCount("", 5)
	})
}

// TestBreakerOpens shows that no call is made for a while after failures in a row, and then one.
func TestBreakerOpens(t *testing.T) {
	for name, fault := range map[string]standin.Fault{
		"cut": {Cut: true}, "late": {Delay: time.Hour}, "502": {Status: 502}, "503": {Status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			withAPI(t, Config{Options: httpcall.Options{Attempts: 1}}, standin.Options{}, func(t *testing.T, w *fixture) {
				w.api.Put("r", "text", nil)
				w.api.Fail(fault)
				for range 5 {
					w.mustFail(loadRecordCall(w, w.ann), ErrUnavailable)
				}
				w.mustTake(0, 0, func() { w.mustFail(loadRecordCall(w, w.ann), ErrUnavailable) })
				if n := w.attempts(); n != 5 {
					t.Errorf("%d calls, want 5", n)
				}
				time.Sleep(10*time.Second + 1)
				w.mustFail(loadRecordCall(w, w.ann), ErrUnavailable)
				w.mustFail(loadRecordCall(w, w.ann), ErrUnavailable)
				if n := w.attempts(); n != 6 {
					t.Errorf("%d calls, want 6", n)
				}
				w.api.ClearFaults()
				time.Sleep(10*time.Second + 1)
				w.must(loadRecordCall(w, w.ann))
				w.must(loadRecordCall(w, w.ann))
			})
		})
	}
}

// TestBreakerTrialCancelled shows that another call is made if the context of the first one after
// the pause has ended.
func TestBreakerTrialCancelled(t *testing.T) {
	withAPI(t, Config{Options: httpcall.Options{Attempts: 1}}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "text", nil)
		w.api.Fail(standin.Fault{Cut: true, Times: 5})
		for range 5 {
			w.mustFail(loadRecordCall(w, w.ann), ErrUnavailable)
		}
		time.Sleep(10*time.Second + 1)
		w.api.Fail(standin.Fault{Delay: 5 * time.Second, Times: 1})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := w.LoadRecord(ctx, w.ann, "r"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		w.must(loadRecordCall(w, w.ann))
	})
}

// attempts returns the number of attempts that reached the network.
func (w *fixture) attempts() (n int) {
	var text strings.Builder
	w.WriteMetrics(&text)
	for line := range strings.Lines(text.String()) {
		if name, value, _ := strings.Cut(line, "} "); strings.Contains(name, "_calls_total{") {
			count, err := strconv.Atoi(strings.TrimSpace(value))
			w.must(err)
			n += count
		}
	}
	return n
}

// TestBreakerStaysClosed shows which failures do not count, as the API has answered.
func TestBreakerStaysClosed(t *testing.T) {
	for name, fault := range map[string]standin.Fault{
		"500": {Status: 500}, "401": {Status: 401}, "404": {Status: 404}, "400": {Status: 400}, "garbage": {Body: "x"},
	} {
		t.Run(name, func(t *testing.T) {
			withAPI(t, Config{Options: httpcall.Options{Attempts: 1, NegativeTTL: 1, NegativeMax: 1}}, standin.Options{},
				func(t *testing.T, w *fixture) {
					w.api.Put("r", "text", nil)
					fault.Route, fault.Times = standin.GetRecord, 20
					w.api.Fail(fault)
					for range 20 {
						if loadRecordCall(w, w.ann) == nil {
							t.Error("no failure")
						}
						time.Sleep(1)
					}
					w.must(loadRecordCall(w, w.ann))
				})
		})
	}
	t.Run("callers who give up", func(t *testing.T) {
		withAPI(t, Config{Options: httpcall.Options{Attempts: 1}}, standin.Options{}, func(t *testing.T, w *fixture) {
			w.api.Put("r", "text", nil)
			w.api.Fail(standin.Fault{Delay: 5 * time.Second, Times: 20})
			for range 20 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				_, err := w.LoadRecord(ctx, w.ann, "r")
				cancel()
				if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrUnavailable) {
					t.Fatalf("%v", err)
				}
			}
			w.must(loadRecordCall(w, w.ann))
		})
	})
}

// TestConcurrencyLimit shows that calls wait for each other: twelve of a second each, three at a
// time.
func TestConcurrencyLimit(t *testing.T) {
	withAPI(t, Config{Options: httpcall.Options{Concurrency: 3}}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "text", nil)
		w.api.Fail(standin.Fault{Delay: time.Second})
		w.mustTake(4*time.Second, 4*time.Second, func() {
			var group sync.WaitGroup
			for range 12 {
				group.Go(func() { w.mustLoad() })
			}
			group.Wait()
		})
	})
}

// TestRateLimitWhileQueued shows that a 429 also holds back calls that were waiting for a slot.
func TestRateLimitWhileQueued(t *testing.T) {
	withAPI(t, Config{Options: httpcall.Options{Concurrency: 1}}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Fail(standin.Fault{Delay: time.Second, Status: 429, RetryAfter: "600"})
		var group sync.WaitGroup
		for range 5 {
			group.Go(func() {
				if err := loadRecordCall(w, w.ann); !errors.Is(err, ErrRateLimited) {
					t.Errorf("%v", err)
				}
			})
		}
		group.Wait()
		w.mustCount("", 1)
	})
}

// TestQueuedCallCancelled shows that a call that waits for a slot ends with its context.
func TestQueuedCallCancelled(t *testing.T) {
	withAPI(t, Config{Options: httpcall.Options{Concurrency: 1}}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "text", nil)
		w.api.Fail(standin.Fault{Delay: 5 * time.Second})
		var group sync.WaitGroup
		group.Go(func() { w.mustLoad() })
		time.Sleep(time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		w.mustTake(time.Second, time.Second, func() {
			if _, err := w.LoadRecord(ctx, w.ann, "r"); !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
		})
		group.Wait()
		w.mustCount("", 1)
	})
}

// lateContext is a context as a process has it that was stopped beyond the deadline, and that goes
// on: the deadline has passed, and the timer has not fired yet.
type lateContext struct{ context.Context }

func (lateContext) Deadline() (time.Time, bool) { return time.Now(), true }

// TestCallBeyondDeadline shows that no call begins after the deadline of its context, even if that
// does not say yet that it has ended.
func TestCallBeyondDeadline(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "text", nil)
		if _, err := w.LoadRecord(lateContext{t.Context()}, w.ann, "r"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		w.mustCount("", 0)
	})
}

func TestNewRefusesConfig(t *testing.T) {
	for _, test := range []struct {
		name string
		cfg  Config
		base string
	}{
		{"host and port", Config{URL: "http://127.0.0.1:3000"}, "http://127.0.0.1:3000/api/v1"},
		{"slash", Config{URL: "https://town.example/"}, "https://town.example/api/v1"},
		{"folder", Config{URL: "https://town.example/civic/"}, "https://town.example/civic/api/v1"},
		{"nothing", Config{}, ""},
		{"no scheme", Config{URL: "127.0.0.1:3000"}, ""},
		{"no host", Config{URL: "http://"}, ""},
		{"another scheme", Config{URL: "ws://town.example"}, ""},
		{"a password", Config{URL: "http://ann:hush@town.example"}, ""},
		{"a query", Config{URL: "http://town.example?token=hush"}, ""},
		{"bad secret", Config{URL: "http://town.example", Secret: "hush"}, ""},
		{"negative", Config{URL: "http://town.example", Options: httpcall.Options{Concurrency: -1}}, ""},
		{"bad token", Config{URL: "http://town.example", Token: "hush hush"}, ""},
	} {
		c, err := New(test.cfg)
		switch {
		case test.base == "" && (!errors.Is(err, ErrConfig) || strings.Contains(err.Error(), "hush")):
			t.Errorf("%s: %v", test.name, err)
		case test.base != "" && (err != nil || c.base != test.base):
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
