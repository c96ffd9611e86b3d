package prose

import (
	"maps"
	"reflect"
	"slices"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// children brings what stands in a list to what stands in a node.
func (e *editor) children(l list, in *unit, to markdown.Node) {
	l = l.inner()
	e.arrange(l, e.units(l, in), in, to)
}

// arrange does so with some of what stands there.
func (e *editor) arrange(l list, units []unit, in *unit, to markdown.Node) {
	wanted := parts(to.Content)
	match := matched(units, wanted)
	partners := pairs(units, wanted, match)
	place, at := l.before(0), 0
	loud := loudest(units)
	var written *markdown.Place // place, if something was written there
	for j := range wanted {
		i := max(match[j], partners[j])
		switch {
		case i < 0:
			e.insert(l, &place, at, wanted[j], in.node.Name == markdown.CodeBlock)
			written = &place
			continue
		case match[j] >= 0:
			place = l.before(units[i].to)
		default:
			place = e.unit(l, &units[i], written, wanted[j], in.manner(loud, i, wanted, j))
		}
		at, written = units[i].to, nil
	}
	e.deleteOthers(l, units, match, partners)
}

// nodesOf are a part as nodes.
func nodesOf(part markdown.Node) []markdown.Node {
	if part.Name == markdown.Text {
		return part.Content
	}
	return []markdown.Node{part}
}

func (e *editor) deleteOthers(l list, units []unit, match, partners []int) {
	stays := make([]bool, len(units))
	for j := range match {
		for _, i := range [...]int{match[j], partners[j]} {
			if i >= 0 {
				stays[i] = true
			}
		}
	}
	for i, u := range units {
		if !stays[i] && !u.silent {
			e.deleteItems(l, u.from, u.to)
		}
	}
}

// deleteItems deletes what stands between two items of a list. What follows text keeps its formats.
func (e *editor) deleteItems(l list, from, to int) {
	for i := from; i < to; i++ {
		if !isString(l.items[i]) && !isFormat(l.items[i]) {
			e.delete(l.items[i])
			continue
		}
		end := min(l.runEnd(i), to)
		e.text(l, i, end, nil, nil, textContext{})
		i = end - 1
	}
}

// insert writes a part before item at of a list, at a place that moves on: text into
// the list itself where there is such text, or where documents have it so.
func (e *editor) insert(l list, p *markdown.Place, at int, part markdown.Node, code bool) {
	switch inForce := l.inForce(at); {
	case !e.direct && !l.texts:
		e.w.Nodes(p, nodesOf(part))
	case part.Name == markdown.Text:
		e.insertText(p, inForce, part.Content, textContext{code: code})
	case e.direct && mayHaveMarks(part.Name):
		t := &textEdit{editor: e}
		with := t.inserted(inForce, part.Marks)
		t.change(p, inForce, with)
		part.Marks = nil
		e.w.Nodes(p, []markdown.Node{part})
		t.change(p, with, inForce)
	default:
		e.w.Nodes(p, []markdown.Node{part})
	}
}

// loudest are the first and the last of some units that Markdown says something of.
func loudest(units []unit) (ends [2]int) {
	ends = [2]int{len(units), -1}
	for i := range units {
		if !units[i].silent {
			ends[0], ends[1] = min(ends[0], i), i
		}
	}
	return ends
}

func (in *unit) manner(loud [2]int, i int, wanted []markdown.Node, j int) (at textContext) {
	at.code = in.node.Name == markdown.CodeBlock
	if in.node.Name != markdown.Paragraph && in.node.Name != markdown.Heading {
		return at
	}
	at.start = j == 0 && i <= loud[0]
	at.end = j == len(wanted)-1 && i >= loud[1]
	return at
}

// unit brings a unit to what a node of the same name says, and returns the place
// behind it. start is behind what was written before it, if anything was.
func (e *editor) unit(
	l list, u *unit, start *markdown.Place, to markdown.Node, how textContext,
) markdown.Place {
	behind := l.before(u.to)
	if u.isRun {
		return e.text(l, u.from, u.to, start, to.Content, how)
	}
	if u.isWhole {
		e.insert(l, &behind, u.to, to, how.code)
		e.delete(l.items[u.from])
		return behind
	}
	inner := listOf(u.typ, markdown.InType(l.items[u.from].First()))
	if to.Name == markdown.Text {
		e.text(inner, 0, len(inner.items), nil, to.Content, how)
		return behind
	}
	e.attributes(u, inner.parent, to)
	e.children(inner, u, to)
	return behind
}

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
