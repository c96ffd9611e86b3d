package snapshots

import (
	"slices"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/contents"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// root is a root of a document, for the remarks about it.
type root struct{ contents.Root }

// roots returns the roots that contents.Roots returns.
func roots(v *view.View, of markdown.Schema) (all []root) {
	for _, r := range contents.Roots(v, of.Root()) {
		all = append(all, root{r})
	}
	return all
}

// editorsIn returns a function that reports whether a root is the fragment that editors work on.
func editorsIn(of markdown.Schema) func(root) bool {
	return func(r root) bool { return r.Name == of.Root() && r.Kind == yjs.TypeXMLFragment }
}

// isRich reports whether a piece of text has formats, or is something embedded.
func isRich(o view.Op) bool {
	_, plain := o.Insert.(string)
	return !plain || len(o.Attributes) > 0
}

// leftOut returns remarks on the parts of a root that are left out in its form.
func (r root) leftOut() (remarks []string) {
	if r.Kind != yjs.TypeMap && len(r.Entries()) > 0 {
		remarks = append(remarks, r.Label()+" has entries besides, which are left out; the format yjs has them")
	}
	if r.Kind == yjs.TypeText && slices.ContainsFunc(r.Delta(), isRich) {
		remarks = append(remarks, r.Label()+" is shown without its formats and what is embedded in it; the format yjs has them")
	}
	return remarks
}
