package yamlfile

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml/ast"
)

// entry is a key of a mapping and its value.
type entry struct {
	name       string
	key, value ast.Node
}

// entries lists the keys of a mapping, and last those that it merges in (<<).
func (f *File) entries(node ast.Node) (list []entry, ok bool) {
	m, ok := f.resolved(node).(ast.MapNode)
	if !ok {
		return nil, false
	}
	var merged []entry
	for it := m.MapRange(); it.Next(); {
		if it.Key().IsMergeKey() {
			more, _ := f.entries(it.Value())
			merged = append(merged, more...)
		} else {
			list = append(list, entry{it.Key().GetToken().Value, it.Key(), it.Value()})
		}
	}
	for _, e := range merged {
		if !slices.ContainsFunc(list, e.sameName) {
			list = append(list, e)
		}
	}
	return list, true
}

func (e entry) sameName(other entry) bool { return e.name == other.name }

// resolved returns the node that an anchor, a tag or an alias stands for.
func (f *File) resolved(node ast.Node) ast.Node {
	switch n := node.(type) {
	case *ast.AnchorNode:
		return f.resolved(n.Value)
	case *ast.TagNode:
		return f.resolved(n.Value)
	case *ast.AliasNode:
		return f.resolved(f.aliases[n])
	}
	return node
}

// leaf reads a scalar value. It returns "", or the form of a valid value if the value of node is
// invalid.
func (f *File) leaf(node ast.Node, into reflect.Value) (wants string) {
	switch v := into.Addr().Interface().(type) {
	case mapping:
		return f.mapping(node, v)
	case scalar:
		text, _ := f.text(node)
		return v.Parse(text)
	case *string:
		return f.string(node, v)
	case *[]string:
		return f.strings(node, v)
	case *map[string]string:
		return f.stringMap(node, v)
	}
	panic(fmt.Sprintf("no form for %v", into.Type()))
}

// mapping reads a value that may be a scalar or a map.
func (f *File) mapping(node ast.Node, into mapping) string {
	if text, ok := f.text(node); ok {
		return into.Parse(text)
	}
	var m map[string]string
	if wants := f.stringMap(node, &m); wants != "" {
		return wants
	}
	return into.ParseMap(m)
}

// text returns a scalar as it is written, and whether node is one.
func (f *File) text(node ast.Node) (string, bool) {
	switch n := f.resolved(node).(type) {
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.StringNode:
		return n.Value, true
	case ast.ScalarNode:
		return n.GetToken().Value, true
	}
	return "", false
}

// described returns the value of a node as errors name it.
func (f *File) described(node ast.Node) string {
	if text, ok := f.text(node); ok {
		return strconv.Quote(text)
	}
	if _, ok := f.resolved(node).(ast.MapNode); ok {
		return "a section"
	}
	return "a list"
}

func (f *File) string(node ast.Node, into *string) string {
	text, ok := f.text(node)
	if !ok {
		return "a text"
	}
	*into = text
	return ""
}

func (f *File) strings(node ast.Node, into *[]string) string {
	const wants = "a list of texts"
	list, ok := f.resolved(node).(*ast.SequenceNode)
	if !ok {
		return wants
	}
	texts := make([]string, len(list.Values))
	for i, v := range list.Values {
		if f.string(v, &texts[i]) != "" {
			return fmt.Sprintf("%s, as number %d of it is %s", wants, i+1, f.described(v))
		}
	}
	*into = texts
	return ""
}

func (f *File) stringMap(node ast.Node, into *map[string]string) string {
	const wants = "a map from text to text"
	list, ok := f.entries(node)
	if !ok {
		return wants
	}
	*into = make(map[string]string)
	for _, e := range list {
		var v string
		if f.string(e.value, &v) != "" {
			return wants
		}
		(*into)[e.name] = v
	}
	return ""
}
