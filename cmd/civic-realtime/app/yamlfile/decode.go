package yamlfile

import (
	"cmp"
	"maps"
	"reflect"
	"slices"

	"github.com/goccy/go-yaml/ast"
)

// Decode reads the keys below the key outer into a struct, whose fields have their keys as yaml
// tags. An unknown key is an error, as a misspelt key would otherwise be ignored; valid keys are
// read all the same. Err and Warnings return all errors and warnings.
func (f *File) Decode(outer string, into any) {
	v := reflect.ValueOf(into).Elem()
	f.top = v.Type()
	f.decode(nil, f.section(f.root, outer), v)
}

// DecodeKnown reads the keys that the struct has, below the key outer or, without outer, of the
// whole file. Other keys belong to other programs, and are ignored unless they are spelt nearly
// like one of the struct's.
func (f *File) DecodeKnown(outer string, into any) {
	list, ok := f.entries(f.root)
	if i := slices.IndexFunc(list, func(e entry) bool { return e.name == outer }); i >= 0 {
		list, ok = f.entries(list[i].value)
	}
	if !ok && !isNull(f.root) {
		f.errorf(f.root, "there are no %s in it", outer)
	}
	v := reflect.ValueOf(into).Elem()
	fields := fieldsOf(v.Type())
	known := slices.Sorted(maps.Keys(fields))
	for _, e := range list {
		if i, ours := fields[e.name]; ours {
			f.value(Path{outer, e.name}, e.value, v.FieldByIndex(i))
		} else if near := nearest(e.name, known); near != "" {
			f.warnf(e.key, "%s.%s has no effect; did you mean %q?", outer, e.name, near)
		}
	}
}

// section returns the node below the key outer. A file may omit that key, as CivicPress accepts
// such files.
func (f *File) section(root ast.Node, outer string) ast.Node {
	entries, _ := f.entries(root)
	i := slices.IndexFunc(entries, func(e entry) bool { return e.name == outer })
	if i < 0 {
		f.outer = outer
		return root
	}
	for _, e := range entries {
		if e.name != outer {
			f.errorf(e.key, "unknown key %q beside %q; what is to count stands below that", e.name, outer)
		}
	}
	return entries[i].value
}

// decode reads the keys below path into the struct. A key without a value counts as absent.
func (f *File) decode(path Path, node ast.Node, into reflect.Value) {
	if isNull(f.resolved(node)) {
		return
	}
	list, ok := f.entries(node)
	if !ok {
		f.noSection(path, node)
		return
	}
	fields, canonical := fieldsOf(into.Type()), spellings(into.Type())
	for n, e := range list {
		name := cmp.Or(canonical[e.name], e.name)
		path := path.below(name)
		i, known := fields[name]
		twice := func(o entry) bool { return cmp.Or(canonical[o.name], o.name) == name }
		switch why := f.reason(path); {
		case slices.ContainsFunc(list[:n], e.sameName):
			f.errorf(e.key, "the key %q stands twice", e.name)
		case slices.ContainsFunc(list[:n], twice):
			other := list[slices.IndexFunc(list[:n], twice)].name
			f.errorf(e.key, "%s and %s are the same: keep one", e.name, other)
		case known:
			f.value(path, e.value, into.FieldByIndex(i))
		case why != "":
			f.warnf(e.key, "%s has no effect: %s", path, why)
		default:
			f.errorf(e.key, "unknown key %q%s", e.name, f.suggestion(path, fields))
		}
	}
}

// noSection records that the value of a key is no section. The value is not quoted: somebody may
// have written a secret there instead of below it.
func (f *File) noSection(path Path, node ast.Node) {
	const wants = "must be a section with keys below it"
	if len(path) == 0 {
		f.errorf(node, "this %s", wants)
	} else {
		f.errorf(node, "%s: %s", path, wants)
	}
}

// wrong records that the value of a key does not have the form wants.
func (f *File) wrong(path Path, node ast.Node, wants string) {
	f.errorf(node, "%s: %s is not %s", path, f.described(node), wants)
}

func (f *File) reason(path Path) string {
	if f.ignored == nil {
		return ""
	}
	return f.ignored(path)
}

// value reads the value of a key, which is a section if the field is a struct.
func (f *File) value(path Path, node ast.Node, into reflect.Value) {
	if isNull(f.resolved(node)) {
		return
	}
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	wants := ""
	switch list, isList := into.Addr().Interface().(sections); {
	case isList:
		wants = list.decode(f, path, node)
	case into.Kind() == reflect.Struct:
		f.decode(path, node, into)
		return
	default:
		wants = f.leaf(node, into)
	}
	if wants != "" {
		f.wrong(path, node, wants)
	} else {
		f.places[path.String()] = node.GetToken().Position.Line
	}
}

// suggestion returns the known key that was probably meant: one of the same section with a similar
// name, or one of the same name in another section.
func (f *File) suggestion(path Path, fields map[string][]int) string {
	name := path[len(path)-1]
	known := slices.Sorted(maps.Keys(fields))
	if len(path) == 1 && f.outer != "" {
		known = append(known, f.outer)
	}
	if near := nearest(name, known); near != "" {
		return "; did you mean \"" + near + "\"?"
	}
	for _, other := range Keys(f.top) {
		if plain(other[len(other)-1]) == plain(name) {
			return "; did you mean \"" + other.String() + "\"?"
		}
	}
	return ""
}
