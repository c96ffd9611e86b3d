// Package compare reads which users wrote a document, and compares two states of one. It works on
// structs, and so for every Yjs document, whatever its shared types mean.
//
// A block is a shared type: a text, an array, a map, an element or fragment of XML. It is found by
// the name of its root and a path: the index in a list, or the key of a map or an attribute, of
// each block on the way from the root to it. An index counts units of Yjs: of text UTF-16 code
// units, and one for each other value or block. Formats count for nothing.
//
// # Comparing
//
// States of one history have ids in common: a unit that both show is the same in both, and what one
// shows alone was inserted, or deleted. Other states are compared by their content: blocks and
// values that are equal, and characters, are aligned; and, between those, blocks of the same kind
// and name.
//
// A list of differences describes how the newer state is made of the older one. In each block, the
// deletions are taken out first; then the insertions are put in, in their order, so that each is at
// its index in the newer state; then formats change. A block that was inserted is followed by the
// insertions into it. A block that was deleted is gone with all that was in it.
//
// The author of an insertion is the user who wrote it, that of a deletion the user who deleted it,
// and that of a format the user who set or removed its mark, each as the newer state says.
//
// Files, in layers; each uses only what is listed before it:
//
//	place.go      places of blocks, kinds and values
//	segment.go    the content of a list
//	authored.go   Read: the users who wrote a document
//	output.go     the differences that were found
//	diff.go       differences of two sequences
//	comparer.go lists.go ids.go content.go   blocks: their entries; their lists, by ids or content
//	compare.go    Compare
package compare
