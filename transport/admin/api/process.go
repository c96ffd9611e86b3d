package api

import "time"

// Status is the answer of GET /v1/status.
type Status struct {
	Build

	Node          string    `json:"node,omitempty"` // its name
	PID           int       `json:"pid"`
	StartedAt     time.Time `json:"started_at"`
	UptimeSeconds float64   `json:"uptime_seconds"`
	Ready         bool      `json:"ready"`
	Reason        string    `json:"reason,omitempty"` // why it is not ready

	Rooms            int     `json:"rooms"`          // loaded
	OccupiedRooms    int     `json:"occupied_rooms"` // with peers
	LockedRooms      int     `json:"locked_rooms"`   // loaded or not
	FailingRooms     int     `json:"failing_rooms"`  // whose commits, snapshots or drafts fail
	Peers            int     `json:"peers"`
	DocumentBytes    int     `json:"document_bytes"` // of all loaded rooms
	HeldBytes        int     `json:"held_bytes"`     // of all loaded rooms, some of them compressed
	UnstoredUpdates  uint64  `json:"unstored_updates"`
	UpdatesPerSecond float64 `json:"updates_per_second"`

	HeapBytes   uint64 `json:"heap_bytes"`   // in use
	MemoryBytes uint64 `json:"memory_bytes"` // that the runtime has from the system
	Goroutines  int    `json:"goroutines"`

	// Nodes has all nodes; absent: the server is alone. The numbers of rooms, peers, documents and
	// updates above are then those of all nodes together; the rest is about the node that answers.
	Nodes []Status `json:"nodes,omitempty"`
	Silence
}

// Draining is the answer of POST /v1/drain.
type Draining struct {
	Draining bool `json:"draining"` // always true
}

// LogLevels is the body of PUT /v1/log-level: Level becomes that of all areas but those in Areas.
// In answers Areas has all areas, and Level is absent.
type LogLevels struct {
	Level string            `json:"level,omitempty"` // debug, info, warn, error
	Areas map[string]string `json:"areas,omitempty"`
}

// Reloaded is the answer of POST /v1/reload.
type Reloaded struct {
	Changed  []string `json:"changed"`  // keys that have taken effect
	Restart  []string `json:"restart"`  // keys that take effect at the next start
	Warnings []string `json:"warnings"` // as at the start
}

// Event is the data of an event of GET /v1/events. Members that do not apply are absent.
type Event struct {
	Time       time.Time  `json:"time"`
	Kind       string     `json:"kind"`
	Node       string     `json:"node,omitempty"` // where it happened
	Room       string     `json:"room,omitempty"`
	User       string     `json:"user,omitempty"`       // id
	Address    string     `json:"address,omitempty"`    // of the client
	Connection uint64     `json:"connection,omitempty"` // Connection.ID
	Code       int        `json:"code,omitempty"`       // of the close frame, or the HTTP status
	Subject    string     `json:"subject,omitempty"`    // the limit, or what failed
	Reason     string     `json:"reason,omitempty"`
	By         string     `json:"by,omitempty"`      // the administrator
	Version    uint64     `json:"version,omitempty"` // of the room, that was restored
	Until      *time.Time `json:"until,omitempty"`
	Count      int        `json:"count,omitempty"` // peers that it was for
}

// Lost is the data of the event "lost": the reader was too slow for some events.
type Lost struct {
	Lost uint64 `json:"lost"` // since the last such event
}
