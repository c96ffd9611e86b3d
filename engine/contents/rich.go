package contents

import (
	"slices"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// isRich reports whether a document has the fragment that a schema names.
func isRich(v *view.View, s markdown.Schema) bool {
	t := v.Root(s.Root())
	return t.HasItems() && KindOf(t, false) == yjs.TypeXMLFragment
}

// Markdown returns the fragment that a schema names as Markdown; an empty document has an empty
// one. The error is that of view.New, to which the options are passed, or a ShapeError.
func Markdown(state yjs.CheckedUpdate, s markdown.Schema, options ...view.Option) (
	text string, err error,
) {
	defer view.Recover(&err)
	v, done, err := newView(state, options)
	if err != nil {
		return "", err
	}
	defer done()
	if err := checkRich(v, s); err != nil {
		return "", err
	}
	return markdown.Format(prose.Read(v, s)), nil
}

// checkRich returns a ShapeError unless a document has the fragment that a schema names, or
// nothing.
func checkRich(v *view.View, s markdown.Schema) error {
	all := Roots(v, s.Root())
	isFragment := func(r Root) bool {
		return r.Name == s.Root() && r.Kind == yjs.TypeXMLFragment
	}
	if isOwn(s.Root()) || len(all) > 0 && !slices.ContainsFunc(all, isFragment) {
		return wrongShape(v, "Markdown", s.Root())
	}
	return nil
}

// EditMarkdown returns the update that makes the fragment that a schema names equal to a Markdown
// text; nil if it is. The error is one of view.New, to which the options are passed, or of
// markdown.Parse, or a ShapeError.
func EditMarkdown(
	state yjs.CheckedUpdate, s markdown.Schema, to string, options ...view.Option,
) (update []byte, err error) {
	defer view.Recover(&err)
	v, err := view.New(state, options...)
	if err != nil {
		return nil, err
	}
	if err := checkRich(v, s); err != nil {
		return nil, err
	}
	tree, err := markdown.Parse(to)
	if err != nil {
		return nil, err
	}
	return prose.Edit(state, s, tree, options...)
}
