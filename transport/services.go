package transport

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/handon"
	"github.com/civicpress/civic-realtime/transport/hold"
	"github.com/civicpress/civic-realtime/transport/limit"
	"github.com/civicpress/civic-realtime/transport/netpoll"
	"github.com/civicpress/civic-realtime/transport/suspicious"
)

// services are shared by all connections of a server. The fields are set before the first
// connection; each is safe for concurrent use.
type services struct {
	conf     atomic.Pointer[settings] // replaced as a whole by Reconfigure; never nil
	engine   rooms
	input    documentReceiver // of connections with several documents
	auth     auth.Authenticator
	log      *slog.Logger
	samples  *limit.LogSampler
	counters *counters
	pollers  *netpoll.Pollers

	connLimits    *limit.Connections
	handshakeRate *limit.HandshakeRate
	rateClock     func() time.Duration       // of the rates of messages; tests set it
	pause         func(*conn, time.Duration) // conn.pauseFor; tests set it
	budget        *limit.Budget
	longMessages  *limit.LongMessages
	repeats       *limit.Repeats
	suspicious    *suspicious.Detector

	conns  registry
	relays relays
	dialer handon.Dialer // of connections that are handed on
	holds  *hold.Rooms

	fromNodes sync.Map      // origin of the connections that other nodes have handed on, by *conn
	lastConn  atomic.Uint64 // conn.id

	shuttingDown  atomic.Bool  // sessions that end now do not begin again
	documentCount atomic.Int64 // documents of connections with several

	started time.Time
	clock   atomic.Int64 // time since started at the last sweep, in ns; it is cheap to read
}

// origin is where a connection comes from that another node has handed on.
type origin struct {
	node string // its name
	room string // the only one that the client may join
}

// origin returns where a connection comes from; the zero value if no node has handed it on.
func (c *conn) origin() origin {
	if !c.handedOn {
		return origin{}
	}
	from, _ := c.server.fromNodes.Load(c)
	known, _ := from.(origin)
	return known
}

// settings are a configuration, and the values that are made of it for each connection or message.
type settings struct {
	Config
	addresses           limit.Addresses
	nativeRate, yjsRate limit.Rate // of messages of a connection, by protocol
}

func newSettings(cfg Config) *settings {
	return &settings{
		Config:     cfg,
		addresses:  limit.Addresses{TrustedProxies: cfg.TrustedProxies, Unlimited: cfg.Unlimited},
		nativeRate: limit.NewRate(cfg.MessagesPerSecond, cfg.MessageBurst),
		yjsRate:    limit.NewRate(cfg.YWebsocketMessagesPerSecond, cfg.YWebsocketBurst),
	}
}

// cfg returns the configuration as of now, which must not be changed.
func (s *services) cfg() *Config { return &s.conf.Load().Config }

// connectionLimits returns the limits on the number of connections.
func (c *Config) connectionLimits() limit.ConnectionsConfig {
	return limit.ConnectionsConfig{
		Total: c.Connections, PerIP: c.ConnectionsPerIP, PerUser: c.ConnectionsPerUser,
		Unlimited: c.Unlimited,
	}
}

// setLimits makes the limits of the configuration, and the sampler that logs them.
func (s *services) setLimits() {
	cfg, set := s.cfg(), s.counters.set
	s.connLimits = limit.NewConnections(cfg.connectionLimits(), set)
	s.connLimits.SetElsewhere(cfg.Elsewhere)
	s.handshakeRate = limit.NewHandshakeRate(
		cfg.HandshakesPerIP, cfg.HandshakeBurst, set, s.started)
	s.rateClock = func() time.Duration { return time.Since(s.started) }
	longest := cfg.FrameBytes
	if cfg.Compression {
		longest *= 2 // a message is held in both forms while it is inflated
	}
	s.budget = limit.NewBudget(cfg.UnfinishedBytes, longest, set)
	s.longMessages = limit.NewLongMessages(set)
	s.repeats = limit.NewRepeats(cfg.HeldRefusals, set, s.started)
	s.suspicious = suspicious.New(cfg.Suspicious, s.started)
	s.samples = limit.NewLogSampler(s.log, s.started)
}

// rate returns the rate of messages in a protocol.
func (s *services) rate(p protocol.Protocol) limit.Rate {
	if p.Native() {
		return s.conf.Load().nativeRate
	}
	return s.conf.Load().yjsRate
}

// closeCode returns the WebSocket close code of an error.
func (s *services) closeCode(why *engine.CloseError) int {
	return s.cfg().CloseCodes.code(why.Code)
}

// now returns the time of the last sweep, since the start.
func (s *services) now() time.Duration { return time.Duration(s.clock.Load()) }

// connections returns how many connections there are, without those that were refused and whose
// close is held back, and those that wait for the owner of their room.
func (s *services) connections() int {
	return s.conns.size() - s.repeats.Refusals() - s.holds.Len()
}

// Server is an http.Handler that serves WebSockets and the endpoints for operators. Use New.
type Server struct {
	services
	rechecks *rechecks
	drain    drain
	programs inProgress
	listener atomic.Pointer[limit.Listener] // nil until Serve
	served   chan struct{}                  // closed when Serve ends
	tidied   atomic.Uint64                  // connections accepted when memory was last given back
}

// drain is the state of a server's shutdown. Its steps are:
//
//	begin     Ready fails; clients still join for Config.DrainWait
//	closing   handshakes are answered 503; connections are closed over Config.DrainSpread; with
//	          Config.SocketKept nothing is accepted any more
//	          the listener is closed, the engine drains, all other connections are closed
//
// A hand-over has neither the wait nor the spread.
type drain struct {
	once    sync.Once
	begun   chan struct{} // closed when the shutdown is to begin
	closing atomic.Bool   // connections are being closed
	ends    atomic.Int64  // Unix time in ms at which the shutdown gives up; 0: it has not begun
	drained func(error)   // nil if it is no hand-over; set before begun is closed
}

// sweepSlots is how many times in a ping interval the sweep runs. Connections are spread over as
// many slots, and each run sends pings to the connections of one.
const sweepSlots = 30

// registry has all connections.
type registry struct {
	mu    sync.Mutex // guards everything below
	slots [sweepSlots]map[*conn]struct{}
	next  int // slot of the next connection
	count int
	empty chan struct{} // closed when count is zero; nil until whenEmpty
	ended chan struct{} // closed when count is zero; nil until end
}

// reserve counts a connection before its handshake is answered, so that a shutdown waits for it. It
// returns false when the server is shutting down. release or add must follow.
func (r *registry) reserve() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended != nil {
		return false
	}
	r.count++
	return true
}

// add adds a connection that was reserved. It reports whether the server has closed all others
// meanwhile.
func (r *registry) add(c *conn) (ends bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.sweepSlot = uint8(r.next)
	r.next = (r.next + 1) % sweepSlots
	if r.slots[c.sweepSlot] == nil {
		r.slots[c.sweepSlot] = map[*conn]struct{}{}
	}
	r.slots[c.sweepSlot][c] = struct{}{}
	return r.ended != nil
}

func (r *registry) remove(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.slots[c.sweepSlot], c)
	r.uncount()
}

// release gives up a reservation.
func (r *registry) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.uncount()
}

// uncount counts a connection less; mu is held.
func (r *registry) uncount() {
	if r.count--; r.count > 0 {
		return
	}
	if r.ended != nil {
		close(r.ended)
	}
	if r.empty != nil {
		close(r.empty)
		r.empty = nil
	}
}

func (r *registry) each(slot int, f func(*conn)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.slots[slot] {
		f(c)
	}
}

func (r *registry) size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count
}
