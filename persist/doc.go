// Package persist defines the contract of stores of rooms. Each backend has a folder of its own;
// Memory, in this one, is the simplest. The suite in storetest tests every backend against this
// comment.
//
// # What is kept
//
// A store keeps rooms apart by their key, any string of 1 to MaxRoom bytes. A room
// has at most one snapshot, a journal of rows, and versions, which are snapshots that it had. All
// are blobs: a store does not look inside them, and they may be empty. A snapshot or a row of
// 16 MiB must fit. A room for which nothing was ever stored is empty, not an error.
//
//	Load(ctx, room) (snapshot []byte, journal [][]byte, err error)
//
// returns the newest snapshot, nil if there is none, and the rows that it does not cover, oldest
// first.
//
//	Append(ctx, rows []Row) error
//
// adds each row's Data to the journal of its Room and sets its answer: Seq, or Err where the store
// refuses the row. A nil return means that every row has its answer, and that those without an Err
// are durable. A refused row delays no other, but for rows of the same room after it, which are
// refused too. The accepted rows of one room are one commit: after a crash all of them are there or
// none. (A store of one file, as bolt, has one commit for all rooms; a store that is spread over
// several machines has one on each.) An error is of the whole call: nothing is known to be stored,
// and the answers are not valid. A room may occur more than once.
//
// The sequence numbers of a room ascend in the order of its rows, through restarts and
// truncation. Nothing else is promised of them: there may be gaps, and numbers of different
// rooms cannot be compared.
//
//	SaveSnapshot(ctx, room, snapshot []byte, through uint64) error
//
// replaces the room's snapshot and drops its rows up to and including through, in
// one commit. Rows after through stay, and so do all other rooms. A through beyond
// the newest number covers the rows there are, not those to come.
//
//	KeepVersion(ctx, room, v Version, snapshot []byte) (id uint64, err error)
//	Versions(ctx, room) ([]Version, error)
//	Version(ctx, room, id uint64) ([]byte, error)
//	RenameVersion(ctx, room, id uint64, name string) error
//	DeleteVersion(ctx, room, id uint64) error
//	DropVersions(ctx, now time.Time) (versions int, err error)
//
// keep a snapshot beside the room's own, list those that are kept, oldest first, return one, give
// one another name, and delete one. Of KeepVersion's argument the reason, the name, the users and
// RestoredFrom count. A version that is not there is an ErrVersion. Renaming or deleting one
// changes nothing else about the room.
//
// SaveSnapshot keeps the snapshot that it replaces as a version, too, if it has kept none for
// Retention.VersionInterval, or none at all, or if the time of the newest is in the future, as
// after a clock ran ahead. A replaced snapshot that is damaged is not kept, which is no error.
//
// Versions with a name, automatic ones without, and others without are three kinds. A version that
// is kept deletes those that are too many, too old or, together, too large for Retention; named
// ones are never deleted so. Of them, one more than there may be is refused with an ErrNamed.
// DropVersions is called regularly. If Retention has a MaxAge it looks at some rooms, at others the
// next time, and deletes what would be deleted if a version were kept; versions is how many were.
//
//	Expire(ctx, room, at time.Time) error
//	DropExpired(ctx, now time.Time) (rooms int, err error)
//
// set when a room is to be dropped, with its versions, and drop the rooms of which at is not after
// now. An Append or SaveSnapshot of the room in between, or an Expire with the zero time, cancels
// an expiry; another Expire replaces it. A room for which nothing is stored does not expire. rooms
// is how many were dropped, also after an error.
//
//	Quarantine(ctx, room) error
//
// moves the room's snapshot and its rows to a quarantine, in one commit: the room is empty then,
// but for its versions. A store that is durable keeps them there, damaged as they may be, for
// people to look at.
//
//	Rooms(ctx) ([]Room, error)
//
// lists the rooms for which something is stored, in order of their keys. With an ErrCorrupt it
// lists those of which the keys are known.
//
//	Room(ctx, room) (Room, error)
//
// describes one room as Rooms does. One for which nothing is stored has neither a snapshot nor
// rows nor versions.
//
//	LoadDecisions(ctx) ([]Decision, error)
//	ChangeDecisions(ctx, put, drop []Decision) error
//
// return all decisions of administrators, in no order; and drop some, which may be missing, and
// then keep others, each in place of the one of the same Kind and Subject, in one commit. Of those
// in drop only Kind and Subject count. Decisions belong to no room: they stay when a room is
// dropped or quarantined.
//
//	Close() error
//
// waits for calls under way, makes everything durable, and releases the store.
// Closing again does nothing. Every other call after it fails with ErrClosed.
//
// # Outboxes
//
// An outbox keeps messages for others until they are delivered. It is no part of a store: Memory,
// bolt and Redis have types of their own for it.
//
//	Add(ctx, limit int64, entries []OutboxEntry, marks []OutboxMark) error
//
// adds entries, with ascending numbers, and keeps marks, each in place of the one with its key, in
// one commit. An entry whose Queue has one with its ID is left out. One that has a Seq is moved to
// the end, with its new Data, if it is there still. With entries, and a limit above zero, it fails
// with ErrOutboxFull if the entries that are there take limit bytes or more (OutboxSize).
//
//	Change(ctx, put []OutboxEntry, drop []uint64) error
//
// replaces the Data of entries by their numbers, and drops others, in one commit. Those that are
// missing are left out.
//
//	Entries(ctx, after uint64, limit int) ([]OutboxEntry, error)
//	Marks(ctx) ([]OutboxMark, error)
//	Size(ctx) (entries int, bytes int64, err error)
//
// return up to limit entries with numbers above after, in the order of these; all marks, in no
// order; and how much there is.
//
//	Hold(ctx, ttl) (bool, error)
//
// reports whether this process is the one that delivers, and lets it be that for ttl. An outbox of
// one process always says yes. Of several processes another takes over when the ttl of one is over.
//
//	Close() error
//
// is as that of a store. The sections below are about outboxes too, except that Add may be called
// by several goroutines.
//
// # Durability
//
// What a call stored or dropped without error survives the death of the process, unless the backend
// is not durable at all (Memory), and of the machine, unless its documentation says otherwise.
// After an error it is unknown whether anything was stored. Storing the same again is right: rows
// are updates that may be applied twice.
//
// # Concurrency
//
// Append is called from one goroutine at a time, all other methods from any number of goroutines
// meanwhile. A call that reads sees the effect of every call that returned before it began, and
// never half of one.
//
// # Contexts
//
// A context that has ended before the store began to write stops the call with the
// context's error and nothing stored. A commit that has begun is carried through.
//
// # Ownership
//
// A store keeps no reference to its arguments after it returned. The caller owns the results of
// Load, also after Close.
//
// # Damage
//
// If a store reads back anything else than was written, Load of that room, or Version, fails with a
// *CorruptError, and all other rooms work. A store never returns less than was stored as if that
// were everything, and takes no snapshot of a damaged room: until Quarantine the room fails,
// through restarts.
//
//	Damage() []Damage
//
// lists the damage that was found when the store was opened: rooms that fail, losses of which the
// room is not known, and damage that could be repaired. A commit that had not returned when the
// process ended, and is not whole, is listed as harmless.
//
//	Healthy() error
//
// fails while nothing can be stored, as the store's files were deleted or replaced. That is noticed
// within seconds. It does not block. Append and all other methods that write fail from then on,
// too, until the files are back.
//
// # Layers
//
// Files, in layers; each uses only what is listed before it:
//
//	errors.go row.go mark.go          errors, rows and rooms' keys, what of a room was sent
//	version.go damage.go decision.go  results of stores
//	memory.go memoryversions.go       a store in memory
//	outbox.go memoryoutbox.go         entries of outboxes; an outbox in memory
package persist
