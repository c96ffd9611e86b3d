package markdown

// What follows is for who compares a document with a tree part by part.

// NormalInline is what Markdown can say of something that stands in a line. An
// image may become the text of it.
func NormalizeInline(n Node) Node { return normalizeInline(n) }

// NormalCode is what Markdown can say of the text of a code block.
func NormalizeCode(s string) string { return normalizeCode(s) }

// IsInline says whether nodes of this name stand in lines.
func IsInline(name string) bool { return isInline(name) }

// Equal says whether two marks are the same.
func (m Mark) Equal(o Mark) bool { return m.equal(o) }
