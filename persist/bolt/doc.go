// Package bolt keeps rooms in one bbolt file in a data directory. It is the store
// of a server that runs alone. It and its packages decisions and outbox, which has a file of its
// own, are the only importers of go.etcd.io/bbolt.
//
// # Layout
//
// The directory holds three files: rooms.db, the database; rooms.mark, the marker, which shows
// that there is a store and how new it was when it was opened or closed last; and, while a Store
// is open or after it was killed, rooms.tail, the write-ahead log (package wal), where rows are
// put first. rooms.db has ten buckets:
//
//	meta       "format" → "3"; "sums" → sums of the whole store; "decisions" → digest of these
//	journal    sequence number, room id, chunk → chunk of a row
//	snapshots  room → a bucket: "head" → covered number and checksum;
//	           "saved" → time; "p", chunk → chunk of the snapshot
//	versions   room → a bucket: id → a bucket: "head" → time, size, checksum
//	           and reason; "meta" → checksum, name, users, times;
//	           "p", chunk → chunk of the snapshot
//	expiries   room → time
//	rooms      the manifest: room id → sums of the room's stored data, its key
//	damage     room id → time, number of the row, the room's key, reason
//	aside      the quarantine: number → a bucket: a room that Quarantine moved away
//	decisions  kind, 0, subject → checksum, times, and texts of a decision; made by the first
//	marks      room → checksum, and what of the room is in Redis (persist.Mark); made by the first
//
// Numbers are big-endian: 8 bytes of sequence number or id, 4 of chunk. Times are milliseconds
// since 1970 in 8 bytes. Layout "1" had neither versions nor expiries nor "saved", and layout "2"
// neither rooms, damage, aside nor sums; both are converted when they are opened. A room id is the
// first 16 bytes of the SHA-256 of the room's key. A row is a CRC-32C over its key and all that
// follows, the length of the room's key as a varint, the room's key, and the row's data. The
// sequence of the bucket journal is the newest number given out: rows are numbered across rooms, in
// the order in which they came, and an Append is one commit for all of its rooms. That is more than
// package persist asks for.
//
// Journal keys ascend across rooms, so one commit for all rooms that are due writes the last page
// and the few above it, however many rooms there are. An index in memory has the numbers of each
// room's rows. It is made by one scan when the store opens, which also verifies every row.
//
// Blobs are stored in chunks of 32 KiB. bbolt rewrites a whole leaf when anything in it changes,
// and leaves up to four values in one however large they are: a row of 8 MiB in one value would be
// written again by each of the next three commits, and need two thousand free pages in a row. A
// snapshot is a bucket of its own so that replacing it frees its pages without reading them and
// touches no other room's; so is a version.
//
// The sequence of the bucket of expiries counts the transactions that dropped rooms, by which a
// reader detects that its copy of the index is older than the data that it reads. That of a room's
// bucket of versions is the newest id.
//
// # Damage
//
// Every row, snapshot, version and manifest entry has a checksum. Sums show that all of them are
// there: how many there are and a sum of 64-bit hashes, of a room's rows, snapshot and versions in
// its entry, and of all entries, rows, snapshots and versions of the store in "sums". A
// transaction updates them with the records that it adds and deletes; an Append to the log
// changes nothing. As there are sums of the data and of the manifest, it can be proven after
// damage in one place that the rest is undamaged.
//
// Decisions have a digest of their own. Those that are damaged or missing when the store is opened
// are reported, and dropped: the others hold.
//
// Open first walks through all pages as bbolt would, without trusting anything (package pages),
// then through all keys, and reads and checks every row, and the heads of snapshots and
// versions: half a second a gigabyte from memory, and from a disk the time to read a page of each
// 64 KiB. The contents of snapshots and versions are checked when they are read, all of them by
// Inspect and Check. bbolt never opens a file with a damaged page: the undamaged data becomes a new
// database, the old one is kept as rooms.db.damaged-TIME, and the sums show which rooms lack
// something. Such a room fails until Quarantine; all others open. A meta page with one wrong bit
// is corrected. If the rest does not show which rooms there were, or the database is missing,
// empty, or lacks transactions that the marker or the log know of, Open fails, and changes
// nothing.
//
// A record of the log that is not whole ends the log only where no newer one is behind it, as a
// synced log has each on the disk before the next is written; else it is damage, and those of its
// rows that are whole are taken. Its index names the rooms of the others, which fail from then on.
// With Config.Async a power cut may take any record of the last SyncInterval; the records before
// the first that is missing are kept, and the loss of those after it is reported. A log with
// damage is kept: as rooms.tail.torn if a commit under way explains it, else as
// rooms.tail.damaged-TIME.
//
// Once a second a Store looks whether rooms.db and rooms.tail are the files that it opened. If
// they were deleted, moved or replaced it stores nothing until they are back (persist.ErrGone).
//
// # Waiting for the disk
//
// No call that can block is hidden from Go's scheduler: a volume that is frozen for a snapshot of
// it stops goroutines that write, and no others. On Linux, from 4.18 on, the log is synced by
// asynchronous I/O (io_submit(2)), so that an Append whose sync takes long blocks a goroutine and
// no thread. If the kernel refuses, as in some containers, or where fs.aio-max-nr is used up, that
// Store does not try again, but calls fdatasync(2), logs that and counts it
// (realtime_journal_sync_fallbacks_total). Both sync the same data and return the same errors.
// bbolt's own transactions block a thread: there is about one a SyncInterval and one a snapshot,
// and each syncs twice.
//
// bbolt begins no read transaction while it writes its meta pages. So a few are begun before and
// kept ready for calls of Load meanwhile, unless the database is about to outgrow its memory map:
// from some 900 MB on, and where only so much is mapped, Load may wait for the disk.
//
// # Backups
//
// Backup reads the whole store in one read transaction, so that it has the store as it was at one
// moment, and the rows that are in the log alone. It reads a room, or a version, at a time, and
// writes while it reads nothing, so that no one waits for its receiver.
//
// As long as a read transaction is open, bbolt uses none of the pages again that it sees, and
// cannot enlarge the memory map: the file would grow, and all writing stop. So a backup gives way:
// before a transaction that might enlarge the map is written, or when the file has grown by 64 MiB,
// the writer ends the backup's transaction, and the backup goes on with another one. It is of
// several moments then, and says which: each room is as it was at one of them. Everything that was
// stored when the backup was begun is in it in any case. The map grows at 1 GiB and with each GiB
// after that; a backup gives way within 128 MiB of these sizes.
//
// Restore makes a new database of a backup, verifies it, and gives it its name. What it replaces is
// moved to the folder replaced-TIME in the directory. rooms.db.restoring is a new database that has
// no name yet; the next Restore deletes it. A backup has buckets and values of a layout of the
// database, so backups that were made earlier are converted as directories are.
//
// # Caveats
//
// A directory belongs to one process at a time, by an advisory lock on rooms.db.
// Network file systems may not keep such locks, or fsync's promise.
//
// The file does not shrink. Pages of replaced snapshots and deleted rows are used again, so its
// size stays near that of the most data that it had at a time.
//
// bbolt has one writer. An Append waits while a snapshot is written: about as long
// as for a commit of its own, and tens of milliseconds for a snapshot of 8 MiB.
//
// A page that is damaged while the Store is open is found when it is read: bbolt's panics
// and faults become ErrCorrupt. A manifest entry that is damaged then fails every
// transaction that needs it, until the store is opened again.
//
// # Layers
//
// The package is large because whatever reads or writes the database has to know its layout: the
// server's store, checks, repairs, and backups.
//
// Files, in layers; each uses only what is listed before it:
//
//	metrichelp.go                    what the metrics mean
//	config.go buckets.go             options; names and lengths of stored records
//	file.go blob.go                  bbolt's file; blobs in chunks
//	manifest.go damage.go            sums of each room's records; rooms that fail
//	marker.go private.go             how new the database is; rights to the files
//	mark.go                          what of a room others have
//	snapshot.go version.go versionmeta.go  one snapshot, one version
//	scan.go verify.go                all that is stored, against the manifest
//	layout.go                        the layouts of the database
//	repair.go                        a new database of the readable data of a damaged one
//	readers.go store.go              read transactions kept ready; Store and its locks
//	read.go rooms.go recoverable.go  reading
//	moment.go backup.go              backups
//	commit.go                        one transaction: pending rows and a change
//	append.go versions.go save.go    rows; versions and snapshots
//	expiry.go quarantine.go          dropping rooms, moving them away
//	dropversions.go                  dropping old versions
//	marks.go                         marks of rooms; dropping single rooms
//	space_unix.go space_other.go     the free space of a disk
//	health.go                        files that are gone, reports and metrics
//	open.go                          opening, recovery, closing
//	inspect.go check.go checkrooms.go  stores that are not open
//	install.go restore.go            restoring a backup
package bolt
