package yamlfile

import (
	"reflect"
	"slices"
	"strings"
)

// Path is the place of a key: the names of the sections around it, and its own name last.
type Path []string

func (p Path) String() string { return strings.Join(p, ".") }

// below returns the path of a key in the section p.
func (p Path) below(name string) Path { return append(slices.Clip(p), name) }

// fieldsOf returns the indexes of a struct's fields by their keys. Those of embedded structs count
// as its own.
func fieldsOf(t reflect.Type) map[string][]int {
	fields := make(map[string][]int)
	for _, field := range reflect.VisibleFields(t) {
		if name := field.Tag.Get("yaml"); name != "" {
			fields[name] = field.Index
		}
	}
	return fields
}

// spellings returns the keys of a struct by their other spellings, which are the alias tags of the
// fields.
func spellings(t reflect.Type) map[string]string {
	keys := make(map[string]string)
	for _, field := range reflect.VisibleFields(t) {
		if other := field.Tag.Get("alias"); other != "" {
			keys[other] = field.Tag.Get("yaml")
		}
	}
	return keys
}

// Keys returns the paths of all keys of a struct, in their order there.
func Keys(t reflect.Type) []Path { return keys(t, nil) }

func keys(t reflect.Type, path Path) (all []Path) {
	for _, field := range reflect.VisibleFields(t) {
		name := field.Tag.Get("yaml")
		if name == "" {
			continue
		}
		inner := field.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			all = append(all, keys(inner, path.below(name))...)
		} else {
			all = append(all, path.below(name))
		}
	}
	return all
}
