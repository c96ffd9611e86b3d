// Package authors keeps which user wrote which units of a document, and which user deleted them: of
// each client id, runs of clocks with the number of a user. It works for every Yjs document, as it
// knows ids only. The caller tells it what is new to a document (ydoc.Recorder) and which user
// brought it: what a client claims about itself counts for nothing.
//
// # What is stored
//
// A form is the encoded content of a Map, or of a row: what one update adds to a Map. Numbers
// are unsigned LEB128, in their shortest encoding.
//
//	head        number of users × 8, and flags: 1 whole, 2 forget, 4 deleter
//	users       number × 2, and 1 if the user is described:
//	            id, name, onBehalfOf: each its length in bytes, and that many bytes of UTF-8
//	rest        nothing, if it would be 0; else the number of clients, and of each, by ascending
//	            id:
//	            its id, as the difference to the one before;
//	            the number of runs, and of each its first clock, as the difference to the one
//	            before, and the index of its user;
//	            the number of deleted ranges, and of each the gap before it, its length, and the
//	            index of its user
//
// A run goes on to the next one, and the last run of a client has no end: its later structs are of
// the same user, until a row says something else. So a keystroke adds nothing to a row.
//
// The flags say how a row speaks of what its runs and ranges do not cover. A struct is of the user
// of its client's last run. With "deleter" the first of the users deleted what the row deletes;
// without it, it was the user of the first section's client or, in a row without structs, the user
// who wrote the units. With "whole" all of that is of nobody: it is set in the
// form of a Map. "forget" ends the runs of all clients first; it is in the first row after rows
// of which no authors were kept.
//
// The number of a user, from 1 on, is a hash of the id, so that two nodes that give out numbers
// apart from each other rarely give one to two users. Where they have, the description in the row
// decides (Replay). 0 stands for nobody.
//
// # Bounds
//
// A Map has at most the number of runs and ranges that it was made for (New). Beyond it the
// shortest ones are given to nobody, until a quarter of the room is free: so a document that is
// written in very small pieces loses the authors of the smallest of them first. It describes at
// most 4,096 users.
//
// A Map has no lock. The package has no goroutines, I/O or clock.
//
// Files, in layers; each uses only what is listed before it:
//
//	author.go          users
//	ranges.go runs.go  deleted ranges; runs
//	changes.go         what is new since the last row
//	idmap.go limit.go  Map, and its bound
//	form.go            reading forms
//	describe.go        the users of a form in a Map
//	write.go           writing forms
//	row.go replay.go   rows
package authors
