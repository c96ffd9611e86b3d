package api

import "time"

// Room describes a room that is loaded, or stored.
type Room struct {
	Name   string `json:"name"`
	Node   string `json:"node,omitempty"` // that has it loaded
	Kind   string `json:"kind"`           // record, document
	State  string `json:"state"`          // loading, live, idle, compressed, gone, stored
	Locked bool   `json:"locked"`
	Peers  int    `json:"peers"`

	DocumentBytes    int     `json:"document_bytes"` // upper bound, close in most cases
	HeldBytes        int     `json:"held_bytes"`     // less than document_bytes if it is compressed
	Version          uint64  `json:"version"`        // accepted updates since the room began
	UpdatesPerSecond float64 `json:"updates_per_second"`

	EmptiedAt       *time.Time `json:"emptied_at,omitempty"`   // when the last peer left
	UnstoredUpdates uint64     `json:"unstored_updates"`       // not durable yet, and sent to nobody
	UnsavedUpdates  uint64     `json:"unsaved_updates"`        // not in the newest snapshot
	DraftDueAt      *time.Time `json:"draft_due_at,omitempty"` // nothing is to be saved if absent
	Failing         []string   `json:"failing"`                // commit, snapshot, draft, load
}

// RoomPage is the answer of GET /v1/rooms.
type RoomPage struct {
	Rooms      []Room `json:"rooms"`
	Total      int    `json:"total"`                 // rooms that are selected, on all pages
	NextOffset int    `json:"next_offset,omitempty"` // absent on the last page
	Silence
}

// RoomDetail is the answer of GET /v1/rooms/{room}.
type RoomDetail struct {
	Room

	// Partial: the room was busy, and only what Room has is known, and the versions.
	Partial bool `json:"partial"`

	LockedBy string     `json:"locked_by,omitempty"` // administrator; absent: it is not locked
	LockedAt *time.Time `json:"locked_at,omitempty"`

	Users       []User       `json:"users"`
	Clients     []Peer       `json:"clients"`
	Connections []Connection `json:"connections"`

	PendingBytes   int `json:"pending_bytes"`   // memory of updates that refer to missing ones
	UnflushedBytes int `json:"unflushed_bytes"` // of updates that are in no commit yet

	SnapshotVersion  uint64     `json:"snapshot_version"` // 0: there is none
	SnapshotAt       *time.Time `json:"snapshot_at,omitempty"`
	SnapshotDueAt    *time.Time `json:"snapshot_due_at,omitempty"`
	SnapshotFailures int        `json:"snapshot_failures"` // in a row
	DraftAt          *time.Time `json:"draft_at,omitempty"`
	UnsavedSince     *time.Time `json:"unsaved_since,omitempty"` // oldest edit in no draft

	CommitRefused string     `json:"commit_refused,omitempty"` // why the store refuses updates
	RetryAt       *time.Time `json:"retry_at,omitempty"`

	Compacting      bool       `json:"compacting"`
	CompactionDueAt *time.Time `json:"compaction_due_at,omitempty"`
	HeldUpdates     int        `json:"held_updates"` // wait for the compaction of a full document

	Damage    string `json:"damage,omitempty"` // why the stored state cannot be used
	Recreated bool   `json:"recreated"`        // it began anew, as its stored state was damaged

	Versions []Version `json:"versions"`
}

// User is a user in a room, as others see it.
type User struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Peers int    `json:"peers"`
}

// Peer is a client in a room.
type Peer struct {
	ID         uint64 `json:"id"`                   // in the log
	Connection uint64 `json:"connection,omitempty"` // Connection.ID
	User       string `json:"user,omitempty"`       // absent: anonymous
	Presence   string `json:"presence,omitempty"`   // id that others see, if that is another
	Name       string `json:"name,omitempty"`       // that others see
	Protocol   string `json:"protocol"`
	ReadOnly   bool   `json:"read_only"`

	JoinedAt *time.Time `json:"joined_at,omitempty"`

	QueuedMessages   int    `json:"queued_messages"`
	QueuedBytes      int    `json:"queued_bytes"`
	ReceivedMessages uint64 `json:"received_messages"`
	SentMessages     uint64 `json:"sent_messages"`

	// Missing: its updates refer to others that have not come yet.
	Missing bool   `json:"missing"`
	Refused string `json:"refused,omitempty"` // why its updates are refused
}

// Version is an earlier snapshot that is kept.
type Version struct {
	ID      uint64    `json:"id"`
	SavedAt time.Time `json:"saved_at"`
	Reason  string    `json:"reason"`
	Bytes   int       `json:"bytes"`
	Node    string    `json:"node,omitempty"` // on whose disk alone it is

	Name         string `json:"name,omitempty"`
	By           string `json:"by,omitempty"`      // id of the user who had it kept
	ByName       string `json:"by_name,omitempty"` // of that user
	OnBehalfOf   string `json:"on_behalf_of,omitempty"`
	RestoredFrom uint64 `json:"restored_from,omitempty"` // version that replaced it
}

// Locked is the answer of POST /v1/rooms/{room}/lock and unlock.
type Locked struct {
	Room   string `json:"room"`
	Locked bool   `json:"locked"`
	Silence
}

// Lock is a room that is locked.
type Lock struct {
	Room string    `json:"room"`
	By   string    `json:"by"`
	At   time.Time `json:"at"`
}

// LockPage is the answer of GET /v1/locks.
type LockPage struct {
	Locks      []Lock `json:"locks"`
	Total      int    `json:"total"`
	NextOffset int    `json:"next_offset,omitempty"`
}

// Notice is the body of POST /v1/notice and POST /v1/rooms/{room}/notice.
type Notice struct {
	Text  string `json:"text"`            // one line of at most 1000 bytes
	Level string `json:"level,omitempty"` // info, warning; info
}

// Noticed is the answer to a Notice.
type Noticed struct {
	Peers int `json:"peers"` // to which it was sent; others have no form for notices
	Silence
}

// Kick is the body of POST /v1/rooms/{room}/kick.
type Kick struct {
	User string `json:"user"` // id, as others see it
}

// Disconnected is the answer to requests that close connections.
type Disconnected struct {
	Connections int `json:"connections"` // that are closed
	Silence
}

// Saved is the answer of POST /v1/rooms/{room}/snapshot.
type Saved struct {
	Room    string `json:"room"`
	Version uint64 `json:"version"` // that the snapshot has
}

// Evicted is the answer of POST /v1/rooms/{room}/evict.
type Evicted struct {
	Room    string `json:"room"`
	Evicted bool   `json:"evicted"` // always true
}

// Refreshed is the answer of POST /v1/rooms/{room}/refresh.
type Refreshed struct {
	Room      string `json:"room"`
	Refreshed bool   `json:"refreshed"` // always true
}
