package markdown

import (
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// context is the state of goldmark for one text: the definitions of links, of which it has the safe
// ones only, and the list whose last item is empty. Each line is read with a context of its own, as
// the state has offsets too.
type context struct {
	parser.Context
	list           ast.Node // the list whose Continue is running
	empty          ast.Node // the list whose last item is empty, with a blank line behind it
	emptyIs        parser.ContextKey
	definitions    parser.Context // of a line: the context of the whole text
	delimitersLeft int            // of a line: delimiters that may still have an effect
}

func newContext() *context { return &context{Context: parser.NewContext()} }

// forLine returns a context for a line in which at most a number of delimiters have an effect. c
// may be nil.
func (c *context) forLine(delimiters int) *context {
	line := &context{Context: parser.NewContext(), delimitersLeft: delimiters}
	if c != nil {
		line.definitions = c.Context
	}
	return line
}

// Reference looks up a definition.
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

// Set records the list for which goldmark sets the key for an empty item. Otherwise all lists
// around that list would end as well.
func (c *context) Set(key parser.ContextKey, value any) {
	if c.list != nil && value == true {
		c.empty, c.emptyIs = c.list, key
	}
	c.Context.Set(key, value)
}

// Get returns the value of that key only while goldmark continues that list.
func (c *context) Get(key parser.ContextKey) any {
	if c.list != nil && c.list != c.empty && key == c.emptyIs {
		return nil
	}
	return c.Context.Get(key)
}

// lists is goldmark's parser of lists. It notes in the context which list is being continued.
type lists struct{ parser.BlockParser }

func (p lists) Continue(n ast.Node, reader text.Reader, pc parser.Context) parser.State {
	c, ok := pc.(*context)
	if ok {
		c.list = n
		defer func() { c.list = nil }()
	}
	return p.BlockParser.Continue(n, reader, pc)
}

// Delimiters are brackets and runs of asterisks and underscores. The time that goldmark takes is
// their number times the length of the line, or their number squared. So in a line with more of
// them than maxDelimiters none has an effect; in a very long line fewer are too many.
const (
	maxDelimiters = 4096
	minDelimiters = 64
	maxLineWork   = 1 << 24
)

// delimitersIn returns the number of delimiters that may have an effect in a line of a length in
// bytes.
func delimitersIn(length int) int {
	return max(minDelimiters, min(maxDelimiters, maxLineWork/length))
}

// takeDelimiter reports whether a delimiter may have an effect.
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
