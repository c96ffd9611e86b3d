package awareness

import (
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Config is shared by all rooms of a server. It is never changed, only replaced (Room.Reconfigure).
type Config struct {
	Disabled     bool // no presence is sent to anybody
	TrustClients bool // the user in a state is the client's; else it is replaced by the token's

	Timeout         time.Duration // how long a state lives without a renewal
	RenewalInterval time.Duration // for how long renewals that change nothing are gathered

	ClientsPerPeer int // client ids that a peer may own
	StateBytes     int // length of the longest state, and cursor
	PeerBytes      int // length of the states of one peer together
	RoomBytes      int // length of the states of a room together
	SignalBytes    int // length of the longest Signal

	Epoch   time.Time   // before all rooms; states store durations since then, to save memory
	Dropped func(Limit) // is called for each state, cursor or event that exceeds a limit
}

// since returns how long after the epoch t is.
func (c *Config) since(t time.Time) time.Duration { return t.Sub(c.Epoch) }

// Limit is a bound on the size of the data that peers send.
type Limit int

const (
	LimitState  Limit = iota // Config.StateBytes
	LimitPeer                // Config.PeerBytes
	LimitRoom                // Config.RoomBytes
	LimitSignal              // Config.SignalBytes
	Limits                   // the number of limits

	withinLimits Limit = -1
)

// String returns the label of the limit in metrics.
func (l Limit) String() string {
	return [Limits]string{"state", "connection", "room", "signal"}[l]
}

// ErrTooLarge is returned for a state, cursor or event that exceeds a Limit and is dropped.
var ErrTooLarge = errors.New("too large")

// ErrClock refuses an awareness update with a clock beyond maxClock.
var ErrClock = errors.New("awareness clock too far ahead")

// maxClock is the largest clock that is accepted. A client that is sent this clock can still count
// on for ever.
const maxClock = 1 << 48

const (
	// maxEntries is how many entries of an awareness update are processed; the rest is ignored.
	// entriesPerUpdate bounds the server's own updates. It is smaller, as clients send back the
	// entries that they receive.
	maxEntries       = 256
	entriesPerUpdate = 128

	// bytesPerUpdate is about how many bytes of states an update of the server has at most.
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
