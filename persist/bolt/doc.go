// Package bolt keeps rooms in one bbolt file in a data directory. It is the store
// of a server that runs alone, and the sole importer of go.etcd.io/bbolt.
//
// # Layout
//
// The directory holds rooms.db and, while a Store is open or after it was killed,
// rooms.tail, where rows are put first. rooms.db has five buckets:
//
//	meta       "format" → "2"
//	journal    sequence number, room id, part → part of a row
//	snapshots  room → a bucket: "head" → covered number and checksum;
//	           "saved" → time; "p", part → part of the snapshot
//	versions   room → a bucket: id → a bucket: "head" → time, size, checksum
//	           and reason; "p", part → part of the snapshot
//	expiries   room → time
//
// Numbers are big-endian: 8 bytes of sequence number or id, 4 of part. Times are
// milliseconds since 1970 in 8 bytes. Layout "1" had neither versions nor expiries nor
// "saved", and is converted when it is opened. A room id
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
// Rows and snapshots are checked, bbolt's own pages and the keys in them are not:
// damage there can hide what they lead to. What bbolt notices becomes ErrCorrupt.
package bolt
