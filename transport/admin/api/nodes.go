package api

import "time"

// Node describes one of the servers that share rooms.
type Node struct {
	Name      string    `json:"name"`    // random, of one run of the program
	Address   string    `json:"address"` // on which it listens for other nodes
	Version   string    `json:"version"`
	StartedAt time.Time `json:"started_at"`

	Ready       bool   `json:"ready"`
	Reason      string `json:"reason,omitempty"` // why it is not ready
	Rooms       int    `json:"rooms"`            // loaded
	Peers       int    `json:"peers"`
	Connections int    `json:"connections"`
	Leases      int    `json:"leases"` // rooms that it owns

	// Generation changes when Redis has failed over, was restarted or emptied. Nodes that have put
	// back what they have show the same.
	Generation       string  `json:"generation"`
	PuttingBack      bool    `json:"putting_back"`
	UnsentBytes      int     `json:"unsent_bytes"` // that Redis does not have yet
	RedisSeconds     float64 `json:"redis_seconds"`
	RoundTripSeconds float64 `json:"round_trip_seconds"` // of the call to it; 0: it was asked itself

	// At is the node's clock, and ClockAheadSeconds by how much it is ahead of the clock of the
	// node that was asked, exact to half of RoundTripSeconds.
	At                *time.Time `json:"at,omitempty"`
	ClockAheadSeconds float64    `json:"clock_ahead_seconds"`

	Silent bool `json:"silent,omitempty"` // it has not answered, and most members are not known
}

// NodePage is the answer of GET /v1/nodes.
type NodePage struct {
	Nodes []Node `json:"nodes"` // none: the server is alone
	Silence
}

// Silence says which nodes have not answered within a second. Its members are absent if all have,
// or if there is one server only.
type Silence struct {
	Partial bool     `json:"partial,omitempty"`
	Silent  []string `json:"silent,omitempty"` // names
}
