package snapshots

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// root is a named shared type of a document. Updates do not contain the kind of a root, so it is
// guessed from the content.
type root struct {
	view.Type
	name string
	kind byte
}

// roots returns the roots that have content, in order, and the editors' root if it was ever written
// to. Format marks that a deleted text leaves behind are no content. The root with the provenance
// of seeds is left out.
func roots(v *view.View, of markdown.Schema) (all []root) {
	for _, name := range v.Roots() {
		t := v.Root(name)
		holds := name == of.Root() || len(t.Values()) > 0 || len(t.Entries()) > 0
		if holds && name != markdown.ProvenanceRoot {
			all = append(all, root{t, name, kindOf(t, name == of.Root())})
		}
	}
	return all
}

func kindOf(t view.Type, fragment bool) byte {
	switch {
	case slices.ContainsFunc(t.Values(), isXML):
		return yjs.TypeXMLFragment
	case t.String() != "":
		return yjs.TypeText
	case fragment:
		return yjs.TypeXMLFragment
	case len(t.Entries()) > 0:
		return yjs.TypeMap
	}
	return yjs.TypeArray
}

func isXML(value any) bool {
	t, ok := value.(view.Type)
	xml := []byte{yjs.TypeXMLElement, yjs.TypeXMLText, yjs.TypeXMLHook}
	return ok && slices.Contains(xml, t.Kind())
}

// label returns the root's name for messages.
func (r root) label() string {
	kinds := map[byte]string{yjs.TypeXMLFragment: "XML", yjs.TypeText: "a text", yjs.TypeMap: "a map"}
	return fmt.Sprintf("%q (%s)", r.name, cmp.Or(kinds[r.kind], "an array"))
}

// editorsIn returns a function that reports whether a root is the fragment that editors work on.
func editorsIn(of markdown.Schema) func(root) bool {
	return func(r root) bool { return r.name == of.Root() && r.kind == yjs.TypeXMLFragment }
}

// isRich reports whether a piece of text has formats, or is something embedded.
func isRich(o view.Op) bool {
	_, plain := o.Insert.(string)
	return !plain || len(o.Attributes) > 0
}

// leftOut returns remarks on the parts of a root that are left out in its form.
func (r root) leftOut() (remarks []string) {
	if r.kind != yjs.TypeMap && len(r.Entries()) > 0 {
		remarks = append(remarks, r.label()+" has entries besides, which are left out; the format yjs has them")
	}
	if r.kind == yjs.TypeText && slices.ContainsFunc(r.Delta(), isRich) {
		remarks = append(remarks, r.label()+" is shown without its formats and what is embedded in it; the format yjs has them")
	}
	return remarks
}
