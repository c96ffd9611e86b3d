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
package prose
