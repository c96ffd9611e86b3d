package engine

import (
	"context"
	"time"

	"github.com/civicpress/civic-realtime/engine/authors"
	"github.com/civicpress/civic-realtime/engine/recordsync"
)

// This file has the interfaces that the engine uses: a connection (Conn, Numbered if it has a
// number), a store (Store, with Leaser, Reader, Archive, Catalog, VersionReader, VersionEditor,
// VersionSweeper, Lister, Decisions, Quarantiner and Health for more that it may be able to do),
// records (Records) and a session (Identity).
//
// The engine is used through the exported methods of Engine and Peer. A transport calls Join,
// Preparing, Ready, Drain, MessageBytes, UntilTick, AllRead, KeptOut and WriteMetrics; a server
// that starts LoadDecisions, and then Resume and ExpireUnvisited; a connection, of its Peer,
// Deliver, TryDeliver, DeliverRest, TooLong, MayWait, Queued, Become, Switch and Leave. For
// administrators there are Rooms, RoomDetail, Locks, Bans and Banned, which change nothing, and
// Lock, Kick, Disconnect, Notice, NoticeAll, Snapshot, Refresh, Evict, Ban and Unban (doc.go).
// Programs that are no peers have ReadDocument and Edit. A
// Leaser calls RoomVersion, Occupied, MergeStored, Disown and GiveUp, and a server that stops
// HandOverRooms. A transport declares the part that it uses as an interface of its own.

// Conn is the way to one peer's client. It belongs to one Peer, from Engine.Join to Peer.Leave. A
// connection that carries several peers has a Conn for each of them. The Write of each frames
// messages for its peer. What Close, Finish, Renew and Charge of one peer mean to the others is up
// to the connection: the engine assumes nothing about other peers.
type Conn interface {
	// Write sends frames in order; each element is whole WebSocket frames. It blocks until the
	// operating system has taken them, or fails, and calls beforeWait before it has to wait for
	// that. The engine never calls it concurrently with itself on one Conn, and never changes the
	// bytes.
	Write(frames [][]byte, beforeWait func()) error
	// Close ends the peer's session, with a close frame if the connection ends with it. It is
	// idempotent, safe from any goroutine and returns soon. The messages of CloseError.LastWords
	// are sent before the frame.
	Close(why *CloseError)
	// Finish says that Close follows as soon as the current Write is done. It bounds the time that
	// this may take: a client that reads nothing is cut off. It is idempotent, safe from any
	// goroutine and returns at once.
	Finish()
	// Renew offers a fresh token, which it borrows, for the peer's session. Peer.Deliver calls it,
	// and it returns at once. The Conn delivers nothing for this peer until the token is checked,
	// and ends the session if that fails.
	Renew(token []byte)
	// Charge says that the message that is being delivered could not be read, and counts for as
	// many more against the rate of the peer's client. Peer.Deliver calls it, and it returns at
	// once.
	Charge(messages int)
}

// Numbered is a Conn with a number, by which an administrator names it.
type Numbered interface {
	// ConnectionID returns the number of the connection, which no other of the process has.
	ConnectionID() uint64
}

// Compressor is a Conn whose client may take compressed messages (RFC 7692, without context
// takeover). Messages that are long enough are compressed once for all of them.
type Compressor interface {
	// Compresses reports whether the client does. The answer does not change.
	Compresses() bool
}

// Resumer is a Conn whose client may have been in the room before, does not know that it was away,
// and so does not ask for the document. Its receipts are protocol.Counted.
type Resumer interface {
	// Resumes reports whether that is so, and how many updates of the client wait for an Ack.
	Resumes() (waiting uint32, resumes bool)
}

// Store keeps rooms, by their names (roomkey.Key.String). Snapshots and rows are opaque to it.
// It is called from several goroutines; Append from one at a time.
type Store interface {
	// Load returns the newest snapshot, nil if there is none, and the journal rows appended
	// after it, in order. An unknown room is empty.
	Load(ctx context.Context, room string) (snapshot []byte, journal [][]byte, err error)
	// Append makes rows durable, those of one room in one commit. It sets Seq of each, or Err if it
	// refuses the row: a store that needs a lease of a room refuses the rows of rooms without one.
	// A refused row delays no other. After an Err with a method NotOwner that returns true another
	// node has the room: then the store has the row, and gives it to that node. An error is about
	// the whole call: none of the rows counts as stored then. It borrows rows and their Data.
	Append(ctx context.Context, rows []Row) error
	// SaveSnapshot replaces the room's snapshot and drops its rows up to and including the
	// sequence number through, in one commit. It borrows snapshot.
	SaveSnapshot(ctx context.Context, room string, snapshot []byte, through uint64) error
}

