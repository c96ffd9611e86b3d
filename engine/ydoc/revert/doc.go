// Package revert makes the update that gives a document the content of an earlier state. It is an
// edit like any other: clients that have the later content merge it, and nothing comes back.
//
// It works on structs, and so for every Yjs document, whatever its shared types mean. An item that
// both states show is left alone, with everything that refers to it, such as carets. An item that
// only the document shows is deleted. An item that only the earlier state shows is inserted again,
// as a copy with new ids, at its place among the items around it; a type is copied with all that is
// in it. The last value of a map key is set again.
//
// Files, in layers; each uses only what is listed before it:
//
//	writer.go   structs
//	content.go  what a document shows
//	revert.go   Edit
package revert
