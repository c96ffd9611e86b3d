// Package snapshots lists, reads, converts, restores and repairs the stored states of rooms:
// snapshots, the updates since, and versions. Its functions take an open store, and block for as
// long as they work on a document; they take no lock of the engine's.
//
// Reading and State.As may be used with the store of a running server. Restoration.Apply, Replace
// and all functions that take a folder are for the store of a stopped server.
//
// Files, in layers; each uses only what is listed before it:
//
//	table.go roots.go     tables for terminals; the root types of a document
//	state.go json.go      a room's stored document; its shared types as JSON
//	list.go               tables of rooms and versions
//	markdown.go text.go   the document as readable text
//	format.go             the formats that a document is written in
//	restore.go repair.go check.go
//	                      restoring earlier states; damage
package snapshots
