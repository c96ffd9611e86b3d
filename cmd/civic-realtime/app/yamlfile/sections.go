package yamlfile

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// List is a list of sections: structs whose fields have yaml tags, and the same json tags. Outside
// of files its form is JSON.
type List[T any] []T

const wantsList = "a list of sections"

// Parse implements scalar.
func (l *List[T]) Parse(text string) (wants string) {
	var list List[T]
	if err := yaml.UnmarshalWithOptions([]byte(text), (*[]T)(&list), yaml.Strict()); err != nil {
		return wantsList + ` in JSON, such as [{"key": "value"}]`
	}
	*l = list
	return ""
}

// String returns the list in the form that Parse reads, secrets included.
func (l List[T]) String() string {
	b, err := json.Marshal([]T(l))
	if err != nil {
		return ""
	}
	return string(b)
}

// sections is a List.
type sections interface {
	decode(f *File, path Path, node ast.Node) (wants string)
}

// decode reads the list of a file. The path of the first section is that of the list, with [1].
func (l *List[T]) decode(f *File, path Path, node ast.Node) (wants string) {
	list, ok := f.resolved(node).(*ast.SequenceNode)
	if !ok {
		return wantsList
	}
	*l = nil
	for i, value := range list.Values {
		var item T
		at := path[:len(path)-1].below(fmt.Sprintf("%s[%d]", path[len(path)-1], i+1))
		f.decode(at, value, reflect.ValueOf(&item).Elem())
		*l = append(*l, item)
	}
	return ""
}
