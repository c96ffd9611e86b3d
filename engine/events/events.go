// Package events distributes what happens in a server to those who watch: the event stream of the
// admin API, and the audit trail. Engine and transport publish; nobody waits for a subscriber.
//
//	watch := hub.Subscribe(256)
//	defer watch.Close()
//	for e := range watch.C {
//		...
//	}
//
// An event has names, ids, addresses and reasons, and never a token or a document's text.
//
// Files, in layers; each uses only what is listed before it:
//
//	kind.go    the kinds of events
//	events.go  Event, Hub, Subscription
package events

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Event is something that happened. Fields that do not apply to its Kind are zero.
type Event struct {
	Time       time.Time // set by Publish if it is zero
	Kind       Kind
	Room       string    // name of the room
	User       string    // id of the user that it happened to
	Client     string    // address of the client
	Connection uint64    // number of the connection: transport.ConnectionInfo.ID
	Code       int       // of the close frame, or the HTTP status
	Subject    string    // the limit, also of Refused if that is why; Failed: what failed
	Reason     string    // text for people
	By         string    // the administrator that caused it; empty: none, or not known
	Until      time.Time // Banned: the end
	Version    uint64    // Restored, VersionCreated: the id of the version
	Count      int       // Kicked, Noticed: how many peers it was for
}

// Hub passes events to its subscribers. The zero value is ready, and a nil *Hub drops all events.
type Hub struct {
	subscribers atomic.Pointer[[]*Subscription] // nil while there is none; the slice is immutable

	mu sync.Mutex // held while subscribers is replaced
}

// Active reports whether there is a subscriber. A caller that has to allocate to make an event asks
// before.
func (h *Hub) Active() bool { return h != nil && h.subscribers.Load() != nil }

// Publish passes e to all subscribers. It returns at once: a subscriber whose buffer is full loses
// the event. Without subscribers it costs one atomic load.
func (h *Hub) Publish(e Event) {
	if h == nil {
		return
	}
	to := h.subscribers.Load()
	if to == nil {
		return
	}
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	for _, s := range *to {
		s.offer(e)
	}
}

// Subscribe returns a subscription for all events from now on, of which up to buffer may wait to be
// received. The caller must close it. h must not be nil.
func (h *Hub) Subscribe(buffer int) *Subscription {
	c := make(chan Event, max(1, buffer))
	s := &Subscription{C: c, events: c, hub: h}
	h.mu.Lock()
	defer h.mu.Unlock()
	all := []*Subscription{s}
	if others := h.subscribers.Load(); others != nil {
		all = append(all, *others...)
	}
	h.subscribers.Store(&all)
	return s
}

// remove ends the distribution to s.
func (h *Hub) remove(s *Subscription) {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := h.subscribers.Load()
	if all == nil {
		return
	}
	others := slices.DeleteFunc(slices.Clone(*all), func(o *Subscription) bool { return o == s })
	if len(others) == 0 {
		h.subscribers.Store(nil)
		return
	}
	h.subscribers.Store(&others)
}

// Subscription receives events. Its methods are safe for concurrent use.
type Subscription struct {
	// C has the events, in the order in which they were published if that was one after the
	// other. It is closed by Close; events that it has then can still be received.
	C <-chan Event

	hub     *Hub
	dropped atomic.Uint64

	mu     sync.Mutex // guards everything below; never held while waiting
	events chan Event
	closed bool
}

// Dropped returns how many events were lost because the buffer was full.
func (s *Subscription) Dropped() uint64 { return s.dropped.Load() }

// Close ends the subscription. It may be called twice.
func (s *Subscription) Close() {
	s.hub.remove(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.events)
	}
}

// offer adds e to the buffer, if there is room.
func (s *Subscription) offer(e Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	select {
	case s.events <- e:
	default:
		s.dropped.Add(1)
	}
}
