package audit

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/civicpress/civic-realtime/engine/events"
)

// examples has an event of each kind, with the fields that it has.
func examples() map[events.Kind]events.Event {
	until := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	client := events.Event{Room: "record:a", User: "u1", Client: "192.0.2.1", Connection: 7, Code: 4401, Reason: "token expired"}
	closed := client
	closed.By = "admin"
	all := map[events.Kind]events.Event{
		events.Refused:       client,
		events.SessionEnded:  client,
		events.Closed:        client,
		events.Disconnected:  closed,
		events.AccessChanged: {Room: "record:a", User: "u1", Connection: 7, Reason: "edit → view"},
		events.Kicked:        {Room: "record:a", User: "u2", By: "user:u1", Count: 2, Reason: "removed", Until: until},
		events.Banned:        {User: "u2", By: "admin", Until: until, Reason: "spam"},
		events.Unbanned:      {User: "u2", By: "admin"},
		events.Locked:        {Room: "record:a", By: "admin", Reason: "vote"},
		events.Unlocked:      {Room: "record:a", By: "admin"},
		events.Noticed:       {Room: "record:a", By: "admin", Count: 7},
		events.Restored:      {Room: "record:a", By: "admin", Version: 3},
		events.Deleted:       {Room: "notes", By: "admin"},
		events.Undeleted:     {Room: "notes", By: "admin"},
		events.Denied:        {Room: "record:a", User: "u1", Connection: 7, Subject: "lock", Reason: "no"},
		events.Suspicious:    {Room: "record:a", User: "u1", Client: "192.0.2.1", Subject: "failed_sign_ins", Count: 60},
	}
	for kind, e := range all {
		e.Kind = kind
		all[kind] = e
	}
	return all
}

// TestOf shows the line of each kind of event, and that a kind without one is one that nobody asks
// for later.
func TestOf(t *testing.T) {
	const client = `"address":"192.0.2.1","room":"record:a","user":"u1","code":4401,"reason":"token expired"`
	lines := map[events.Kind]string{ // in JSON, without the time
		events.Refused:       `"kind":"sign_in_refused",` + client,
		events.SessionEnded:  `"kind":"session_ended",` + client,
		events.Disconnected:  `"kind":"disconnect","by":"admin",` + client,
		events.AccessChanged: `"kind":"access_changed","room":"record:a","user":"u1","reason":"edit → view"`,
		events.Kicked: `"kind":"kick","by":"user:u1","room":"record:a","user":"u2","reason":"removed",` +
			`"until":"2026-01-02T03:04:05Z","connections":2`,
		events.Banned:     `"kind":"ban","by":"admin","user":"u2","reason":"spam","until":"2026-01-02T03:04:05Z"`,
		events.Unbanned:   `"kind":"unban","by":"admin","user":"u2"`,
		events.Locked:     `"kind":"lock","by":"admin","room":"record:a","reason":"vote"`,
		events.Unlocked:   `"kind":"unlock","by":"admin","room":"record:a"`,
		events.Noticed:    `"kind":"notice","by":"admin","room":"record:a","connections":7`,
		events.Restored:   `"kind":"restore","by":"admin","room":"record:a","version":"3"`,
		events.Deleted:    `"kind":"delete","by":"admin","room":"notes"`,
		events.Undeleted:  `"kind":"undelete","by":"admin","room":"notes"`,
		events.Denied:     `"kind":"denied","by":"user:u1","room":"record:a","reason":"lock: no"`,
		events.Suspicious: `"kind":"suspicious","address":"192.0.2.1","room":"record:a","user":"u1","pattern":"failed_sign_ins"`,
	}
	const others = "joined left closed limited failed evicted saved draining version_created"
	for kind := events.Kind(1); kind.String() != "unknown"; kind++ {
		l, ok := Of(examples()[kind])
		got := strings.TrimPrefix(strings.TrimSpace(string(l.encode())), `{"time":"0001-01-01T00:00:00Z",`)
		switch want := lines[kind]; {
		case want == "" && !ok && strings.Contains(others, kind.String()):
		case !ok || got != want+"}":
			t.Errorf("%v: %v %s, want %s", kind, ok, got, want)
		}
	}
	if _, ok := Of(events.Event{Kind: events.Refused, Code: goingAway}); ok {
		t.Error("a client that left is written")
	}
}

// TestFollow shows that events are written with their own time until the subscription ends, and
// that those which it loses count as lost.
func TestFollow(t *testing.T) {
	inWorld(t, func(w *world) {
		hub := new(events.Hub)
		stop := w.Follow(hub.Subscribe(4))
		before := time.Now()
		hub.Publish(events.Event{Kind: events.Locked, Room: "record:a"})
		hub.Publish(events.Event{Kind: events.Joined, Room: "record:a"})
		time.Sleep(time.Hour)
		w.wantKinds(w.file, "start", "lock")
		if l := read(w.t, w.file)[1]; !l.Time.Equal(before) {
			w.t.Errorf("%v, want %v", l.Time, before)
		}
		stop()
		if hub.Active() {
			w.t.Error("the subscription is left")
		}
		slow := hub.Subscribe(1)
		for range 5 {
			hub.Publish(events.Event{Kind: events.Unlocked, Room: "record:a"})
		}
		stop = w.Follow(slow)
		stop()
		w.wantKinds(w.file, "start", "lock", "unlock", "lost 4")
	})
}

// TestConcurrentAdds shows that lines of several goroutines are whole.
func TestConcurrentAdds(t *testing.T) {
	inWorld(t, func(w *world) {
		const each = 50
		for n := range 10 {
			go func() {
				for i := range each {
					w.Add(Line{Kind: Lock, By: fmt.Sprint(n), Room: strings.Repeat("x", 10*i)})
				}
			}()
		}
		synctest.Wait()
		w.Reopen()
		synctest.Wait()
		if lines := read(w.t, w.file); len(lines) != 1+10*each {
			w.t.Errorf("%d lines in %s", len(lines), filepath.Base(w.file))
		}
	})
}
