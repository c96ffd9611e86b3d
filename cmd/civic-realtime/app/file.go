package app

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

// load reads a configuration file; without a name, there is none. A key that it does not
// know is an error, as a misspelt one would otherwise silently not be set. Its error names
// everything that is wrong; the config has what is right all the same.
func load(name string) (c Config, err error) {
	if name == "" {
		return c, nil
	}
	r, root, err := openYAML(name)
	if err != nil {
		return c, err
	}
	r.decode(nil, r.section(root, "realtime"), reflect.ValueOf(&c).Elem())
	c.remarks = r.warnings
	return c, errors.Join(r.errs...)
}

// fileReader decodes the keys of one file into a struct, and collects what is wrong with them.
type fileReader struct {
	name     string
	outer    string                      // the key that the file leaves out around all others
	anchors  map[string]*ast.AnchorNode  // by name, the last that was read
	aliases  map[*ast.AliasNode]ast.Node // what each stands for
	errs     []error
	warnings []string
}

// openYAML reads a file. The root is nil where nothing is in it.
func openYAML(name string) (r *fileReader, root ast.Node, err error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, nil, err
	}
	file, err := parser.ParseBytes(text, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %s", name, yaml.FormatError(err, false, false))
	}
	r = &fileReader{name: name, anchors: make(map[string]*ast.AnchorNode), aliases: make(map[*ast.AliasNode]ast.Node)}
	for _, doc := range file.Docs {
		switch {
		case isNull(doc.Body), doc.Body.Type() == ast.CommentType, doc.Body.Type() == ast.DirectiveType:
		case root != nil:
			r.errorf(doc.Body, "a second document (---): one is read")
		default:
			root = doc.Body
			ast.Walk(r, root)
		}
	}
	return r, root, nil
}

// Visit implements ast.Visitor: it finds out what aliases stand for.
func (r *fileReader) Visit(node ast.Node) ast.Visitor {
	switch n := node.(type) {
	case *ast.AnchorNode:
		r.anchors[n.Name.GetToken().Value] = n
	case *ast.AliasNode:
		r.bind(n)
	}
	return r
}

// bind finds the anchor that an alias stands for: the last of its name before it. An alias
// inside its own anchor would have no end.
func (r *fileReader) bind(alias *ast.AliasNode) {
	name := alias.Value.GetToken().Value
	anchor, ok := r.anchors[name]
	switch {
	case !ok:
		r.errorf(alias, "*%s stands for nothing: there is no &%s before it", name, name)
	case slices.Contains(ast.Filter(ast.AliasType, anchor), ast.Node(alias)):
		r.errorf(alias, "*%s stands inside of what it stands for", name)
	default:
		r.aliases[alias] = anchor.Value
	}
}

func (r *fileReader) errorf(node ast.Node, format string, args ...any) {
	r.errs = append(r.errs, errors.New(r.remark(node, format, args...)))
}

// wrong says that the value of a key is not what it has to be.
func (r *fileReader) wrong(path keyPath, node ast.Node, wants string) {
	if len(path) == 0 {
		r.errorf(node, "%s is not %s", r.described(node), wants)
	} else {
		r.errorf(node, "%s: %s is not %s", path, r.described(node), wants)
	}
}

func (r *fileReader) warnf(node ast.Node, format string, args ...any) {
	r.warnings = append(r.warnings, r.remark(node, format, args...))
}

// remark is a message with the file, the line and the column before it.
func (r *fileReader) remark(node ast.Node, format string, args ...any) string {
	at := node.GetToken().Position
	return fmt.Sprintf("%s: [%d:%d] %s", r.name, at.Line, at.Column, fmt.Sprintf(format, args...))
}

// section returns what stands below the key outer. A file may leave that key out, as
// CivicPress takes one without it.
func (r *fileReader) section(root ast.Node, outer string) ast.Node {
	entries, _ := r.entries(root)
	i := slices.IndexFunc(entries, func(e entry) bool { return e.name == outer })
	if i < 0 {
		r.outer = outer
		return root
	}
	for _, e := range entries {
		if e.name != outer {
			r.errorf(e.key, "unknown key %q beside %q; what is to count stands below that", e.name, outer)
		}
	}
	return entries[i].value
}
