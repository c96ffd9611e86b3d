// Package contents reads the content of documents as text, Markdown or JSON, and makes the updates
// that give documents another text. It works on states of documents, and knows no rooms.
//
// A text is a root that is a Y.Text, as CodeMirror, Monaco and Quill use it. Markdown is that of
// the fragment that ProseMirror's editors use. An edit changes as little as it finds, so that other
// clients keep their content and carets. Merge merges two changes of a text word by word, and says
// where they contradict each other.
//
// The package is pure: no goroutines, no I/O, no clock. The same edit of the same document gives
// the same update everywhere.
//
// Files, in layers; each uses only what is listed before it:
//
//	views.go            views in memory of earlier ones
//	roots.go json.go    the roots of a document; values as JSON
//	hunk.go merge.go    differences of texts; three texts merged
//	text.go rich.go     a Y.Text as text; a fragment as Markdown
//	tree.go             a document as a tree of its types
//	edittext.go         the update that gives a Y.Text another text
package contents
