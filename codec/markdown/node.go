package markdown

import "strings"

// Names of nodes.
const (
	Doc            = "doc"
	Paragraph      = "paragraph"
	Heading        = "heading" // level
	Blockquote     = "blockquote"
	HorizontalRule = "horizontal_rule"
	CodeBlock      = "code_block" // params
	BulletList     = "bullet_list"
	OrderedList    = "ordered_list" // order
	ListItem       = "list_item"
	Table          = "table"
	TableRow       = "table_row"
	TableCell      = "table_cell"   // colspan, rowspan, colwidth, align
	TableHeader    = "table_header" // the same
	Text           = "text"
	Image          = "image" // src, alt, title
	HardBreak      = "hard_break"
	CivicRef       = "civicRef" // refType, id, label
)

// Names of marks, in the order in which a node has them.
const (
	Link   = "link" // href, title
	Em     = "em"
	Strong = "strong"
	Code   = "code"
)

// Attrs are attributes by name. Their values are those of JSON, with numbers as float64; an
// attribute that is null is missing.
type Attrs map[string]any

// Node is a block, or an inline node: text, an image, a break, a reference.
type Node struct {
	Name    string
	Attrs   Attrs
	Content []Node
	Text    string // of a Text, never empty there
	Marks   []Mark // of an inline node

	stable string // of a paragraph, heading or cell that Normalize made: the text of its line
}

// str returns a string attribute, or "".
func (a Attrs) str(name string) string {
	s, _ := a[name].(string)
	return s
}

// number returns an integer attribute from low to high, or the fallback.
func (a Attrs) number(name string, low, high, fallback int) int {
	f, ok := a[name].(float64)
	if !ok || f != float64(int(f)) || int(f) < low || int(f) > high {
		return fallback
	}
	return int(f)
}

// put sets a string attribute, unless it is empty.
func (a Attrs) put(name, value string) {
	if value != "" {
		a[name] = value
	}
}

// textOf returns the text of inline nodes, which of an image is the alternative, and of a reference
// the label.
func textOf(nodes []Node) string {
	var b strings.Builder
	for _, n := range nodes {
		switch n.Name {
		case HardBreak:
			b.WriteByte(' ')
		case Image:
			b.WriteString(n.Attrs.str("alt"))
		case CivicRef:
			b.WriteString(n.Attrs.str("label"))
		}
		b.WriteString(n.Text)
	}
	return b.String()
}
