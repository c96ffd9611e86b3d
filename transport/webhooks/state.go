package webhooks

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/engine/events"
)

// Webhooks sends events to endpoints. Its methods are safe for concurrent use.
type Webhooks struct {
	c      Config // without Settings
	log    *slog.Logger
	counts *counts

	opening sync.Mutex // held while the outbox is opened, and while settings are replaced

	wakeIntake, wakeSender chan struct{} // of capacity 1

	running context.Context // until Close gives up
	cancel  context.CancelFunc
	ended   sync.WaitGroup // all goroutines
	stop    chan struct{}  // closed by Close: the sender begins no more attempts

	mu      sync.Mutex // guards the rest
	set     Settings
	box     Outbox // nil until there were endpoints
	closed  bool
	follows *events.Subscription // nil until box is open

	// The events that are in no outbox yet, the oldest first. taken are the first of them, which
	// are being added.
	waiting []*event
	taken   int
	changes map[string]*event // by room: those of kind Changed among waiting, but not among taken

	held    bool   // this process sends
	last    uint64 // the newest entry that was read from the outbox
	queues  map[string]*queue
	flying  int // attempts that run
	parked  map[string]int
	off     map[string]*disabled // endpoints that nothing is sent to
	scanned bool                 // changes were looked for that nobody has announced
}

// New returns webhooks that are to be started.
func New(c Config, log *slog.Logger) *Webhooks {
	h := &Webhooks{
		c: c, log: log, set: c.Settings.withDefaults(), stop: make(chan struct{}),
		wakeIntake: make(chan struct{}, 1), wakeSender: make(chan struct{}, 1),
		changes: map[string]*event{},
	}
	h.c.Settings = Settings{}
	h.reset()
	h.counts = newCounts(h)
	h.running, h.cancel = context.WithCancel(context.Background())
	return h
}

// loadPortion is how many messages are read at a time.
const loadPortion = 500

// reset forgets all messages, of which the outbox has a copy; mu is held.
func (h *Webhooks) reset() {
	h.last, h.queues = 0, map[string]*queue{}
	h.parked, h.off = map[string]int{}, map[string]*disabled{}
}

// pause waits for d, and reports whether ctx is not done then.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// wake makes the goroutine that waits on c look again.
func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// endpoint returns an endpoint of the settings, nil if there is none; mu is held.
func (h *Webhooks) endpoint(name string) *Endpoint {
	for i := range h.set.Endpoints {
		if h.set.Endpoints[i].Name == name {
			return &h.set.Endpoints[i]
		}
	}
	return nil
}

// wanted reports whether an endpoint wants events of such a kind about a room; mu is held.
func (h *Webhooks) wanted(room string, kinds ...string) bool {
	for i := range h.set.Endpoints {
		for _, kind := range kinds {
			if h.set.Endpoints[i].wants(kind, room) {
				return true
			}
		}
	}
	return false
}

// Settings returns the settings in effect.
func (h *Webhooks) Settings() Settings {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.set
}