// Leaser is a Store that several nodes share. A room is loaded by the node that has its lease. The
// methods are called from several goroutines. An error with a method NotOwner that returns true
// says that another node has the lease. One of Load with a method Unreachable that returns true
// says that what the nodes share cannot be reached at the moment.
type Leaser interface {
	// Lease takes the lease of a room, before Load is called. It waits until ctx is done if that
	// is not possible yet.
	Lease(ctx context.Context, room string) error
	// Release gives up the lease of a room that was unloaded, after everything that was stored of
	// it can be found by its next owner. It does nothing if this node does not have the lease. It
	// returns soon when ctx is cancelled.
	Release(ctx context.Context, room string) error
	// VersionFloor returns the least version that a room may have that was just loaded. Its clients
	// may have seen higher versions than the stored one. Zero: any.
	VersionFloor(room string) uint64
}

// Reader is a Store that reads rooms without a lease, for administrators. Its result may be older
// than what the owner of the room has.
type Reader interface {
	Read(ctx context.Context, room string) (snapshot []byte, journal [][]byte, err error)
}

// Row is a row to be appended and, once Append has returned, the Store's answer about it. It
// is an alias of a struct type, so that a Store can declare the same without importing this
// package.
type Row = struct {
	Room string
	Data []byte
	Seq  uint64 // the row's number, which ascends within a room; set by Append
	Err  error  // why the row was refused; set by Append, nil if it is durable
}

// Archive is a Store that keeps versions of rooms, and drops rooms when they expire.
type Archive interface {
	// KeepVersion keeps a snapshot as a version, with the reason, the name, the users and
	// RestoredFrom of v, and leaves the room as it is. It returns the id of the version. An error
	// with a method TooManyVersions says that the room may have no more versions with names.
	KeepVersion(ctx context.Context, room string, v Version, snapshot []byte) (
		id uint64, err error)
	// Expire sets the time from which on DropExpired drops the room, with all its versions, unless
	// it is written to before. The zero time means never.
	Expire(ctx context.Context, room string, at time.Time) error
	// DropExpired drops the rooms whose time has come, and returns how many it dropped.
	DropExpired(ctx context.Context, now time.Time) (rooms int, err error)
}

// Catalog is a Store that describes what it has of a room. A room of which it has nothing has
// neither a snapshot nor rows nor versions.
type Catalog interface {
	Room(ctx context.Context, room string) (StoredRoom, error)
	// Versions lists the room's versions, the oldest first.
	Versions(ctx context.Context, room string) ([]Version, error)
}

// VersionEditor is a Store whose versions can be changed. An error with a method NoVersion says
// that there is no such version.
type VersionEditor interface {
	// RenameVersion gives a version another name; an empty one takes it away. Its error may have a
	// method TooManyVersions, as that of KeepVersion.
	RenameVersion(ctx context.Context, room string, id uint64, name string) error
	DeleteVersion(ctx context.Context, room string, id uint64) error
}

// VersionSweeper is a Store that deletes versions by their age.
type VersionSweeper interface {
	// DropVersions looks at some rooms, at others the next time, and deletes versions of them that
	// are too old. It returns how many. It does nothing where versions have no age.
	DropVersions(ctx context.Context, now time.Time) (versions int, err error)
}

// Replacer is a Store that replaces a room with its versions in one step, or that of several nodes.
type Replacer interface {
	// Replace makes a snapshot, of a later incarnation, all that is stored of a room: rows and
	// versions go. Of several nodes this one has the room's lease; rows and versions go on the
	// disks of other nodes too, and what these have of earlier incarnations is dropped. Whoever
	// takes the room over finds the snapshot.
	Replace(ctx context.Context, room string, snapshot []byte) error
}

// Lister is a Store that lists what it has.
type Lister interface {
	// Rooms describes all rooms, in the order of their names. Even after an error it has those that
	// can be read.
	Rooms(ctx context.Context) ([]StoredRoom, error)
}

