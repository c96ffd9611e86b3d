package cluster

import (
	"context"
	"errors"
	"time"
)

// Shared is what all nodes share: a Redis, or a Redis Cluster. Every write of an owner is fenced:
// it compares the owner of the room (node and fence) in the same step in which it writes. Rows may
// be taken for a lease that has ended, as long as there was no other one since. Package
// persist/redis implements it. The types of its methods are aliases of struct types, so that it
// needs not import this package.
//
// Methods are safe for concurrent use, are not retried by themselves, and fail when ctx is done or
// Redis cannot be reached. After an error that is not an answer about a room, it is unknown
// whether the call had an effect.
type Shared interface {
	// Announce stores the description of this node for ttl, and returns what there is: all live
	// nodes, and the generation of each shard of Redis. It is called every Config.Announce.
	Announce(
		ctx context.Context, node string, description []byte, ttl time.Duration,
	) (Sight, error)
	// Withdraw removes the description of this node.
	Withdraw(ctx context.Context, node string) error

	// Acquire takes the lease of a room for the node, if nobody has it, or this node has it. The
	// answer says who has it now, and what is stored of the room. It does nothing and says so in
	// Grant.Generation if the shard has another generation than the one given.
	Acquire(
		ctx context.Context, room, node string, ttl time.Duration, generation string,
	) (Grant, error)
	// Owners returns the owner of each room; empty Node: nobody.
	Owners(ctx context.Context, rooms []string) ([]Lease, error)
	// Renew extends leases in one pipeline, raises the stored version of each room, and sets the
	// answer of each: Err, the number of late updates that wait, and whether the room is asked for.
	Renew(ctx context.Context, renewals []Renewal, ttl time.Duration) error
	// Release gives leases up that the node still has.
	Release(ctx context.Context, leases []Lease) error
	// AskFor asks the owner of a room to give it up. Renew tells the owner so for about ttl.
	AskFor(ctx context.Context, room string, ttl time.Duration) error

	// Load returns the stored state of a room.
	Load(ctx context.Context, room string) (RoomState, error)
	// Append adds rows to their rooms' journals, in one pipeline, and sets the answer of each.
	// Calls for one room are made one after the other.
	Append(ctx context.Context, rows []FencedRow) error
	// SaveSnapshot replaces the snapshot, and drops the rows up to and including through, in one
	// step. An incarnation that differs from the stored one begins the room anew: see RoomState.
	SaveSnapshot(ctx context.Context, lease Lease, s FencedSnapshot) error
	// TakeLate moves the late updates of the room's incarnation into its journal, in one step, and
	// returns them as they are there. Those of other incarnations are returned in others, once;
	// the caller keeps them as versions. After an error the caller loads the room's rows again.
	TakeLate(
		ctx context.Context, lease Lease, incarnation uint64,
	) (rows []FencedRow, others []Late, err error)
	// OfferLate adds late updates to their rooms' lists, in one pipeline, and sets Err of each.
	// ErrDropped: the incarnation was dropped, and nobody needs the update any more.
	OfferLate(ctx context.Context, late []Late) error

	// Claim confirms the lease, and stores the hash of a text that the owner is about to save as a
	// draft, with the room's version. The last MaxClaims of a room are kept.
	Claim(ctx context.Context, lease Lease, hash string, version uint64) error
	// Claimed returns the hashes of the last texts that any node was about to save, newest first.
	Claimed(ctx context.Context, room string) (hashes []string, err error)
}

// MaxClaims is how many hashes of drafts are kept for a room.
const MaxClaims = 16

// Errors of single rooms, as answers of Shared.
var (
	// ErrNotOwner says that the room has another owner, or none.
	ErrNotOwner = errors.New("this node is not the owner of the room")
	// ErrDropped says that the incarnation of the room was dropped.
	ErrDropped = errors.New("this incarnation of the room was dropped")
	// ErrChanged says that a shard of Redis is not the one it was.
	ErrChanged = errors.New("Redis has failed over, or was emptied")
)

// Lease is the ownership of a room.
type Lease = struct {
	Room  string
	Node  string // random, made at each start; empty: nobody
	Fence uint64 // grows with each lease of the room, except after a failover
}

// Grant is the answer of Shared.Acquire.
type Grant = struct {
	Lease       Lease  // who has the room now
	Incarnation uint64 // of the stored room; 0: nothing is stored
	Version     uint64 // the highest known
	Late        int    // late updates that wait
	Generation  string // of the shard; another one than was given: nothing was done
}

// Renewal is the renewal of a lease, and its answer.
type Renewal = struct {
	Lease   Lease
	Version uint64 // of the room; 0: not known
	Late    int    // answer: late updates that wait
	Asked   bool   // answer: another node asks for the room
	Err     error  // answer: ErrNotOwner, ErrChanged
}

// Position is the place of a row in a room's journal: its id is <fence>-<number>.
type Position = struct{ Fence, Number uint64 }

// FencedRow is a row for the journal of a room, and its answer.
type FencedRow = struct {
	Lease       Lease
	Incarnation uint64 // of the document; it begins the room if nothing is stored
	Snapshot    bool   // Data is a snapshot, which was a late update; set by Load and TakeLate
	Data        []byte
	At          Position // answer
	Err         error    // answer: ErrNotOwner; ErrDropped: the room has another incarnation
}

// FencedSnapshot is a snapshot of a room.
type FencedSnapshot = struct {
	Data        []byte
	Incarnation uint64
	Version     uint64
	Through     Position // the last row that it covers; zero: none
	Replaces    bool     // the incarnation before was dropped, and so were late updates
}

// RoomState is what is stored of a room.
type RoomState = struct {
	Incarnation uint64 // 0: nothing is stored
	Version     uint64 // the highest known, of rows, snapshots and renewals
	Snapshot    []byte // nil: there is none
	Rows        []FencedRow
}

// Late is an update of a node that was not, or is not any more, the owner of the room.
type Late = struct {
	Room        string
	Incarnation uint64
	Snapshot    bool // Data is a snapshot, not a row
	Data        []byte
	Err         error // answer
}

// Sight is what Shared.Announce returns.
type Sight = struct {
	Nodes map[string][]byte // descriptions of live nodes by name, this one included
	// Generations has, for each shard, an id that changes whenever that shard's Redis has failed
	// over, restarted or was emptied (made of its marker and its run id). The shard of a room is
	// given by ShardOf.
	Generations []string
	Emptied     bool          // the marker was missing: this Redis has nothing of earlier days
	RoundTrip   time.Duration // that the call took
}
