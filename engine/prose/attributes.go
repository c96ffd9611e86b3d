package prose

import (
	"maps"
	"reflect"
	"slices"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// attributes sets those in which an element says something else than a node of the same name.
func (e *editor) attributes(u *unit, parent []byte, to markdown.Node) {
	have := u.plain().Attrs
	all := maps.Clone(to.Attrs)
	if all == nil {
		all = markdown.Attrs{}
	}
	maps.Copy(all, have)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if !reflect.DeepEqual(have[name], to.Attrs[name]) {
			e.attribute(u, parent, e.schema.Attr(to.Name, name), to.Attrs[name])
		}
	}
}

// attribute gives an attribute another value; nil is none.
func (e *editor) attribute(u *unit, parent []byte, key string, value any) {
	place := markdown.Place{Parent: parent}
	if last, ok := u.typ.Entry(key); ok {
		e.delete(last)
		place.Left, place.HasLeft = last.Last(), true
	}
	if value != nil {
		e.w.Attribute(place, key, value)
	}
}
