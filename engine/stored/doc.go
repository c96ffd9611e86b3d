// Package stored has the form of the rows in a journal, and reads what a store has of a room:
// a snapshot and the rows after it. Snapshots themselves are codec/snapshot's. It is used by
// the engine and by programs that look at a store without one.
//
// Files, in layers; each uses only what is listed before it:
//
//	row.go              a journal row
//	read.go salvage.go  a document from a snapshot and rows; from what is left of them
package stored
