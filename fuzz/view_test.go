package fuzz

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// roots are the root types of every session's documents, as worker/edits.mjs has them.
var roots = map[string]byte{
	"text": yjs.TypeText, "array": yjs.TypeArray, "map": yjs.TypeMap, "default": yjs.TypeXMLFragment,
	"element": yjs.TypeXMLElement, "xmltext": yjs.TypeXMLText, "": yjs.TypeArray, "ü😀": yjs.TypeMap,
}

var constructors = []string{"YArray", "YMap", "YText", "YXmlElement", "YXmlFragment", "YXmlHook", "YXmlText"}

// readView returns the content of every root as the view reads it, in the form that
// worker/reading.mjs reads: [name, type, JSON].
func readView(d *ydoc.Doc) ([]byte, error) {
	v, err := view.New(yjs.Trust(d.AppendState(nil)))
	if err != nil {
		return nil, fmt.Errorf("view: %w", err)
	}
	var read []any
	for name, kind := range roots {
		t := v.Root(name)
		read = append(read, []any{name, typeNode(t, kind), node(t.JSON(kind))})
	}
	return json.Marshal(read)
}

// node returns a value as JSON without loss: a value that JSON has no form for is an object with
// one member, named after its type.
func node(value any) any {
	switch value := value.(type) {
	case nil, bool:
		return value
	case string:
		return map[string]any{"string": value}
	case float64:
		return map[string]any{"number": fmt.Sprintf("%016x", math.Float64bits(value))}
	case view.BigInt:
		return map[string]any{"bigint": strconv.FormatInt(int64(value), 10)}
	case []byte:
		return map[string]any{"bytes": value}
	case []any:
		return list(value)
	case map[string]any:
		return object(value)
	case view.Doc:
		return map[string]any{"doc": []any{value.GUID, object(value.Options)}}
	case view.Type:
		return typeNode(value, value.Kind())
	}
	return map[string]any{"undefined": true}
}

func list(values []any) []any {
	nodes := make([]any, len(values))
	for i := range values {
		nodes[i] = node(values[i])
	}
	return nodes
}

func object(members map[string]any) any {
	nodes := make(map[string]any, len(members))
	for k, v := range members {
		nodes[k] = node(v)
	}
	return map[string]any{"object": nodes}
}

func typeNode(t view.Type, kind byte) any {
	name := t.Name()
	if t.IsRoot() {
		name = rootName(kind)
	}
	elements := list(t.Values())
	if kind == yjs.TypeText || kind == yjs.TypeXMLText {
		elements = delta(t)
	}
	return map[string]any{"type": []any{constructors[kind], name, elements, object(t.Entries())}}
}

// rootName returns Yjs' name of a root element, whose node name is in no update.
func rootName(kind byte) string {
	if kind == yjs.TypeXMLElement {
		return "UNDEFINED"
	}
	return ""
}

func delta(t view.Type) []any {
	ops := []any{}
	for _, op := range t.Delta() {
		members := map[string]any{"insert": op.Insert}
		if op.Attributes != nil {
			members["attributes"] = op.Attributes
		}
		ops = append(ops, object(members))
	}
	return ops
}
