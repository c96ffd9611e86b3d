// Package wal is the write-ahead log of a bolt store: the file that holds rows which the database
// does not have yet. Writing a few rows there and syncing them is one write of a block or two,
// where bbolt takes two syncs and half a dozen pages, however few the rows are.
//
// # File
//
// The file holds records, one for each Append:
//
//	header, header  the same twice
//	index           for each row: length of its value in 4 bytes, length of the room's
//	                key as a varint, the room's key; then a CRC-32C over that
//	rows            for each: length of its value in 4 bytes, the value
//
// A header is a magic number, how many rows there are, the length of the index, the length of the
// rows and flags, in 4 bytes each, the number of the first row, the log's own random number and the
// number of the database's newest transaction in 8 each, and a CRC-32C over that; integers are
// big-endian. A value has a checksum of its own over its number, its room and itself. So if one bit
// of a record is wrong, wherever it is, the row's room is known, and all other rows can be read; in
// a row below 4 KiB the bit is corrected.
//
// Once its rows are in the database the file is written again from the start, over the old records:
// those that remain behind the newest one have numbers that the database already has, or no
// matching checksum.
//
// # Durability
//
// In a synced log each record is on the disk before the next is written. It begins at a block,
// and zeros follow it up to the end of one, so that no block with rows that are safe is written
// again. A power cut leaves all records but the last, which may lack any of its sectors: a
// damaged record that newer ones are behind is damage, and one at the end is a commit that was
// under way. A log that is not synced may lose any of its blocks in a power cut, and nothing
// when only the process dies. (bbolt's own NoSync risks the whole database instead of the last
// rows.)
//
// On Linux a file is synced by asynchronous I/O, so that no thread is blocked by it. All calls
// that can block are known to Go's scheduler.
//
// # Layers
//
// Files, in layers; each uses only what is listed before it:
//
//	row.go                                            rows, as the log and the database have them
//	syncname.go syncall_unix.go syncall_other.go      names of files on the disk
//	aio_linux.go sync_linux.go sync_other.go          a file's bytes on the disk
//	correct.go record.go                              records
//	log.go                                            the log as it is written
//	oldlog.go read.go                                 the log as it is read
package wal
