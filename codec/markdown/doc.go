// Package markdown turns Markdown into a tree of blocks and back, and a tree
// into the Yjs update that seeds a document with it.
//
// Both ways do what prosemirror-markdown does for the ProseMirror schema of
// CivicPress: CommonMark, tables, and references as comments. What is done
// otherwise, and why, is in docs/markdown.md; the tests hold the rest against
// the real thing. A tree has the names that schema has; a Schema translates
// them where a document uses others.
//
// It is pure: no goroutines, no I/O, no clock. The same text makes the same
// tree, and the same tree the same update, on every machine.
//
// Caveats: what Markdown cannot say is not written (empty paragraphs between
// others, widths of columns, spans of cells, blocks inside cells). Text is never left out,
// whatever node or mark it stands in.
package markdown

import "errors"

// MaxSize is how many bytes of Markdown are read: four times the size that a
// record should keep below.
const MaxSize = 4 << 20

// maxDepth is how many quotes, lists and items may stand in each other, the rest
// being text. The reference reads no deeper than 20 and drops what is there; a
// document holds 200 types in each other (ydoc.MaxNesting).
const maxDepth = 100

// ErrTooLarge is returned for Markdown of more than MaxSize bytes.
var ErrTooLarge = errors.New("markdown too large")
