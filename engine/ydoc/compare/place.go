package compare

import (
	"encoding/base64"
	"encoding/json"
	"math"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// place is where a block is.
type place struct {
	root string
	path []any // int: the index in a list; string: a key
}

// at returns the place of a block in the list of this one.
func (p *place) at(index uint64) *place { return p.under(int(index)) }

// under returns the place of a block in this one.
func (p *place) under(step any) *place {
	n := len(p.path)
	return &place{p.root, append(p.path[:n:n], step)}
}

// partSteps is the number of steps for which a part of an answer counts, beside those of its path:
// an answer must not need much more memory than the documents.
const partSteps = 32

// stepsOf is the number of steps for which a part of an answer counts that is at a place.
func stepsOf(p *place) int { return partSteps + 4*len(p.path) }

// blockKinds are the kinds of blocks, by their type refs.
var blockKinds = map[byte]string{
	yjs.TypeArray: "array", yjs.TypeMap: "map", yjs.TypeText: "text",
	yjs.TypeXMLElement: "element", yjs.TypeXMLFragment: "fragment", yjs.TypeXMLHook: "hook",
	yjs.TypeXMLText: "xml-text",
}

// kindOf returns the kind of a block that is no root, and the name of an element or hook.
func kindOf(t view.Type) (kind, name string) { return blockKinds[t.Kind()], t.Name() }

// plain converts the values of an item to those that JSON can express, as JSON.stringify does: what
// it cannot becomes nil. Bytes become base64, a BigInt a number, a subdocument its guid.
func plain(value any) any {
	switch v := value.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	case view.Undefined, view.Type:
		return nil
	case view.BigInt:
		return int64(v)
	case []byte:
		return base64.StdEncoding.EncodeToString(v)
	case view.Doc:
		return map[string]any{"guid": v.GUID}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plain(v[k])
		}
	}
	return value
}

// parsed returns the value of JSON, as formats have it.
func parsed(text string) (value any) {
	_ = json.Unmarshal([]byte(text), &value) // nil for undefined
	return value
}

// textOf returns the text in a block, one line for each block in it.
func textOf(t view.Type) string {
	var b []byte
	for it := range t.Items() {
		it.Spend(1)
		switch {
		case it.Deleted():
		case it.Ref() == yjs.RefString:
			it.Spend(int(it.Len()))
			b = append(b, it.Text()...)
		case it.Ref() == yjs.RefType:
			if inner := textOf(it.Type()); inner != "" && len(b) > 0 {
				b = append(append(b, '\n'), inner...)
			} else {
				b = append(b, inner...)
			}
		}
	}
	return string(b)
}
