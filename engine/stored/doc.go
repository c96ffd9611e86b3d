// Package stored defines the rows of a journal, and reads the stored state of a room: a snapshot
// and the rows after it. The form of snapshots is in codec/snapshot. The package is used by the
// engine, and by programs that read a store without one.
//
// Files, in layers; each uses only what is listed before it:
//
//	row.go              a journal row
//	former.go           the clients of documents that were deleted
//	read.go salvage.go stat.go  a document from a snapshot and rows; from damaged ones
package stored
