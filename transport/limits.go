package transport

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/engine"
)

// limits counts connections in all, by address and by user, and how often an
// address knocks. The zero netip.Addr is no address, and is not counted.
type limits struct {
	cfg                   *Config
	knocking, native, yjs rate
	now                   func() time.Duration       // since the server started; tests set it
	pause                 func(*conn, time.Duration) // tests set it

	overIP, overUser, overAll *metrics.Counter
	knocks, strangers         *metrics.Counter
	evicted                   *metrics.Counter
	warned, throttled         *metrics.Counter

	mu      sync.Mutex // guards everything below
	all     int
	perIP   map[netip.Addr]int
	perUser map[string]int
	doors   map[netip.Addr]bucket // of those who have knocked lately
}

func newLimits(cfg *Config, set *metrics.Set, started time.Time) *limits {
	refused := func(limit string) *metrics.Counter {
		return set.NewCounter(`realtime_connections_refused_total{limit="` + limit + `"}`)
	}
	return &limits{
		cfg:      cfg,
		knocking: newRate(cfg.HandshakesPerIP, cfg.HandshakeBurst),
		native:   newRate(cfg.MessagesPerSecond, cfg.MessageBurst),
		yjs:      newRate(cfg.YWebsocketMessagesPerSecond, cfg.YWebsocketBurst),
		now:      func() time.Duration { return time.Since(started) },
		pause:    (*conn).pauseFor,

		overIP: refused("ip"), overUser: refused("user"), overAll: refused("server"),
		knocks:    set.NewCounter("realtime_handshakes_refused_total"),
		evicted:   set.NewCounter("realtime_handshakes_evicted_total"),
		strangers: set.NewCounter("realtime_origins_refused_total"),
		warned:    set.NewCounter("realtime_rate_warnings_total"),
		throttled: set.NewCounter("realtime_throttled_total"),

		perIP:   map[netip.Addr]int{},
		perUser: map[string]int{},
		doors:   map[netip.Addr]bucket{},
	}
}

// place is what a connection occupies from its accept to its end. The zero value is nothing.
type place struct {
	ip   netip.Addr // zero: not counted by address
	user string     // empty: not counted by user
	held bool
}

var (
	errOverIP   = tooMany("from this address")
	errOverUser = tooMany("of this user")
	errOverAll  = tooMany("to this server")
)

func tooMany(which string) *engine.CloseError {
	return &engine.CloseError{Code: engine.CloseTooMany, Reason: "too many connections " + which}
}

// take returns a place for a client at ip, or an error when there is none.
func (l *limits) take(ip netip.Addr) (place, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all >= l.cfg.Connections {
		l.overAll.Inc()
		return place{}, errOverAll
	}
	if ip.IsValid() && l.perIP[ip] >= l.cfg.ConnectionsPerIP {
		l.overIP.Inc()
		return place{}, errOverIP
	}
	l.all++
	if ip.IsValid() {
		l.perIP[ip]++
	}
	return place{ip: ip, held: true}, nil
}

// name counts the connection in p as one of a user's.
func (l *limits) name(p *place, user string) error {
	if user == "" || l.cfg.Unlimited {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.perUser[user] >= l.cfg.ConnectionsPerUser {
		l.overUser.Inc()
		return errOverUser
	}
	l.perUser[user]++
	p.user = user
	return nil
}

// leave gives a place back.
func (l *limits) leave(p place) {
	if !p.held {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if p.ip.IsValid() {
		drop(l.perIP, p.ip)
	}
	if p.user != "" {
		drop(l.perUser, p.user)
	}
}

func drop[K comparable](counts map[K]int, key K) {
	if counts[key]--; counts[key] == 0 {
		delete(counts, key)
	}
}

// enter has the connection take its place, or says why it has none. The place is given back when it ends.
func (c *conn) enter(r *http.Request, ip netip.Addr) (err error) {
	if err := c.server.checkOrigin(r.Header); err != nil {
		return err
	}
	c.place, err = c.server.limits.take(ip)
	return err
}
