package nodestore

import (
	"context"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
)

// The types of stores are aliases of struct types, which package engine declares the same.
type (
	// Row is a row to be appended, and its answer.
	Row = struct {
		Room string
		Data []byte
		Seq  uint64
		Err  error
	}
	// StoredRoom describes the stored state of a room.
	StoredRoom = struct {
		Key      string
		Saved    time.Time
		Snapshot int
		Rows     int
		Versions int
		Expires  time.Time
		Deleted  time.Time
		Empty    bool
	}
	// Version describes a snapshot that is kept beside the newest.
	Version = struct {
		ID   uint64
		Time time.Time
		Why  string
		Size int
		Node string

		Kept         time.Time
		Name         string
		By           string
		ByName       string
		For          string
		RestoredFrom uint64
	}
	// Decision is a lock of a room, or a ban of a user.
	Decision = struct {
		Kind    string
		Subject string
		By      string
		Reason  string
		Made    time.Time
		Until   time.Time
	}
	// Mark says what of a room's state on the local disk is in Redis. Incarnation is a
	// snapshot.Rank.
	Mark = struct {
		Room        string
		Incarnation uint64
		Sent        uint64
		Whole       bool
		Generation  string
		Released    time.Time
	}
)

// Node has the leases of this node: a *cluster.Node.
type Node interface {
	Take(ctx context.Context, room string) (cluster.Grant, error)
	Lease(room string) (cluster.Lease, bool)
	Release(ctx context.Context, rooms ...string) error
	Refused(lease cluster.Lease)
}

// Shared is the part of cluster.Shared that has rooms.
type Shared interface {
	Load(ctx context.Context, room string) (cluster.RoomState, error)
	Append(ctx context.Context, rows []cluster.FencedRow) error
	SaveSnapshot(ctx context.Context, lease cluster.Lease, s cluster.FencedSnapshot) error
	TakeLate(ctx context.Context, lease cluster.Lease, incarnation uint64) (
		rows []cluster.FencedRow, others []cluster.Late, err error)
	OfferLate(ctx context.Context, late []cluster.Late) error
	Claim(ctx context.Context, lease cluster.Lease, hash string, version uint64) error
	// OfferClaims adds hashes of texts, oldest first, that this node claimed when it had the room.
	// They count as older than those that are stored.
	OfferClaims(ctx context.Context, room string, hashes []string) error
	// Late returns the late updates of a room, and leaves them where they are.
	Late(ctx context.Context, room string) ([]cluster.Late, error)
	// Dropped says for each room whether the incarnation of the same index was dropped.
	Dropped(ctx context.Context, rooms []string, incarnations []uint64) ([]bool, error)
}

// Archive is what Redis has beside the states of rooms. See the interfaces of package engine.
type Archive interface {
	KeepVersion(ctx context.Context, room string, v Version, snapshot []byte) (id uint64, err error)
	RenameVersion(ctx context.Context, room string, id uint64, name string) error
	DeleteVersion(ctx context.Context, room string, id uint64) error
	DropVersions(ctx context.Context, now time.Time) (versions int, err error)
	Versions(ctx context.Context, room string) ([]Version, error)
	Version(ctx context.Context, room string, id uint64) (snapshot []byte, err error)
	Expire(ctx context.Context, room string, at time.Time) error
	DropExpired(ctx context.Context, now time.Time) (rooms int, err error)
	Quarantine(ctx context.Context, room string) error
	Rooms(ctx context.Context) ([]StoredRoom, error)
	Room(ctx context.Context, room string) (StoredRoom, error)
	LoadDecisions(ctx context.Context) ([]Decision, error)
	ChangeDecisions(ctx context.Context, put, drop []Decision) error
	// Healthy returns the error of the last call, if it did not reach Redis, without a call.
	Healthy() error
}

// Local is the store on the disk of this node: a *bolt.Store. All its methods are called from
// several goroutines.
type Local interface {
	Append(ctx context.Context, rows []Row) error
	SaveSnapshot(ctx context.Context, room string, snapshot []byte, through uint64) error
	// LoadNumbered returns the newest snapshot, the number of the last row that it covers, and the
	// rows after it.
	LoadNumbered(ctx context.Context, room string) (
		snapshot []byte, covered uint64, rows []Row, err error)
	// Unsent returns the rooms of which more is stored than their marks say, or that have none.
	Unsent(ctx context.Context) (rooms []string, err error)
	Marks(ctx context.Context) ([]Mark, error)
	// SetMarks replaces marks. They are written before long, and not at once.
	SetMarks(ctx context.Context, marks []Mark) error
	// Drop deletes all that is stored of rooms.
	Drop(ctx context.Context, rooms ...string) error

	KeepVersion(ctx context.Context, room string, v Version, snapshot []byte) (id uint64, err error)
	RenameVersion(ctx context.Context, room string, id uint64, name string) error
	DeleteVersion(ctx context.Context, room string, id uint64) error
	DropVersions(ctx context.Context, now time.Time) (versions int, err error)
	Versions(ctx context.Context, room string) ([]Version, error)
	Version(ctx context.Context, room string, id uint64) (snapshot []byte, err error)
	Quarantine(ctx context.Context, room string) error
	Rooms(ctx context.Context) ([]StoredRoom, error)
	Room(ctx context.Context, room string) (StoredRoom, error)
	LoadDecisions(ctx context.Context) ([]Decision, error)
	ChangeDecisions(ctx context.Context, put, drop []Decision) error
	Healthy() error
}

// Rooms are the loaded rooms: an *engine.Engine.
type Rooms interface {
	// Disown ends a loaded room of which another node has the lease.
	Disown(ctx context.Context, room string) error
	// GiveUp gives a room up, with its lease, if nobody is in it.
	GiveUp(ctx context.Context, room string) error
	// MergeStored merges journal rows from elsewhere into a loaded room, and returns when they are
	// durable. It borrows rows.
	MergeStored(ctx context.Context, room string, rows [][]byte) error
	// RoomVersion returns the version of a loaded room; 0 if it is not loaded.
	RoomVersion(room string) uint64
}
