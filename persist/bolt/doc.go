// Package bolt keeps rooms in one bbolt file in a data directory. It is the store
// of a server that runs alone, and the sole importer of go.etcd.io/bbolt.
//
// # Layout
//
// The directory holds rooms.db, rooms.mark, which shows that there is a store, and, while a
// Store is open or after it was killed, rooms.tail, where rows are put first. rooms.db has
// eight buckets:
//
//	meta       "format" → "3"; "sums" → sums of the whole store
//	journal    sequence number, room id, part → part of a row
//	snapshots  room → a bucket: "head" → covered number and checksum;
//	           "saved" → time; "p", part → part of the snapshot
//	versions   room → a bucket: id → a bucket: "head" → time, size, checksum
//	           and reason; "p", part → part of the snapshot
//	expiries   room → time
//	rooms      room id → entry: sums of what is stored of the room, its key
//	damage     room id → time, number of the row, the room's key, reason
//	aside      number → a bucket: what Quarantine moved away
//
// Numbers are big-endian: 8 bytes of sequence number or id, 4 of part. Times are
// milliseconds since 1970 in 8 bytes. Layout "1" had neither versions nor expiries nor
// "saved", and layout "2" neither rooms, damage, aside nor sums; both are converted when they
// are opened. A room id
// is the first 16 bytes of the SHA-256 of its key. A row is a CRC-32C over its key
// and all that follows, the length of the room's key as a varint, the room's key,
// and what was appended. The journal bucket's own sequence is the newest number
// given out.
//
// Journal keys ascend across rooms, so one commit for all rooms that are due writes
// the last page and the few above it, however many rooms there are. Which rows are
// a room's is known from an index in memory, made by one scan when the store opens;
// that scan also verifies every row.
//
// Blobs are cut in parts of 32 KiB. bbolt rewrites a whole leaf when anything in it
// changes, and leaves up to four values in one however large they are: uncut, a row
// of 8 MiB would be written again by each of the next three commits, and need two
// thousand free pages in one piece. A snapshot is a bucket of its own so that
// replacing it frees its pages without reading them and touches no other room's; so is
// a version.
//
// The sequence of the bucket of expiries counts the transactions that dropped rooms, by
// which a reader sees that its copy of the index is older than what it reads. That of a
// room's bucket of versions is the newest id.
//
// # Damage
//
// Every row, snapshot, version and entry has a checksum. That all of them are there the sums
// show: how many there are and a sum of 64-bit hashes, of a room's rows, snapshot and
// versions in its entry, and of all entries, rows, snapshots and versions of the store in
// "sums". A transaction adds to them and takes from them what it adds and takes; on the way of
// an Append through the tail nothing is. As the sums of the data stand beside those of the
// list, one damaged place leaves it provable that the rest is whole.
//
// Open first walks through all pages as bbolt would, without believing anything (walk.go),
// then through all keys, and reads and checks every row, and what stands at the head of
// each snapshot and version: half a second a gigabyte from memory, and from a disk what it
// takes to read a page of each 64 KiB. What snapshots and versions say is checked when they
// are read, all of it by Inspect. bbolt is let near no file with a damaged page: what can be
// read becomes a new database, the old one is kept as rooms.db.damaged-TIME, and the sums say
// of which room something is missing. Such a room fails until Quarantine; all others open. A
// meta page of which one bit is wrong is put right. If what is left does not show which rooms
// there were, or the database is missing, empty, or lacks transactions that rooms.mark or the
// tail know of, Open fails, and changes nothing.
//
// What a power cut leaves of a tail that is synced: all records but the last, which may lack
// any of its sectors, as each is on the disk before the next is written, to blocks that no
// record is in. So a record that is not whole ends the tail only where no newer one is behind
// it; else it is damage, and the rows of it that are whole are taken. The list of its rooms
// says whose the others are, which fail from then on. Of a row below 4 KiB one wrong bit is put
// right, which its checksum makes possible, so even the last record survives that. With
// Config.Async a power cut may take any record of the last SyncInterval; what is before the
// first that is missing is kept, and if others are behind it that is said. A tail with
// anything to be said of is kept: as rooms.tail.torn where it is what a commit under way
// leaves, else as rooms.tail.damaged-TIME.
//
// Once a second a Store looks whether rooms.db and rooms.tail are the files that it opened. If
// they were deleted, moved or replaced it stores nothing until they are back (persist.ErrGone).
//
// # Waiting for the disk
//
// No call that can block is hidden from Go's scheduler: a volume that is frozen for a snapshot
// of it stops whoever writes, and nobody else. On Linux, from 4.18 on, the tail is synced by
// asynchronous I/O (io_submit(2)), so that an Append whose sync takes long blocks a goroutine
// and no thread. A kernel that refuses, as in some containers, or where fs.aio-max-nr is used
// up, is not asked again by that Store, which then calls fdatasync(2), logs it and counts it
// (realtime_journal_sync_fallbacks_total). Both put the same on the disk and return the same
// errors. bbolt's own transactions block a thread: there is about one a SyncInterval and one a
// snapshot, and each syncs twice.
//
// bbolt begins no read transaction while it writes which pages are the newest. So a few are
// begun before, for those who load rooms meanwhile, unless the database is about to outgrow
// its map: from some 900 MB on, and where only so much is mapped, loading may wait for the disk.
//
// # Caveats
//
// A directory belongs to one process at a time, by an advisory lock on rooms.db.
// Network file systems may not keep such locks, or fsync's promise.
//
// The file does not shrink. Pages that snapshots and truncated rows leave are used
// again, so it stays near the most it ever held at once.
//
// bbolt has one writer. An Append waits while a snapshot is written: about as long
// as for a commit of its own, and tens of milliseconds for a snapshot of 8 MiB.
//
// A page that is damaged while the Store is open is found when it is read: bbolt's panics
// and faults become ErrCorrupt. A list of rooms that is damaged then fails every transaction
// that needs it, until the store is opened again.
package bolt
