package api

import "time"

// Connection describes a connection of a client.
type Connection struct {
	ID       uint64 `json:"id"`
	Node     string `json:"node,omitempty"`     // that has it
	State    string `json:"state"`              // joining, joined, refused, closing, relayed
	Room     string `json:"room,omitempty"`     // absent: it is in no room
	Peer     uint64 `json:"peer,omitempty"`     // Peer.ID
	User     string `json:"user,omitempty"`     // id; absent: anonymous, or not known yet
	Protocol string `json:"protocol,omitempty"` // absent: not known yet
	Address  string `json:"address"`            // IP address of the client
	Proxy    string `json:"proxy,omitempty"`    // IP address of the proxy between
	From     string `json:"from,omitempty"`     // name of the node that has handed it on
	To       string `json:"to,omitempty"`       // address of the node that it was handed on to

	ConnectedAt time.Time `json:"connected_at"`
	AgeSeconds  float64   `json:"age_seconds"`

	ReceivedBytes    uint64 `json:"received_bytes"` // without TCP and TLS
	SentBytes        uint64 `json:"sent_bytes"`
	ReceivedMessages uint64 `json:"received_messages"` // modulo 2³²
	SentMessages     uint64 `json:"sent_messages"`

	// Means since the connection began.
	ReceivedBytesPerSecond float64 `json:"received_bytes_per_second"`
	SentBytesPerSecond     float64 `json:"sent_bytes_per_second"`

	QueuedMessages int  `json:"queued_messages"` // that wait to be written
	QueuedBytes    int  `json:"queued_bytes"`
	Throttled      bool `json:"throttled"` // it sends too much, and is read more slowly
}

// ConnectionPage is the answer of GET /v1/connections.
type ConnectionPage struct {
	Connections []Connection `json:"connections"`
	NextAfter   uint64       `json:"next_after,omitempty"` // absent on the last page
	Silence
}

// Disconnect is the body of POST /v1/users/{user}/disconnect. For and Until exclude each other;
// without them the user may come back at once.
type Disconnect struct {
	ForSeconds float64    `json:"for_seconds,omitempty"` // for which the user stays out
	Until      *time.Time `json:"until,omitempty"`       // until which the user stays out
	Reason     string     `json:"reason,omitempty"`      // shown to the user; at most 100 bytes
}

// Ban is a user who is kept out.
type Ban struct {
	User   string    `json:"user"`
	Room   string    `json:"room,omitempty"` // empty: all rooms
	Until  time.Time `json:"until"`
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// BanPage is the answer of GET /v1/bans.
type BanPage struct {
	Bans       []Ban `json:"bans"`
	Total      int   `json:"total"`
	NextOffset int   `json:"next_offset,omitempty"`
}

// Unbanned is the answer of DELETE /v1/bans/{user}.
type Unbanned struct {
	User string `json:"user"`
	Silence
}
