// Package ydoc merges Yjs updates without integrating them. A Doc stores validated structs in their
// encoded form: for each client id the structs as Yjs V1 writes them, in clock order, in one
// buffer with a sparse index, and the deleted clocks as sorted ranges. Merging, state vectors,
// differences and the whole state need no more. Package view integrates a document to read it.
//
// A Doc has no lock; its owner serialises all calls. The package does no I/O and has no clock.
//
// Files, in layers; each uses only what is listed before it:
//
//	suffixhash.go clockset.go cutter.go    hashes, sets of clocks, cuts
//	list.go                                a list in chunks
//	clockranges.go                         a set of clocks as ranges
//	client.go index.go nestings.go seek.go   the structs of a client, and finding units in them
//	waiters.go                             sections that lack an id, and a heap of them
//	pending.go                             everything that lacks an id
//	recorder.go                            the interface to record what is new
//	document.go itemsplits.go              Doc, and the places where Y.Docs have split items
//	docnesting.go rightorigin.go mapvalues.go   structs that are stored in another form
//	deletes.go                             deleting
//	encode.go                              states, differences, changes
//	statecuts.go                           states with cuts
//	apply.go resolve.go load.go            merging
//	clients.go contains.go replace.go      reading a Doc, and replacing it by a compacted one
//	split.go splitlong.go                  cutting updates
//	priorstate.go                          an earlier state of a Doc
package ydoc
