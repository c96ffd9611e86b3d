// Package prose converts between the rich text of a document and trees of package markdown. It
// reads a document as a tree, and writes the update that makes a document equal to another tree.
// The update is the smallest that it finds, so that other clients keep their content and carets.
//
// Trees are compared in the normal form of Markdown (markdown.Normalize). Content of a document
// that Markdown cannot express (empty paragraphs, widths of columns, unknown nodes and marks) stays
// unless the content around it has to change.
//
// The package does no I/O and has no goroutine and no clock. The same edit of the same document
// gives the same update everywhere, so that it takes effect once.
//
// The package is large because edits, merges and rebases compare trees in the same way, by units,
// pairs and words.
//
// Files, in layers; each uses only what is listed before it:
//
//	key.go items.go formats.go          keys of trees; items of types; formatting attributes
//	direct.go                           where a document has its text
//	read.go readelement.go readmarks.go a document as a tree
//	fingerprint.go rendering.go         a document as Markdown, block by block
//	textdiff.go slide.go                differences of texts; their places
//	editor.go                           writing the update of an edit
//	unit.go each.go                     units: nodes that are kept, edited or deleted as one
//	pair.go                             matching units with the nodes of the other tree
//	text.go gap.go                      an edit of a text
//	children.go                         an edit of a list
//	edit.go                             an edit of a document
//	conflict.go mergeline.go            blocks that both sides changed; lines merged by words
//	merge.go                            three trees merged
//	continuation.go mergeblocks.go      the same, where one side's blocks stay whole
//	commonline.go common.go             what two trees have in common beyond a base
//	foreign.go                          recognising seeds
//	placeholder.go priortree.go         a document before it was edited
//	seedrebase.go elsewhere.go          rebasing a document with another seed
package prose
