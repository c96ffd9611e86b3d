package markdown

import (
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// context is what goldmark remembers of one text: the definitions of links, of
// which it takes only safe ones, and which list's last item is empty. Each line is read with a
// context of its own, as goldmark also remembers places in what it reads.
type context struct {
	parser.Context
	list           ast.Node // that is asked whether it continues
	empty          ast.Node // whose last item is empty, with a blank line behind
	emptyIs        parser.ContextKey
	definitions    parser.Context // of a line: those of the whole text
	delimitersLeft int            // of a line: delimiters that may still count
}

func newContext() *context { return &context{Context: parser.NewContext()} }

// forLine is a context for a line, in which so many delimiters count. A line that stands alone is one of a nil context.
func (c *context) forLine(delimiters int) *context {
	line := &context{Context: parser.NewContext(), delimitersLeft: delimiters}
	if c != nil {
		line.definitions = c.Context
	}
	return line
}

// Reference looks a definition up.
func (c *context) Reference(label string) (parser.Reference, bool) {
	if c.definitions != nil {
		return c.definitions.Reference(label)
	}
	return c.Context.Reference(label)
}

func (c *context) AddReference(ref parser.Reference) {
	if isSafe(destination(ref.Destination())) {
		c.Context.AddReference(ref)
	}
}

// Set notes whose mark it is that goldmark leaves for an empty item: without
// that, all lists around that list would end as well.
func (c *context) Set(key parser.ContextKey, value any) {
	if c.list != nil && value == true {
		c.empty, c.emptyIs = c.list, key
	}
	c.Context.Set(key, value)
}

// Get shows the mark to that list only.
func (c *context) Get(key parser.ContextKey) any {
	if c.list != nil && c.list != c.empty && key == c.emptyIs {
		return nil
	}
	return c.Context.Get(key)
}

// lists are goldmark's, each with a mark of its own.
type lists struct{ parser.BlockParser }

func (p lists) Continue(n ast.Node, reader text.Reader, pc parser.Context) parser.State {
	c, ok := pc.(*context)
	if ok {
		c.list = n
		defer func() { c.list = nil }()
	}
	return p.BlockParser.Continue(n, reader, pc)
}

// What goldmark does with delimiters takes it their number times the length of
// the line, or their number squared. So a line with more brackets and runs of asterisks and
// underscores than maxDelimiters has none that count, and fewer are too many where a line is very long.
const (
	maxDelimiters = 4096
	minDelimiters = 64
	maxLineWork   = 1 << 24
)

// delimitersIn is how many delimiters count in a line of this length.
func delimitersIn(length int) int {
	return max(minDelimiters, min(maxDelimiters, maxLineWork/length))
}

// spend says whether a delimiter counts.
func takeDelimiter(pc parser.Context) bool {
	c, ok := pc.(*context)
	if ok {
		c.delimitersLeft--
	}
	return !ok || c.delimitersLeft >= 0
}

type emphasisParser struct{ parser.InlineParser }

func (p emphasisParser) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	if !takeDelimiter(pc) {
		return nil
	}
	return p.InlineParser.Parse(parent, block, pc)
}
