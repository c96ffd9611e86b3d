package markdown

import "cmp"

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

// Names of marks, in the order in which a text has them.
const (
	Link   = "link" // href, title
	Em     = "em"
	Strong = "strong"
	Code   = "code"
)

// Attrs are attributes by name. Their values are what JSON has, numbers being
// float64; one that is null is left out.
type Attrs map[string]any

// Node is a block, or something in a line: text, an image, a break, a reference.
type Node struct {
	Name    string
	Attrs   Attrs
	Content []Node
	Text    string // of a Text, never empty there
	Marks   []Mark // of what stands in a line

	other bool // a list that is written with the other marker
}

// Mark is what a text is marked as.
type Mark struct {
	Name  string
	Attrs Attrs
}

// str is a string attribute, or "".
func (a Attrs) str(name string) string {
	s, _ := a[name].(string)
	return s
}

// number is a whole attribute between low and high, or the fallback.
func (a Attrs) number(name string, low, high, fallback int) int {
	f, ok := a[name].(float64)
	if !ok || f != float64(int(f)) || int(f) < low || int(f) > high {
		return fallback
	}
	return int(f)
}

// put sets a string attribute that is null when empty.
func (a Attrs) put(name, value string) {
	if value != "" {
		a[name] = value
	}
}

func (m Mark) equal(o Mark) bool { return m.Name == o.Name && equalAttrs(m.Attrs, o.Attrs) }

// equalAttrs compares attributes of marks, which hold nothing but strings here.
func equalAttrs(a, b Attrs) bool {
	return a.str("href") == b.str("href") && a.str("title") == b.str("title")
}

func equalMarks(a, b []Mark) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].equal(b[i]) {
			return false
		}
	}
	return true
}

// rank is a mark's place among others.
func rank(name string) int {
	switch name {
	case Link:
		return 0
	case Em:
		return 1
	case Strong:
		return 2
	case Code:
		return 3
	}
	return 4
}

// CompareMarks orders marks as a text has them.
func CompareMarks(a, b Mark) int {
	return cmp.Or(cmp.Compare(rank(a.Name), rank(b.Name)), cmp.Compare(a.Name, b.Name))
}

// withMark is marks with m in its place, instead of another of its name. It is new memory.
func withMark(marks []Mark, m Mark) []Mark {
	out := make([]Mark, 0, len(marks)+1)
	for _, o := range marks {
		if rank(o.Name) < rank(m.Name) {
			out = append(out, o)
		}
	}
	out = append(out, m)
	for _, o := range marks {
		if rank(o.Name) > rank(m.Name) {
			out = append(out, o)
		}
	}
	return out
}

// withoutMark is marks without the one of this name.
func withoutMark(marks []Mark, name string) []Mark {
	var out []Mark
	for _, o := range marks {
		if o.Name != name {
			out = append(out, o)
		}
	}
	return out
}

// lineBuilder gathers what stands in a line. Text behind text of the same marks is one with it.
type lineBuilder struct {
	nodes []Node
	text  []byte // of the last node, when that is a Text
}

func (b *lineBuilder) add(n Node) {
	switch {
	case n.Name != Text:
		b.settle()
		b.nodes = append(b.nodes, n)
		return
	case n.Text == "":
		return
	case len(b.text) == 0 || !equalMarks(b.nodes[len(b.nodes)-1].Marks, n.Marks):
		b.settle()
		b.nodes = append(b.nodes, n)
	}
	b.text = append(b.text, n.Text...)
}

func (b *lineBuilder) settle() {
	if len(b.text) > 0 {
		b.nodes[len(b.nodes)-1].Text = string(b.text)
		b.text = b.text[:0]
	}
}

// after says whether the last node is one of this name.
func (b *lineBuilder) after(name string) bool {
	return len(b.nodes) > 0 && b.nodes[len(b.nodes)-1].Name == name
}

// lastHas says whether the last node has this mark.
func (b *lineBuilder) lastHas(mark string) bool {
	return len(b.nodes) > 0 && hasMark(b.nodes[len(b.nodes)-1].Marks, mark)
}

func (b *lineBuilder) line() []Node {
	b.settle()
	return b.nodes
}
