package events

import (
	"sync"
	"testing"
	"time"
)

// TestSubscribers shows that each subscriber receives each event since it subscribed, in order, and
// none after it was closed; and that Publish sets the time of an event that has none.
func TestSubscribers(t *testing.T) {
	h := new(Hub)
	h.Publish(Event{Room: "nobody listens"})
	a := h.Subscribe(10)
	h.Publish(Event{Room: "1"})
	b := h.Subscribe(10)
	at := time.Unix(5, 0)
	h.Publish(Event{Room: "2", Time: at})
	a.Close()
	h.Publish(Event{Room: "3"})
	b.Close()
	h.Publish(Event{Room: "4"})
	for name, want := range map[string]struct {
		*Subscription
		rooms string
	}{"a": {a, "12"}, "b": {b, "23"}} {
		rooms := ""
		for e := range want.C {
			rooms += e.Room
			if e.Time.IsZero() || (e.Room == "2") != e.Time.Equal(at) {
				t.Errorf("event %s has the time %v", e.Room, e.Time)
			}
		}
		if rooms != want.rooms || want.Dropped() != 0 {
			t.Errorf("%s has received %q, want %q; %d dropped", name, rooms, want.rooms, want.Dropped())
		}
	}
}

// TestActive shows that a hub is active while it has a subscriber, and that a nil hub never is.
func TestActive(t *testing.T) {
	var none *Hub
	none.Publish(Event{})
	h := new(Hub)
	if none.Active() || h.Active() {
		t.Error("active without a subscriber")
	}
	a, b := h.Subscribe(0), h.Subscribe(0)
	a.Close()
	a.Close()
	if !h.Active() {
		t.Error("not active with one left")
	}
	if b.Close(); h.Active() {
		t.Error("active after the last has left")
	}
}

// TestSlowSubscriber shows that a subscriber that receives nothing loses events, which are counted,
// and that neither Publish nor another subscriber waits for it.
func TestSlowSubscriber(t *testing.T) {
	h := new(Hub)
	slow, quick := h.Subscribe(2), h.Subscribe(100)
	for range 10 {
		h.Publish(Event{})
	}
	if slow.Dropped() != 8 || len(slow.C) != 2 || quick.Dropped() != 0 || len(quick.C) != 10 {
		t.Errorf("slow: %d dropped, %d wait; quick: %d, %d",
			slow.Dropped(), len(slow.C), quick.Dropped(), len(quick.C))
	}
}

// TestCloseWhilePublishing shows that subscriptions may begin and end while events are published:
// nothing is sent on a closed channel.
func TestCloseWhilePublishing(t *testing.T) {
	h, stop := new(Hub), make(chan struct{})
	var publishing, subscribing sync.WaitGroup
	for range 2 {
		publishing.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					h.Publish(Event{})
				}
			}
		})
	}
	for range 4 {
		subscribing.Go(func() {
			for range 50 {
				s := h.Subscribe(1)
				<-s.C
				s.Close()
				for range s.C {
				}
			}
		})
	}
	subscribing.Wait()
	close(stop)
	publishing.Wait()
	if h.Active() {
		t.Error("a subscription is left")
	}
}

// TestPublishCostsNothing shows that without subscribers an event is published without an
// allocation, and that with one, too.
func TestPublishCostsNothing(t *testing.T) {
	h := new(Hub)
	publish := func() { h.Publish(Event{Kind: Joined, Room: "r", User: "u", Connection: 7}) }
	if n := testing.AllocsPerRun(100, publish); n != 0 {
		t.Errorf("%v allocations", n)
	}
	defer h.Subscribe(1).Close()
	if n := testing.AllocsPerRun(100, publish); n != 0 {
		t.Errorf("%v allocations with a subscriber", n)
	}
}

// BenchmarkPublishToNobody measures what an event costs while nobody listens.
func BenchmarkPublishToNobody(b *testing.B) {
	h := new(Hub)
	for b.Loop() {
		h.Publish(Event{Kind: Joined, Room: "r", User: "u", Connection: 7})
	}
}

// TestKindNames shows that every kind has a name of its own.
func TestKindNames(t *testing.T) {
	known := map[string]Kind{Kind(0).String(): 0}
	for k := Kind(1); k < kinds; k++ {
		name := k.String()
		if other, taken := known[name]; taken || name == "" {
			t.Errorf("kind %d is named %q, as is %d", k, name, other)
		}
		known[name] = k
	}
	if Kind(kinds).String() != "unknown" {
		t.Errorf("a kind that is none is named %q", Kind(kinds).String())
	}
}
