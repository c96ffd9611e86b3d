package console

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// limits are those of most tests.
var limits = Limits{Lifetime: 12 * time.Hour, Idle: time.Hour, Most: 3}

// ended collects the reasons for the ends of sessions.
type ended struct {
	mu  sync.Mutex
	all []string
}

func (e *ended) add(why End) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, Ends[why])
}

// must checks all reasons until now.
func (e *ended) must(t *testing.T, want string) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if got := strings.Join(e.all, " "); got != want {
		t.Errorf("sessions have ended: %q, want %q", got, want)
	}
}

// isThere reports whether there is a session, without a request that lasts.
func isThere(s *Sessions, id string) bool {
	found := s.Enter([]string{id})
	if found != nil {
		found.Leave()
	}
	return found != nil
}

// TestIdentifiers shows that identifiers are long and all different, that the sessions do not have
// them, and that others stand for no session.
func TestIdentifiers(t *testing.T) {
	s := NewSessions(Limits{Lifetime: time.Hour, Idle: time.Hour, Most: 1000}, func(End) {})
	seen := map[string]bool{}
	for range 1000 {
		id, begun := s.Begin("ann")
		if len(id) != 43 || seen[id] || begun.Name != "ann" {
			t.Fatalf("%q", id)
		}
		seen[id] = true
	}
	for id := range seen {
		if !isThere(s, id) || s.all[hashed([]byte(id)[:32])] != nil {
			t.Fatalf("%s", id)
		}
		for _, wrong := range []string{"", id[1:], id + "A", strings.ToUpper(id), id[:42] + "."} {
			if isThere(s, wrong) {
				t.Errorf("%q stands for the session of %q", wrong, id)
			}
		}
		break
	}
}

// TestLifetime shows that a session ends when its time is over however much it is used, also in the
// middle of a request, and that nothing waits for that while there is none.
func TestLifetime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ends ended
		s := NewSessions(limits, ends.add)
		id, begun := s.Begin("ann")
		for range 23 {
			time.Sleep(30 * time.Minute)
			if !isThere(s, id) {
				t.Fatal("it has ended")
			}
		}
		if begun.timer != nil {
			t.Error("an idle session has a timer")
		}
		streaming := s.Enter([]string{id})
		time.Sleep(30*time.Minute - time.Nanosecond)
		if synctest.Wait(); streaming.Context().Err() != nil {
			t.Error("it has ended too early")
		}
		<-streaming.Context().Done()
		streaming.Leave()
		ends.must(t, "expired")
		if isThere(s, id) || s.Len() > 0 {
			t.Error("it is there")
		}
	})
}

// TestIdle shows that a session ends when it was not used for long enough, that a request in
// progress is use, and that the time begins with its end.
func TestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ends ended
		s := NewSessions(limits, ends.add)
		first, _ := s.Begin("ann")
		second, _ := s.Begin("bob")
		streaming := s.Enter([]string{second})
		time.Sleep(time.Hour)
		if isThere(s, first) || !isThere(s, second) {
			t.Error("the wrong one has ended")
		}
		time.Sleep(time.Hour)
		streaming.Enter() // a connection that lasts longer than its request
		streaming.Leave()
		time.Sleep(time.Hour)
		streaming.Leave()
		time.Sleep(time.Hour - 1)
		if s.Len() != 1 {
			t.Error("it has ended too early")
		}
		time.Sleep(1)
		if s.Len() != 0 {
			t.Error("it has not ended")
		}
		ends.must(t, "idle idle")
	})
}

// TestMost shows that the oldest session ends for a new one, not those whose time is over and that
// have not been removed yet, and that lower limits count at once.
func TestMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ends ended
		s := NewSessions(limits, ends.add)
		var ids []string
		begin := func() {
			id, _ := s.Begin("ann")
			ids = append(ids, id)
			time.Sleep(time.Minute)
		}
		for range 4 {
			begin()
		}
		ends.must(t, "replaced")
		if isThere(s, ids[0]) || !isThere(s, ids[1]) {
			t.Error("it is not the oldest that has ended")
		}
		s.Reconfigure(Limits{Lifetime: time.Hour, Idle: time.Hour, Most: 2})
		ends.must(t, "replaced replaced")
		if isThere(s, ids[1]) || !isThere(s, ids[2]) {
			t.Error("it is not the oldest that has ended")
		}
		time.Sleep(time.Hour)
		begin()
		ends.must(t, "replaced replaced expired expired")
	})
}

// TestReconfigureWhileOpen shows that another lifetime counts for requests in progress.
func TestReconfigureWhileOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSessions(limits, func(End) {})
		id, _ := s.Begin("ann")
		began := time.Now()
		open := s.Enter([]string{id})
		defer open.Leave()
		s.Reconfigure(Limits{Lifetime: 2 * time.Hour, Idle: time.Hour, Most: 3})
		<-open.Context().Done()
		if lasted := time.Since(began); lasted != 2*time.Hour || open.Expires() != began.Add(lasted) {
			t.Error(lasted)
		}
	})
}

// TestEnds shows that sessions end when they are told to, once each, and that of several
// identifiers the first that stands for one counts.
func TestEnds(t *testing.T) {
	var ends ended
	s := NewSessions(limits, ends.add)
	first, one := s.Begin("ann")
	second, two := s.Begin("bob")
	found := s.Enter([]string{"x", second, first})
	if found != two {
		t.Error("it is not the first")
	}
	s.EndOf([]string{"x", first})
	s.EndOf([]string{first})
	if one.Context().Err() == nil || two.Context().Err() != nil {
		t.Error("the wrong one has ended")
	}
	s.EndAll()
	s.EndAll()
	<-two.Context().Done()
	found.Leave()
	ends.must(t, "signed_out revoked")
}
