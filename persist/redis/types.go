package redis

import "time"

// The types of the methods of Client are aliases of struct types, as persist.Row is: engine/cluster
// declares the same, with what their fields mean.
type (
	Lease = struct {
		Room  string
		Node  string
		Fence uint64
	}
	Grant = struct {
		Lease       Lease
		Incarnation uint64
		Version     uint64
		Late        int
		Generation  string
	}
	Renewal = struct {
		Lease   Lease
		Version uint64
		Late    int
		Asked   bool
		Err     error
	}
	Position  = struct{ Fence, Number uint64 }
	FencedRow = struct {
		Lease       Lease
		Incarnation uint64
		Snapshot    bool
		Data        []byte
		At          Position
		Err         error
	}
	FencedSnapshot = struct {
		Data        []byte
		Incarnation uint64
		Version     uint64
		Through     Position
		Replaces    bool
	}
	RoomState = struct {
		Incarnation uint64
		Version     uint64
		Snapshot    []byte
		Rows        []FencedRow
	}
	Late = struct {
		Room        string
		Incarnation uint64
		Snapshot    bool
		Data        []byte
		Err         error
	}
	Sight = struct {
		Nodes       map[string][]byte
		Generations []string
		Emptied     bool
		RoundTrip   time.Duration
	}
)

// maxClaims is how many hashes of drafts are kept for a room.
const maxClaims = 16
