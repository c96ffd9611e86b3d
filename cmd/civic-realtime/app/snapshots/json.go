package snapshots

import (
	"encoding/json"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/contents"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// json returns the result of doc.toJSON() in Yjs, as if each root had been defined with its kind.
// Remarks name the parts that are left out.
func (s State) json(of markdown.Schema) (text string, remarks []string, err error) {
	defer view.Recover(&err)
	v, err := s.view()
	if err != nil {
		return "", nil, err
	}
	all := make(map[string]any)
	for _, name := range v.Roots() {
		t := v.Root(name)
		r := root{contents.Root{Type: t, Name: name, Kind: contents.KindOf(t, name == of.Root())}}
		all[name] = r.JSON(r.Kind)
		remarks = append(remarks, r.leftOut()...)
	}
	text, err = indented(all)
	return text, remarks, err
}

// indented returns a value of a document as JSON.
func indented(value any) (string, error) {
	b, err := json.MarshalIndent(contents.Jsonable(value), "", "  ")
	return string(b) + "\n", err
}
