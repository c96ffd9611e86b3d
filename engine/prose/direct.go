package prose

import (
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// textForm is where the text of a document is.
type textForm byte

const (
	noText     textForm = iota
	onlyDirect          // in elements, or in types without a name, as bindings of Yjs 14 write it
	inTexts             // in an XmlText in each, as y-prosemirror does, or in both
)

// HasDirectText reports whether a document has all its text directly in elements, as Yjs 14 writes
// it. In such a document an image or a reference may be in a link.
func HasDirectText(v *view.View, s markdown.Schema) bool {
	return textFormOf(v.Root(s.Root())) == onlyDirect
}

// textFormOf returns the form of the text in a type and in the types in it. One XmlText makes it
// inTexts: the editor that wrote it may read no other form.
func textFormOf(parent view.Type) (form textForm) {
	for it := range parent.Items() {
		switch {
		case it.Deleted():
		case isString(it), isFormat(it):
			form = max(form, onlyDirect)
		case it.Ref() == yjs.RefType:
			form = max(form, formIn(it.Type()))
		}
		if form == inTexts {
			break
		}
	}
	return form
}

// formIn returns the form of the text in a type that is in another.
func formIn(t view.Type) textForm {
	form := textFormOf(t)
	if form != noText && (t.Kind() == yjs.TypeXMLText || t.Kind() == yjs.TypeText) {
		return inTexts
	}
	return form
}

// HasContentBeyondMarkdown reports whether a document has content outside of the root type with its
// text: comments in a map, or another text.
func HasContentBeyondMarkdown(v *view.View, s markdown.Schema) bool {
	for _, name := range v.Roots() {
		if name == markdown.ProvenanceRoot {
			continue
		}
		if root := v.Root(name); root.HasEntries() || name != s.Root() && root.HasItems() {
			return true
		}
	}
	return false
}
