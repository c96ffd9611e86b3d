package prose

import (
	"slices"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// each returns a unit for each type in a list, and for each run of text directly in it.
func (t treeReader) each(l list) (units []unit) {
	r := t.nodes() // over all of the list, as formats go on
	for i := 0; i < len(l.items); i++ {
		it := l.items[i]
		switch {
		case it.Deleted():
		case isString(it), isFormat(it):
			units = append(units, r.textUnit(l, unit{from: i, to: l.runEnd(i), isRun: true}))
			i = units[len(units)-1].to - 1
		case it.Ref() == yjs.RefType:
			u := t.typeUnit(i, it.Type())
			u.node.Marks = r.inlineMarks(u.node.Name)
			units = append(units, u)
		case stringsOf(it) != "":
			units = append(units, r.textUnit(l, unit{from: i, to: i + 1, isWhole: true}))
		}
	}
	return units
}

// textUnit returns a unit of text that is directly in the list.
func (r *nodeReader) textUnit(l list, u unit) unit {
	for _, it := range l.items[u.from:u.to] {
		r.add(it)
	}
	u.node = markdown.Node{Name: markdown.Text, Content: r.take()}
	return u
}

// typeUnit returns the unit of a type. A type without a name is a Text, or a node without a name if
// it has other content too.
func (t treeReader) typeUnit(i int, typ view.Type) unit {
	u := unit{from: i, to: i + 1, typ: typ}
	if isElement(typ) {
		u.node = t.element(typ)
		return u
	}
	u.node = markdown.Node{Name: markdown.Text, Content: t.children(typ)}
	for it := range typ.Items() {
		u.isWhole = u.isWhole || hasTextBeyondStrings(it)
	}
	for i := range u.node.Content {
		if u.node.Content[i].Name != markdown.Text {
			u.node.Name = "" // of no node
		}
	}
	return u
}

// hasTextBeyondStrings reports whether an item of a text has text that is not in a string item: in
// a type, or as a value.
func hasTextBeyondStrings(it view.Item) bool {
	return !it.Deleted() &&
		(it.Ref() == yjs.RefType || it.Ref() != yjs.RefString && stringsOf(it) != "")
}

// inner returns the list that an edit is made in. If the only item of l is a type without a name
// that contains more than strings, it is the list of that type, or in turn of its only item. Else
// it is l.
func (l list) inner() list {
	for {
		it, ok := l.only()
		if !ok || it.Ref() != yjs.RefType || isElement(it.Type()) {
			return l
		}
		held := listOf(it.Type(), markdown.InType(it.First()))
		if !slices.ContainsFunc(held.items, hasTextBeyondStrings) {
			return l
		}
		l = held
	}
}

// only returns the item of a list that is not deleted, if there is exactly one.
func (l list) only() (it view.Item, ok bool) {
	live := func(it view.Item) bool { return !it.Deleted() }
	i := slices.IndexFunc(l.items, live)
	if i < 0 || slices.ContainsFunc(l.items[i+1:], live) {
		return it, false
	}
	return l.items[i], true
}

// runEnd returns the end of the run of text that begins with item i.
func (l list) runEnd(i int) (end int) {
	for ; i < len(l.items); i++ {
		switch it := l.items[i]; {
		case it.Deleted():
		case isString(it), isFormat(it):
			end = i + 1
		default:
			return end
		}
	}
	return end
}

// nodes returns a unit as nodes of a tree, a text as its runs.
func (u *unit) nodes() []markdown.Node {
	if u.node.Name == markdown.Text || u.node.Name == "" {
		return u.node.Content
	}
	return []markdown.Node{u.node}
}

// isInline reports whether a unit belongs in a line.
func (u *unit) isInline() bool {
	if u.node.Name != "" {
		return markdown.IsInline(u.node.Name)
	}
	for i := range u.node.Content {
		if !markdown.IsInline(u.node.Content[i].Name) {
			return false
		}
	}
	return true
}
