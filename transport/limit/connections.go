package limit

import (
	"maps"
	"net/netip"
	"sync"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/engine"
)

// ConnectionsConfig has the limits on the number of connections.
type ConnectionsConfig struct {
	Total     int  // in all
	PerIP     int  // of one address
	PerUser   int  // of one user
	Unlimited bool // lifts PerUser
}

// Elsewhere has the numbers of connections to other servers, which count for the limits by address
// and by user. Its methods return at once, and take no lock.
type Elsewhere interface {
	ByAddress(netip.Addr) int
	ByUser(string) int
}

// Connections counts the connections of a server in all, by address and by user.
type Connections struct {
	overIP, overUser, overAll *metrics.Counter

	elsewhere Elsewhere // nil: there are no other servers

	mu      sync.Mutex // a leaf; guards everything below
	cfg     ConnectionsConfig
	all     int
	perIP   map[netip.Addr]int
	perUser map[string]int
}

// NewConnections returns a counter without connections.
func NewConnections(cfg ConnectionsConfig, set *metrics.Set) *Connections {
	refused := func(limit string) *metrics.Counter {
		return set.NewCounter(`realtime_connections_refused_total{limit="` + limit + `"}`)
	}
	return &Connections{
		cfg:    cfg,
		overIP: refused("ip"), overUser: refused("user"), overAll: refused("server"),
		perIP:   map[netip.Addr]int{},
		perUser: map[string]int{},
	}
}

// SetLimits replaces the limits, for connections that are counted from now on.
func (c *Connections) SetLimits(cfg ConnectionsConfig) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cfg = cfg
}

// SetElsewhere has connections to other servers count. It is called before the first Take.
func (c *Connections) SetElsewhere(e Elsewhere) { c.elsewhere = e }

// ofAddress returns the number of connections of an address; mu is held.
func (c *Connections) ofAddress(ip netip.Addr) int {
	n := c.perIP[ip]
	if c.elsewhere != nil {
		n += c.elsewhere.ByAddress(ip)
	}
	return n
}

// ofUser returns the number of connections of a user; mu is held.
func (c *Connections) ofUser(user string) int {
	n := c.perUser[user]
	if c.elsewhere != nil {
		n += c.elsewhere.ByUser(user)
	}
	return n
}

// Counts returns the numbers of connections to this server by address and by user, and changes
// nothing of them later.
func (c *Connections) Counts() (byAddress map[netip.Addr]int, byUser map[string]int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.perIP), maps.Clone(c.perUser)
}

// Slot is a counted connection. The zero value is none.
type Slot struct {
	ip   netip.Addr // zero: not counted by address
	user string     // empty: not counted by user
	held bool
}

// User returns the user that the slot is counted for, or "".
func (s *Slot) User() string { return s.user }

var (
	errOverIP   = tooMany("from this address")
	errOverUser = tooMany("of this user")
	errOverAll  = tooMany("to this server")
)

func tooMany(which string) *engine.CloseError {
	return &engine.CloseError{Code: engine.CloseTooMany, Reason: "too many connections " + which}
}

// Exceeded reports whether n connections, including those that are being closed, are so many that a
// further client is refused without a reason. It counts the refusal.
func (c *Connections) Exceeded(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n < c.cfg.Total {
		return false
	}
	c.overAll.Inc()
	return true
}

// Take counts a connection of a client at ip until Release. If ip is zero, it is not counted by
// address.
func (c *Connections) Take(ip netip.Addr) (Slot, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= c.cfg.Total {
		c.overAll.Inc()
		return Slot{}, errOverAll
	}
	if ip.IsValid() && c.ofAddress(ip) >= c.cfg.PerIP {
		c.overIP.Inc()
		return Slot{}, errOverIP
	}
	c.all++
	if ip.IsValid() {
		c.perIP[ip]++
	}
	return Slot{ip: ip, held: true}, nil
}

// SetUser counts the connection of s for a user, too. Further calls for the same user change
// nothing, and an empty user is not counted.
func (c *Connections) SetUser(s *Slot, user string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if user == "" || user == s.user || c.cfg.Unlimited {
		return nil
	}
	if c.ofUser(user) >= c.cfg.PerUser {
		c.overUser.Inc()
		return errOverUser
	}
	c.perUser[user]++
	c.leaveUser(s)
	s.user = user
	return nil
}

// Release ends the count of s, which must not be used any more.
func (c *Connections) Release(s Slot) {
	if !s.held {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if s.ip.IsValid() {
		decrement(c.perIP, s.ip)
	}
	c.leaveUser(&s)
}

// leaveUser stops counting s for its user; mu is held.
func (c *Connections) leaveUser(s *Slot) {
	if s.user != "" {
		decrement(c.perUser, s.user)
	}
}

func decrement[K comparable](counts map[K]int, key K) {
	if counts[key]--; counts[key] == 0 {
		delete(counts, key)
	}
}

// Len returns the numbers of connections, addresses and users that are counted.
func (c *Connections) Len() (connections, addresses, users int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all, len(c.perIP), len(c.perUser)
}
