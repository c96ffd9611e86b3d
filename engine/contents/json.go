package contents

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// JSON returns what doc.toJSON() returns in Yjs, as if each root had been defined with its kind or,
// with a name, what that root's toJSON returns. editors is the root that editors use. The error is
// that of view.New, to which the options are passed, or a ShapeError.
func JSON(state yjs.CheckedUpdate, editors, name string, options ...view.Option) (
	text []byte, err error,
) {
	defer view.Recover(&err)
	v, err := view.New(state, options...)
	if err != nil {
		return nil, err
	}
	all := make(map[string]any)
	for _, r := range Roots(v, editors) {
		if name == "" || name == r.Name {
			all[r.Name] = Jsonable(r.JSON(r.Kind))
		}
	}
	if name == "" {
		return marshal(all)
	}
	value, found := all[name]
	if !found {
		return nil, wrongShape(v, "such root", name)
	}
	return marshal(value)
}

// marshal returns a value as JSON, in which "<" is not escaped.
func marshal(value any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(value)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// Jsonable converts values that JSON cannot express as JSON.stringify does: to null, and undefined
// members are left out. A BigInt becomes a number, bytes become base64, and a subdocument its guid
// and options.
func Jsonable(value any) any {
	switch v := value.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
	case view.Undefined:
		return nil
	case view.Doc:
		return map[string]any{"guid": v.GUID, "options": Jsonable(v.Options)}
	case view.Type:
		return Jsonable(v.JSON(v.Kind()))
	case []any:
		v = slices.Clone(v)
		for i := range v {
			v[i] = Jsonable(v[i])
		}
		return v
	case map[string]any:
		for k := range v {
			if _, undefined := v[k].(view.Undefined); undefined {
				delete(v, k)
			} else {
				v[k] = Jsonable(v[k])
			}
		}
	}
	return value
}
