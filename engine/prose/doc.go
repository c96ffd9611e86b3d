// Package prose is a document's rich text as the tree that Markdown is written
// of: it reads the tree of a document that people edit, and writes the update
// that brings such a document to another tree by the least change it finds, so
// that the people in it see that change arrive and keep their carets.
//
// Trees are compared in what Markdown can say of them (markdown.Normal). What a
// document has beyond that (empty paragraphs, widths of columns, nodes and
// marks of other names) stays as long as what is around it need not change.
//
// It is pure: no goroutines, no I/O, no clock. Whoever makes the same edit of
// the same document writes the same update, so that it is made once.
//
// Files, in layers; each uses only what is listed before it:
//
//	key.go items.go formats.go          trees compared; items of types; formatting attributes
//	direct.go                           where the text of a document stands
//	read.go readelement.go readmarks.go a document as a tree
//	fingerprint.go rendering.go         a document as Markdown, block by block
//	align.go textdiff.go                what two lists, and two texts, have in common
//	editor.go                           what an edit writes and deletes
//	unit.go each.go                     what is kept, edited or deleted as one
//	pair.go                             which of them says what is wanted, or comes near
//	text.go gap.go                      an edit of a text
//	children.go                         an edit of a list
//	edit.go                             an edit of a document
//	conflict.go mergeline.go            blocks that both sides changed; lines merged by words
//	merge.go                            three trees merged
//	continuation.go mergeblocks.go      the same, where one side's blocks stay whole
//	foreign.go                          seeds, and what proves them
//	fill.go past.go                     what a document said before it was edited
//	seedrebase.go                       the update that goes with one of another seed
package prose
