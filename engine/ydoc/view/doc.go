// Package view integrates a document as Yjs does: it links structs into the lists and maps of
// shared types, and reads them. A ydoc.Doc needs no view to merge updates. Views are made for
// reading and for compaction; Reuse recycles their memory.
//
// The algorithm is YATA with Yjs' refinements (Item.integrate in Yjs 13.6). The one difference is
// that items are split beforehand, wherever an origin, a right origin or a delete needs it, so that
// none is split during integration.
//
// Files, in layers; each uses only what is listed before it:
//
//	view.go               clients, items, types
//	entries.go find.go    entries of types; items by id, keys by name
//	value.go              the content of items
//	split.go              splitting items
//	read.go               structs as items
//	integrate.go          items in their lists and maps
//	type.go items.go      reading types and items
//	json.go               values as Yjs shows them
//	compact.go            a view as an update, without deleted content
//	new.go memory.go      making views
package view
