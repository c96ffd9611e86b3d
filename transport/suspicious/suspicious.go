// Package suspicious notices clients that behave as nobody does by accident: an address that
// connects again and again or signs in with one bad token after the other, a user who tries records
// that the token does not open or sends one invalid update after the other, a token that is used
// from many addresses. It refuses nobody; the limits do that.
//
// A Detector counts for each client and Pattern, and reports a client once in a Pattern's window
// when it reaches the number in the Config. It remembers at most maxClients clients of a Pattern;
// one more replaces the one that was counted longest ago. Its lock is a leaf.
package suspicious

import (
	"cmp"
	"hash/maphash"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Pattern is a kind of suspicious behaviour. Its String is its label in metrics and its name in
// the log.
type Pattern uint8

// The patterns, each with what is counted, and for whom.
const (
	RapidConnections Pattern = iota // handshakes of an address in a minute
	FailedSignIns                   // refused tokens of an address in a minute
	InvalidMessages                 // malformed messages and updates of a user in ten minutes
	RefusedRecords                  // records that a token does not open, in ten minutes
	TokenAddresses                  // addresses that a token is used from, in ten minutes

	Patterns = iota // how many there are
)

var names = [Patterns]string{
	"rapid_connections", "failed_sign_ins", "invalid_messages", "refused_records",
	"token_addresses",
}

func (p Pattern) String() string { return names[p] }

// windows are the times within which events are counted. After it a client that goes on is
// reported again.
var windows = [Patterns]time.Duration{
	time.Minute, time.Minute, 10 * time.Minute, 10 * time.Minute, 10 * time.Minute,
}

// Window returns the time within which the events of the pattern are counted.
func (p Pattern) Window() time.Duration { return windows[p] }

// maxClients is how many clients of a Pattern are remembered.
const maxClients = 10_000

// Config has the numbers of events in the window of their Pattern from which on a client is
// suspicious. A field that is zero has the default that its comment ends with.
type Config struct {
	// Off turns all patterns off. Off.
	Off bool
	// Connections is the number of RapidConnections. 600.
	Connections int
	// SignIns is the number of FailedSignIns. 60.
	SignIns int
	// Messages is the number of InvalidMessages. 20.
	Messages int
	// Records is the number of RefusedRecords, at most MaxDistinct. 10.
	Records int
	// Addresses is the number of TokenAddresses, at most MaxDistinct. 10.
	Addresses int
}

// MaxDistinct is the largest number of records or addresses that are told apart.
const MaxDistinct = 100

// WithDefaults returns c with the defaults for the fields that are zero.
func (c Config) WithDefaults() Config {
	c.Connections = cmp.Or(c.Connections, 600)
	c.SignIns = cmp.Or(c.SignIns, 60)
	c.Messages = cmp.Or(c.Messages, 20)
	c.Records = min(cmp.Or(c.Records, 10), MaxDistinct)
	c.Addresses = min(cmp.Or(c.Addresses, 10), MaxDistinct)
	return c
}

func (c Config) thresholds() [Patterns]int {
	return [Patterns]int{
		RapidConnections: c.Connections,
		FailedSignIns:    c.SignIns,
		InvalidMessages:  c.Messages,
		RefusedRecords:   c.Records,
		TokenAddresses:   c.Addresses,
	}
}

// Detector counts events of clients. Its methods report whether the event makes its client
// suspicious: the caller then logs that. Only hashes are kept.
type Detector struct {
	Now  func() time.Duration // tests set it
	seed maphash.Seed

	mu         sync.Mutex // a leaf; guards everything below
	off        bool
	thresholds [Patterns]int
	clients    [Patterns]*simplelru.LRU[uint64, client]
}

// client has the events of a client since the window began.
type client struct {
	began    time.Duration
	events   int
	distinct []uint64 // hashes of records or addresses, for patterns that count those
}

// New returns a Detector.
func New(c Config, started time.Time) *Detector {
	d := &Detector{
		Now:  func() time.Duration { return time.Since(started) },
		seed: maphash.MakeSeed(),
	}
	d.SetConfig(c)
	for p := range d.clients {
		d.clients[p], _ = simplelru.NewLRU[uint64, client](maxClients, nil)
	}
	return d
}

// SetConfig replaces the configuration. Clients keep their counts.
func (d *Detector) SetConfig(c Config) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.off, d.thresholds = c.Off, c.WithDefaults().thresholds()
}

// Threshold returns the number of events from which on a client is suspicious.
func (d *Detector) Threshold(p Pattern) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.thresholds[p]
}

// Connection counts a handshake of an address. The zero Addr stands for several clients, and is
// not counted; so it is in the other methods.
func (d *Detector) Connection(ip netip.Addr) bool {
	return ip.IsValid() && d.count(RapidConnections, d.ofAddress(ip), 0)
}

// SignInFailed counts a token that was refused.
func (d *Detector) SignInFailed(ip netip.Addr) bool {
	return ip.IsValid() && d.count(FailedSignIns, d.ofAddress(ip), 0)
}

// Invalid counts a message that could not be read, of a user or, if user is empty, of an address.
func (d *Detector) Invalid(user string, ip netip.Addr) bool {
	if user == "" {
		return ip.IsValid() && d.count(InvalidMessages, d.ofAddress(ip), 0)
	}
	return d.count(InvalidMessages, d.ofText(user), 0)
}

// RecordRefused counts a record that a token, which is valid, does not open.
func (d *Detector) RecordRefused(token, record string) bool {
	return token != "" && d.count(RefusedRecords, d.ofText(token), d.ofText(record))
}

// TokenUsed counts an address from which a token is used.
func (d *Detector) TokenUsed(token string, ip netip.Addr) bool {
	return token != "" && ip.IsValid() &&
		d.count(TokenAddresses, d.ofText(token), d.ofAddress(ip))
}

func (d *Detector) ofText(text string) uint64 { return maphash.String(d.seed, text) }

func (d *Detector) ofAddress(ip netip.Addr) uint64 {
	b := ip.As16()
	return maphash.Bytes(d.seed, b[:])
}

// count counts an event, and reports whether it is the one by which the client becomes suspicious.
// Patterns that count distinct values pass one of them, others 0.
func (d *Detector) count(p Pattern, of, value uint64) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.off {
		return false
	}
	now := d.Now()
	c, known := d.clients[p].Peek(of)
	if !known || now-c.began >= windows[p] {
		c = client{began: now, distinct: c.distinct[:0]}
	}
	before := c.events
	if c.add(value, d.thresholds[p]); c.events == before && known {
		return false
	}
	d.clients[p].Add(of, c)
	return c.events == d.thresholds[p] && before < c.events
}

// add counts an event. Of distinct values at most limit are kept.
func (c *client) add(value uint64, limit int) {
	switch {
	case value == 0:
		c.events++
	case len(c.distinct) < limit && !slices.Contains(c.distinct, value):
		c.distinct = append(c.distinct, value)
		c.events = len(c.distinct)
	}
}

// Sweep forgets the clients whose windows have ended.
func (d *Detector) Sweep() {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := d.Now()
	for p, clients := range d.clients {
		for {
			_, oldest, ok := clients.GetOldest()
			if !ok || now-oldest.began < windows[p] {
				break
			}
			clients.RemoveOldest()
		}
	}
}

// Len returns how many clients are remembered.
func (d *Detector) Len() (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, clients := range d.clients {
		n += clients.Len()
	}
	return n
}
