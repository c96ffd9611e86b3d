// Package view integrates a flat document: it links its structs into the lists
// and maps that people see, as Yjs does, and reads them. The flat document
// needs none of that to serve editors; a view is made on demand, for reading
// and for compaction, and thrown away, but for its memory (Reuse).
//
// The algorithm is YATA with Yjs' refinements (Item.integrate in Yjs 13.6). The
// one difference is that structs are cut beforehand, at every place that an
// origin or a deletion will ask for, so that nothing is split while linking.
//
// Files, in layers; each uses only what is listed before it:
//
//	view.go               clients, items, types
//	entries.go find.go    entries of types; items by id, keys by name
//	value.go              what an item holds
//	cut.go                pieces of structs
//	read.go               structs as items
//	integrate.go          items in their lists and maps
//	type.go items.go      a view for its readers
//	json.go               values as Yjs shows them
//	compact.go            a view as an update, without what is deleted
//	new.go memory.go      making views
package view
