package app

import (
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// keyPath is where a key stands, its own name last.
type keyPath []string

func (p keyPath) String() string { return strings.Join(p, ".") }

// below is the path of a key in the section p.
func (p keyPath) below(name string) keyPath { return append(slices.Clip(p), name) }

// entry is a key of a mapping and its value.
type entry struct {
	name       string
	key, value ast.Node
}

// entries lists the keys of a mapping, and last those that it merges in (<<).
func (r *fileReader) entries(node ast.Node) (list []entry, ok bool) {
	m, ok := r.resolved(node).(ast.MapNode)
	if !ok {
		return nil, false
	}
	var merged []entry
	for it := m.MapRange(); it.Next(); {
		if it.Key().IsMergeKey() {
			more, _ := r.entries(it.Value())
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

// resolved is what an anchor, a tag or an alias stands for.
func (r *fileReader) resolved(node ast.Node) ast.Node {
	switch n := node.(type) {
	case *ast.AnchorNode:
		return r.resolved(n.Value)
	case *ast.TagNode:
		return r.resolved(n.Value)
	case *ast.AliasNode:
		return r.resolved(r.aliases[n])
	}
	return node
}

func isNull(node ast.Node) bool { return node == nil || node.Type() == ast.NullType }

// fieldsOf are the keys of a struct, and the indexes of their fields.
func fieldsOf(t reflect.Type) map[string]int {
	fields := make(map[string]int)
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "" {
			fields[name] = i
		}
	}
	return fields
}

// decode reads the keys below path into the struct. A key without a value is as good as left out.
func (r *fileReader) decode(path keyPath, node ast.Node, into reflect.Value) {
	if isNull(r.resolved(node)) {
		return
	}
	list, ok := r.entries(node)
	if !ok {
		r.wrong(path, node, "a section with keys below it")
		return
	}
	fields := fieldsOf(into.Type())
	for n, e := range list {
		path := path.below(e.name)
		i, known := fields[e.name]
		switch why := foreign(path); {
		case slices.ContainsFunc(list[:n], e.sameName):
			r.errorf(e.key, "the key %q stands twice", e.name)
		case known:
			r.value(path, e.value, into.Field(i))
		case why != "":
			r.warnf(e.key, "%s has no effect: %s", path, why)
		default:
			r.errorf(e.key, "unknown key %q%s", e.name, r.suggestion(path, fields))
		}
	}
}

// value reads what stands behind a key: a section where the field is a struct.
func (r *fileReader) value(path keyPath, node ast.Node, into reflect.Value) {
	if isNull(r.resolved(node)) {
		return
	}
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	if into.Kind() == reflect.Struct {
		r.decode(path, node, into)
	} else if wants := r.leaf(node, into); wants != "" {
		r.wrong(path, node, wants)
	}
}
