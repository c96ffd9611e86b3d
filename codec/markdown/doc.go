// Package markdown turns Markdown into a tree of nodes and back, and a tree into the Yjs update
// that seeds a document with it.
//
// Both directions do what prosemirror-markdown does for the ProseMirror schema of CivicPress:
// CommonMark, tables, and references as comments. docs/markdown.md lists the differences and their
// reasons; tests compare everything else with prosemirror-markdown itself. Nodes have the names of
// that schema; a Schema translates them for documents with other names.
//
// The package is pure: no goroutines, no I/O, no clock. The same text makes the same tree, and the
// same tree the same update, on every machine. All functions may be called concurrently.
//
// # Terms
//
// A line is the inline content of a paragraph, heading or cell. Blanks are spaces and tabs. A node
// is normalized when it has nothing that Markdown cannot express, and stable when the text that it
// is written as is read as that node again.
//
// # Caveats
//
// Some nodes cannot be expressed: empty paragraphs between others, widths of columns, spans of
// cells, blocks in cells. Text is never left out, whatever node or mark it is in.
//
// Files, in layers; each uses only what is listed before it:
//
//	node.go mark.go       nodes, marks and their attributes
//	entity.go             escapes and entities
//	text.go               whitespace and addresses
//	linebuilder.go        a line from its nodes
//	html.go               HTML, and references, which are comments
//	context.go            state of goldmark while it reads a text
//	nextline.go           the line behind one that goldmark reads
//	link.go               links, images and definitions
//	lineparser.go         goldmark's parser of lines
//	tablerow.go           rows of tables
//	simpleline.go         lines that are read without goldmark
//	read.go readcode.go table.go line.go inlines.go  Parse: trees from goldmark's
//	normalizeline.go      the part of a line that Markdown can express
//	roundtrip.go          is a line certain to be read as it was
//	escape.go             escapes that are written
//	writeline.go writenode.go  the text of a line
//	stabilize.go reductions.go  a stable line from any
//	normalize.go normalizetable.go stableblocks.go  stable blocks from any nodes
//	write.go              Format
//	block.go              blocks one by one
//	schema.go             names in a document
//	value.go              values of attributes in a document
//	writer.go             nodes as Yjs structs
//	provenance.go         proof that structs are a seed
//	seed.go               seeds
package markdown

import "errors"

// MaxSize is the size in bytes of the longest Markdown that is read: four times the size that a
// record should stay below.
const MaxSize = 4 << 20

// maxDepth is the largest number of nested quotes, lists and items; deeper ones are text. The
// reference stops at 20 and drops the rest. A document has at most 200 nested types
// (ydoc.MaxNesting).
const maxDepth = 100

// ErrTooLarge is the error for Markdown of more than MaxSize bytes.
var ErrTooLarge = errors.New("markdown too large")
