package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// RoomState is where a room is in its life.
type RoomState uint8

// The states of a room. See the drawing at roomState.
const (
	RoomLoading    = RoomState(stateLoading)    // its stored state is being read
	RoomIdle       = RoomState(stateIdle)       // it has no peer
	RoomLive       = RoomState(stateLive)       // it has peers
	RoomCompressed = RoomState(stateCompressed) // it has no peer, and holds its document compressed
	RoomGone       = RoomState(stateGone)       // it has just ended
	RoomStored     = RoomGone + 1               // it is not loaded; the store has it
)

var roomStateNames = [...]string{"loading", "idle", "live", "compressed", "gone", "stored"}

// String returns the state's name.
func (s RoomState) String() string { return roomStateNames[s] }

// Failing is a set of the calls that fail for a room. What they should have stored waits.
type Failing uint8

// The elements of Failing.
const (
	FailingCommit   Failing = 1 << iota // the store refuses its updates; nobody is sent them
	FailingSnapshot                     // its snapshots
	FailingDraft                        // its drafts; its edits are in the store
	FailingLoad                         // its stored state is damaged; it waits for its record
)

// Names returns the names of the elements, in the order of their declaration.
func (f Failing) Names() (names []string) {
	for i, name := range [...]string{"commit", "snapshot", "draft", "load"} {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// RoomInfo describes a loaded room. Except for the state, the number of peers and whether it is
// locked, the fields are as of the last flush or other work of the room, at most a window ago.
type RoomInfo struct {
	Key           roomkey.Key
	State         RoomState
	Locked        bool
	Peers         int
	DocumentBytes int       // upper bound of the size of the document's state, close in most cases
	HeldBytes     int       // size of the compressed form; DocumentBytes unless it is compressed
	Version       uint64    // accepted updates since the room began
	UpdateRate    float64   // accepted updates a second, mean of about the last 10 s
	Emptied       time.Time // when the last peer left, or it was loaded; zero while it has peers

	// Work that waits.

	Unstored uint64    // accepted updates that are not durable yet, and sent to nobody
	Unsaved  uint64    // accepted updates that the newest snapshot lacks
	DraftDue time.Time // when its edits are saved as a draft; zero: there is nothing to save
	Failing  Failing
}

// RoomDetail describes a room in full.
type RoomDetail struct {
	RoomInfo

	// Partial is set if something was not known when ctx ended: the room was still loading, or its
	// lock was held, so that RoomInfo is known and no more of it; or the store had not answered,
	// so that Stored and Versions are not known.
	Partial bool

	Users []RoomUser
	Peers []PeerInfo // in no order

	PendingBytes   int // memory of updates that refer to missing ones
	UnflushedBytes int // of updates that are in no commit yet

	SnapshotVersion  uint64    // Version of the newest snapshot; 0: there is none
	SnapshotAt       time.Time // when that was stored; zero: not known
	SnapshotDue      time.Time // when the next is; zero: nothing is unsaved, or it is being stored
	SnapshotFailures int       // in a row

	DraftAt      time.Time // when this process last saved a draft; zero: it has not
	UnsavedSince time.Time // the oldest edit that is in no draft; zero: there is none

	RefusedRow string    // why the store refuses the room's updates; empty: it does not
	RetryAt    time.Time // when they are tried again

	Compacting    bool      // the document is being compacted, or waits for it
	CompactionDue time.Time // when it is to be; zero: it is not
	HeldUpdates   int       // updates that wait for the compaction, as the document is full

	Damage    string // why the stored state cannot be used; empty: it can
	Recreated bool   // the room began with its record, as its stored state was damaged

	Stored   StoredRoom
	Versions []Version // that the store keeps, the oldest first
}

// RoomUser is a user in a room, as others see it: a guest's id is made by the server.
type RoomUser struct {
	ID, Name string
	Peers    int
}

// PeerInfo describes a peer.
type PeerInfo struct {
	ID         uint64 // in the log
	Connection uint64 // the number of its connection; 0: it has none
	User       string // id; empty: anonymous
	Presence   string // id of the user that others see: User, or that of a guest
	Name       string // as others see it
	Protocol   string
	ReadOnly   bool
	Joined     time.Time

	QueuedMessages, QueuedBytes    int // that wait to be written to its client
	ReceivedMessages, SentMessages uint64

	Missing bool   // updates that its own refer to are missing, and were requested
	Refused string // why its updates are refused; empty: they are not
}