// StoredRoom describes the stored state of a room. It is an alias, as Row is.
type StoredRoom = struct {
	Key      string
	Saved    time.Time // when the snapshot was saved; zero: not known
	Snapshot int       // its size in bytes; -1: there is none
	Rows     int       // number of rows that it does not cover
	Versions int
	Expires  time.Time // when the store may drop the room; zero: never
	Deleted  time.Time // when the document was deleted; zero: it was not. Set by StoredRooms
	Empty    bool      // nobody has written in the document. Set by StoredRooms
}

// VersionReader is a Store that returns the versions of rooms, which a Catalog lists.
type VersionReader interface {
	Version(ctx context.Context, room string, id uint64) (snapshot []byte, err error)
}

// Decisions is a Store that keeps the decisions of administrators.
type Decisions interface {
	// LoadDecisions returns all decisions, in no order.
	LoadDecisions(ctx context.Context) ([]Decision, error)
	// ChangeDecisions drops decisions, which may be missing, and then keeps those in put, each in
	// place of the one of the same Kind and Subject, which are all that counts of those in drop.
	// All of that is one commit, and durable.
	ChangeDecisions(ctx context.Context, put, drop []Decision) error
}

// Decision is a lock of a room, or a ban of a user. It is an alias, as Row is.
type Decision = struct {
	Kind    string    // "lock" or "ban"
	Subject string    // name of the room; id of the user, or that, a line feed and one room's name
	By      string    // the administrator; may be empty
	Reason  string    // for users; may be empty
	Made    time.Time // in milliseconds
	Until   time.Time // when a ban ends, in milliseconds; zero: never
}

// Version describes a snapshot that a Store keeps beside the newest. It is an alias, as Row is.
type Version = struct {
	ID   uint64    // ascends within a room, from 1
	Time time.Time // when it was saved
	Why  string    // the reason
	Size int       // in bytes
	Node string    // the only one of several nodes whose disk has it; else empty

	Kept         time.Time // when it became a version; zero: not known
	Name         string    // given by a user; empty: none
	By           string    // id of the user who had it kept; empty: not known
	ByName       string    // the name of that user
	For          string    // on whose behalf that was; empty: the user's own
	RestoredFrom uint64    // id of the version that replaced it in a restoration; 0: none
}

// Author is the user who wrote or deleted something, or asks for that. Each text may be empty. The
// zero value is nobody: an anonymous peer, the text of a record, a change by another program, or a
// time in which no authors were kept.
type Author = authors.Author

// Quarantiner is a Store that can set damaged rooms aside.
type Quarantiner interface {
	// Quarantine moves the stored state of the room aside, and keeps it. The room is empty then.
	Quarantine(ctx context.Context, room string) error
}

// Health is a Store that knows whether it can store, before it is asked to.
type Health interface {
	// Healthy fails while nothing can be stored. It returns at once.
	Healthy() error
}

// Records and the types of its methods. See package recordsync.
type (
	Records      = recordsync.Records
	Draft        = recordsync.Draft
	Text         = recordsync.Text
	Revision     = recordsync.Revision
	Change       = recordsync.Change
	ChangedError = recordsync.ChangedError
	Drafts       = recordsync.Drafts
	Claims       = recordsync.Claims
)

// The kinds of a Change.
const (
	Unchanged = recordsync.Unchanged
	Edited    = recordsync.Edited
	Published = recordsync.Published
	Discarded = recordsync.Discarded
	Touched   = recordsync.Touched
)

// Errors of Records.
var (
	ErrCredential = recordsync.ErrCredential
	ErrNoRecord   = recordsync.ErrNoRecord
	ErrGone       = recordsync.ErrGone
	ErrNew        = recordsync.ErrNew
)

// Identity is the user behind a peer, as the session's token says.
type Identity struct {
	ID        string // of the user; empty when Anonymous
	Name      string
	Anonymous bool // development mode: no token was asked for
	ReadOnly  bool // the peer sees and is seen, but its updates are refused
	Admin     bool // the peer may kick, lock, unlock and send notices, in its room

	PublishedOnly bool // it may see only the published text of a record; only with ReadOnly

	Credential string // for calls of Records on the user's behalf; never logged
	Text       *Text  // the record as this user may see it; nil if not known
}
