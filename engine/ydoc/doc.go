// Package ydoc is the flat document: validated Yjs structs kept in the form in
// which they travel. Per client id it holds the structs as Yjs V1 writes them,
// in clock order, in one buffer, with a sparse index over it, and the deleted
// clocks as sorted ranges. Nothing is integrated: a document's text is never
// linked together here, because merging, the state vector, differences and the
// whole state need no more than this form.
//
// A Doc has no lock, no clock and no I/O; its owner serialises all calls.
//
// Files, in layers; each uses only what is listed before it:
//
//	list.go spans.go clockset.go        sorted lists; runs of clocks; sets of clocks
//	suffixhash.go levels.go             hashes of what is left; how deep types nest
//	waits.go                            sections of updates that wait for ids
//	client.go index.go seek.go          the structs of one client, with an index
//	document.go splits.go               a document; structs that others stand inside of
//	clients.go extends.go holds.go      what is in a document
//	standing.go keys.go                 where structs stand; values of map keys
//	pieces.go split.go                  an update in parts
//	pending.go                          what waits
//	deletes.go encode.go cuts.go        what is deleted; the state, and where it may be cut
//	rightorigin.go                      right origins that are not right of the origin
//	apply.go resolve.go adopt.go        merging an update; loading a state
//	past.go replace.go                  the document as it was; its compacted form
package ydoc
