// Package outbox keeps an outbox in a bbolt file of its own, outbox.db in the data directory. It is
// a file of its own so that its commits delay no room's: bbolt has one writer for a file.
//
// # Layout
//
//	entries  number → checksum, lengths, queue, id, data
//	ids      queue, 0, id → number
//	marks    key → checksum, data
//
// Numbers are big-endian, in 8 bytes; the sequence of the bucket entries is the newest that was
// given out. Calls of Add and Change that come while a commit is written are one commit after it.
//
// # Damage
//
// A record whose checksum is wrong is dropped when the file is opened, and logged. A file that
// bbolt cannot open is kept as outbox.db.damaged-TIME, and a new one is made: messages that were in
// it are lost, and the rooms are not affected.
//
// # Backups
//
// The outbox is in no backup: restoring one must not send messages a second time that were
// delivered long ago.
//
// Files, in layers; each uses only what is listed before it:
//
//	record.go  stored records
//	change.go  one change of what is stored
//	open.go    opening, and what is damaged
//	outbox.go  the methods of an outbox
package outbox
