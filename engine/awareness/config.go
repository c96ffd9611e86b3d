package awareness

import (
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Config is shared by all rooms of a server and does not change.
type Config struct {
	Disabled     bool // others are sent nothing about anybody
	TrustClients bool // the user in a state is the client's; else it is replaced by the token's

	Timeout         time.Duration // how long a state lives without a renewal
	RenewalInterval time.Duration // for how long renewals that change nothing are gathered

	ClientsPerPeer int // client ids that a peer may own
	StateBytes     int // length of the longest state, and cursor
	PeerBytes      int // length of the states of one peer together
	RoomBytes      int // length of the states of a room together
	SignalBytes    int // length of the longest Signal

	Epoch   time.Time   // before all rooms; states hold durations since then, as these are shorter
	Dropped func(Limit) // counts what exceeded a limit
}

// since is how long after the epoch t is.
func (c *Config) since(t time.Time) time.Duration { return t.Sub(c.Epoch) }

// Limit is a bound on the size of what peers send.
type Limit int

const (
	LimitState  Limit = iota // Config.StateBytes
	LimitPeer                // Config.PeerBytes
	LimitRoom                // Config.RoomBytes
	LimitSignal              // Config.SignalBytes
	Limits                   // the number of limits

	withinLimits Limit = -1
)

// String is the limit's label in metrics.
func (l Limit) String() string {
	return [Limits]string{"state", "connection", "room", "signal"}[l]
}

// ErrTooLarge says that something a peer sent exceeds a Limit and was dropped.
var ErrTooLarge = errors.New("too large")

// ErrClock refuses an awareness update with a clock beyond maxClock.
var ErrClock = errors.New("awareness clock too far ahead")

// maxClock leaves a client that was sent such a clock room to count on for ever.
const maxClock = 1 << 48

const (
	// maxEntries is how many entries of an awareness update are looked at. Clients send
	// back what they are sent, so the server's updates have no more than
	// entriesPerUpdate.
	maxEntries       = 256
	entriesPerUpdate = 128

	// bytesPerUpdate is about how many bytes of states one update of the server's has.
	bytesPerUpdate = 48 << 10
)

// Check checks an awareness update, without access to a Room. Its error is a *lib0.SyntaxError.
func Check(b []byte) (yjs.CheckedAwareness, error) {
	u, err := yjs.CheckAwareness(b)
	if err != nil {
		return u, err
	}
	for e := range u.Entries() {
		if e.Clock > maxClock {
			return u, &lib0.SyntaxError{Err: ErrClock}
		}
	}
	return u, nil
}
