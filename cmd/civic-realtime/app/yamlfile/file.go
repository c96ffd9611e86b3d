package yamlfile

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// File is a file that was read. It collects the errors in it.
type File struct {
	name    string
	root    ast.Node                    // nil: the file is empty
	anchors map[string]*ast.AnchorNode  // by name, the last one read
	aliases map[*ast.AliasNode]ast.Node // the nodes that they stand for
	ignored func(Path) string           // the reason for ignoring an unknown key; "": an error

	places   map[string]int // the lines of the values that were read, by key
	top      reflect.Type   // of the struct that is decoded into
	outer    string         // the key around all others, if the file omits it
	errs     []error
	warnings []string
}

// Open reads a file. ignored may return a reason for ignoring an unknown key, which is then a
// warning; it may be nil.
func Open(name string, ignored func(Path) string) (*File, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, fmt.Errorf("%s: %s", name, yaml.FormatError(err, false, false))
	}
	f := &File{
		name: name, ignored: ignored, places: make(map[string]int),
		anchors: make(map[string]*ast.AnchorNode), aliases: make(map[*ast.AliasNode]ast.Node),
	}
	for _, doc := range file.Docs {
		switch {
		case isNull(doc.Body),
			doc.Body.Type() == ast.CommentType, doc.Body.Type() == ast.DirectiveType:
		case f.root != nil:
			f.errorf(doc.Body, "a second document (---): one is read")
		default:
			f.root = doc.Body
			ast.Walk(f, f.root)
		}
	}
	return f, nil
}

// Visit implements ast.Visitor: it binds aliases to their anchors.
func (f *File) Visit(node ast.Node) ast.Visitor {
	switch n := node.(type) {
	case *ast.AnchorNode:
		f.anchors[n.Name.GetToken().Value] = n
	case *ast.AliasNode:
		f.bind(n)
	}
	return f
}

// bind finds the anchor that an alias refers to: the last one before it with its name. An alias
// inside its own anchor is refused, as its value would be endless.
func (f *File) bind(alias *ast.AliasNode) {
	name := alias.Value.GetToken().Value
	anchor, ok := f.anchors[name]
	switch {
	case !ok:
		f.errorf(alias, "*%s stands for nothing: there is no &%s before it", name, name)
	case slices.Contains(ast.Filter(ast.AliasType, anchor), ast.Node(alias)):
		f.errorf(alias, "*%s stands inside of what it stands for", name)
	default:
		f.aliases[alias] = anchor.Value
	}
}

func (f *File) errorf(node ast.Node, format string, args ...any) {
	f.errs = append(f.errs, errors.New(f.remark(node, format, args...)))
}

func (f *File) warnf(node ast.Node, format string, args ...any) {
	f.warnings = append(f.warnings, f.remark(node, format, args...))
}

// remark returns a message, preceded by file, line and column.
func (f *File) remark(node ast.Node, format string, args ...any) string {
	at := node.GetToken().Position
	return fmt.Sprintf("%s: [%d:%d] %s", f.name, at.Line, at.Column, fmt.Sprintf(format, args...))
}

// Warnings returns the keys without an effect, each with its place in the file.
func (f *File) Warnings() []string { return f.warnings }

// Places returns the line of each value that was read, by its key.
func (f *File) Places() map[string]int { return f.places }

// Err returns all errors in the file, each with its place.
func (f *File) Err() error { return errors.Join(f.errs...) }

func isNull(node ast.Node) bool { return node == nil || node.Type() == ast.NullType }
