package snapshots

import (
	"encoding/json"
	"math"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// json returns the result of doc.toJSON() in Yjs, as if each root had been defined with its kind.
// Remarks name the parts that are left out.
func (s State) json(of markdown.Schema) (text string, remarks []string, err error) {
	v, err := s.view()
	if err != nil {
		return "", nil, err
	}
	all := make(map[string]any)
	for _, name := range v.Roots() {
		t := v.Root(name)
		r := root{t, name, kindOf(t, name == of.Root())}
		all[name] = r.JSON(r.kind)
		remarks = append(remarks, r.leftOut()...)
	}
	text, err = indented(all)
	return text, remarks, err
}

// indented returns a value of a document as JSON.
func indented(value any) (string, error) {
	b, err := json.MarshalIndent(jsonable(value), "", "  ")
	return string(b) + "\n", err
}

// jsonable converts values that JSON cannot express as JSON.stringify does: to null, and undefined
// members are left out. A BigInt becomes a number, bytes become base64, and a subdocument its guid
// and options.
func jsonable(value any) any {
	switch v := value.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	case view.Undefined:
		return nil
	case view.Doc:
		return map[string]any{"guid": v.GUID, "options": jsonable(v.Options)}
	case view.Type:
		return jsonable(v.JSON(v.Kind()))
	case []any:
		for i := range v {
			v[i] = jsonable(v[i])
		}
	case map[string]any:
		for k := range v {
			if _, undefined := v[k].(view.Undefined); undefined {
				delete(v, k)
			} else {
				v[k] = jsonable(v[k])
			}
		}
	}
	return value
}
