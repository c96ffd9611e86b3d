package api

import "time"

// Sample is the state of the server at a time, and what has happened since the sample before.
type Sample struct {
	At          time.Time `json:"at"`
	Nodes       int       `json:"nodes"`  // whose numbers are added up
	People      int       `json:"people"` // clients in rooms
	Rooms       int       `json:"rooms"`  // loaded
	Connections int       `json:"connections"`

	UpdatesPerSecond float64 `json:"updates_per_second"`

	// Delays are from the first update that a room collects to its broadcast, commits the time to
	// make the updates of a tick durable. They are estimated from histograms, of several nodes the
	// largest, and absent if there was none.
	DelayP50Seconds  *float64 `json:"delay_p50_seconds,omitempty"`
	DelayP99Seconds  *float64 `json:"delay_p99_seconds,omitempty"`
	CommitP50Seconds *float64 `json:"commit_p50_seconds,omitempty"`
	CommitP99Seconds *float64 `json:"commit_p99_seconds,omitempty"`

	MemoryBytes      int64 `json:"memory_bytes"`       // that counts for the limit
	MemoryLimitBytes int64 `json:"memory_limit_bytes"` // 0: there is none, of one node at least

	FailingRooms int    `json:"failing_rooms"` // whose commits, snapshots, drafts or loads fail
	FailedSaves  uint64 `json:"failed_saves"`  // snapshots and drafts
	Refused      uint64 `json:"refused"`       // clients
}

// LiveSample is the data of the event "sample" of GET /v1/live.
type LiveSample struct {
	Sample
	Silence
}

// History is the answer of GET /v1/history.
type History struct {
	IntervalSeconds int      `json:"interval_seconds"` // between samples
	Samples         []Sample `json:"samples"`          // of the last hour, the oldest first
	Silence
}
