// Package snapshots lists, reads, converts, restores and repairs the stored states of records:
// snapshots, the updates since, and versions. Its functions take an open store and delay whoever
// calls them for as long as a document takes; they take no lock of the engine's.
//
// Listing, reading and State.As may be used with the store of a server that runs, and so may
// Restoration.Edit, whose update such a server applies itself. Restoration.Apply, Replace and all
// functions that take a folder are for the store of one that does not.
//
// Files, in layers; each uses only what is listed before it:
//
//	table.go roots.go     tables for terminals; the root types of a document
//	state.go json.go      a record's stored document; its shared types as JSON
//	list.go markdown.go   records and versions; the document for people
//	format.go             the forms that a document is written in
//	restore.go repair.go check.go
//	                      earlier states back; damage
package snapshots
