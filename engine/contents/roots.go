package contents

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// Root is a named shared type of a document. Updates do not contain the kind of a root, so it is
// guessed from the content.
type Root struct {
	view.Type
	Name string
	Kind byte
}

// Roots returns the roots that have content, in order, and the one of that name, which editors use,
// if it was ever written to. Format marks that a deleted text leaves behind are no content. The
// root with the provenance of seeds is left out.
func Roots(v *view.View, editors string) (all []Root) {
	for _, name := range v.Roots() {
		t := v.Root(name)
		holds := name == editors || holdsValue(t) || hasEntry(t)
		if holds && !isOwn(name) {
			all = append(all, Root{t, name, KindOf(t, name == editors)})
		}
	}
	return all
}

// isOwn reports whether a root is the one with the provenance of seeds, which is neither read nor
// written as content.
func isOwn(name string) bool { return name == markdown.ProvenanceRoot }

// KindOf returns the kind of a root; that of one without content is a fragment's if it is one.
func KindOf(t view.Type, fragment bool) byte {
	text := false
	for it := range t.Items() {
		switch {
		case it.Deleted():
		case it.Ref() == yjs.RefType && isXML(it.Type()):
			return yjs.TypeXMLFragment
		case it.Ref() == yjs.RefString:
			text = true
		}
	}
	switch {
	case text:
		return yjs.TypeText
	case hasEntry(t):
		return yjs.TypeMap
	case fragment && !holdsValue(t):
		return yjs.TypeXMLFragment
	}
	return yjs.TypeArray
}

// holdsValue reports whether the list of a type shows anything. Formats are nothing.
func holdsValue(t view.Type) bool {
	for it := range t.Items() {
		if !it.Deleted() && it.Ref() != yjs.RefFormat {
			return true
		}
	}
	return false
}

// hasEntry reports whether a map has a key, or an element an attribute.
func hasEntry(t view.Type) bool {
	for range t.EachEntry() {
		return true
	}
	return false
}

func isXML(t view.Type) bool {
	xml := []byte{yjs.TypeXMLElement, yjs.TypeXMLText, yjs.TypeXMLHook}
	return slices.Contains(xml, t.Kind())
}

// Label returns the root's name for messages.
func (r Root) Label() string {
	kinds := map[byte]string{
		yjs.TypeXMLFragment: "XML", yjs.TypeText: "a text", yjs.TypeMap: "a map",
	}
	return fmt.Sprintf("%q (%s)", r.Name, cmp.Or(kinds[r.Kind], "an array"))
}

// ShapeError says that a document has no content of the kind that was asked for.
type ShapeError struct {
	Want string // "text", "Markdown" or "such root"
	Root string // that was looked at; empty: none was named
	Has  string // the roots that there are
}

func (e *ShapeError) Error() string {
	text := "the document has no " + e.Want
	if e.Root != "" {
		text += fmt.Sprintf(" in %q", e.Root)
	}
	return text + "; it has " + cmp.Or(e.Has, "nothing")
}

// shapeRoots is how many roots a ShapeError lists at most.
const shapeRoots = 20

// wrongShape returns a ShapeError that lists the roots of a document.
func wrongShape(v *view.View, want, name string) error {
	var labels []string
	for _, r := range Roots(v, "") {
		if labels = append(labels, r.Label()); len(labels) > shapeRoots {
			labels[shapeRoots] = "…"
			break
		}
	}
	return &ShapeError{want, name, strings.Join(labels, ", ")}
}
