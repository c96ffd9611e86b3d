package prose

import (
	"maps"
	"reflect"
	"slices"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// children edits the content of the node in, which is in list l, so that it equals that of to.
func (e *editor) children(l list, in *unit, to markdown.Node) {
	l = l.inner()
	e.arrange(l, e.units(l, in), in, to)
}

// arrange edits units of a list, the content of the node in, so that they equal the content of to.
func (e *editor) arrange(l list, units []unit, in *unit, to markdown.Node) {
	wanted := parts(to.Content)
	match := matched(units, wanted)
	partners := pairs(units, wanted, match)
	place, at := l.before(0), 0
	expressed := expressedEnds(units)
	var written *markdown.Place // &place if content was just written there, else nil
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
			place = e.unit(l, &units[i], written, wanted[j], in.contextOf(expressed, i, wanted, j))
		}
		at, written = units[i].to, nil
	}
	e.deleteOthers(l, units, match, partners)
}

// nodesOf returns the nodes of a part; see parts.
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
		if !stays[i] && !u.unexpressed {
			e.deleteItems(l, u.from, u.to)
		}
	}
}

// deleteItems deletes items[from:to] of a list. The formats in force behind them do not change.
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

// insert writes a part at place p, before item at of a list, and moves p behind it. Text is written
// directly into the list if the list or the document has text so, else into an XmlText.
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

// expressedEnds returns the indices of the first and the last unit that Markdown can express.
func expressedEnds(units []unit) (ends [2]int) {
	ends = [2]int{len(units), -1}
	for i := range units {
		if !units[i].unexpressed {
			ends[0], ends[1] = min(ends[0], i), i
		}
	}
	return ends
}

// contextOf returns how the text of units[i] of in is compared with wanted[j].
func (in *unit) contextOf(expressed [2]int, i int, wanted []markdown.Node, j int) (at textContext) {
	at.code = in.node.Name == markdown.CodeBlock
	if in.node.Name != markdown.Paragraph && in.node.Name != markdown.Heading {
		return at
	}
	at.start = j == 0 && i <= expressed[0]
	at.end = j == len(wanted)-1 && i >= expressed[1]
	return at
}

// unit edits a unit so that it equals a node of the same name, and returns the place behind it.
// start is the place behind the content that was written before it, nil if there is none.
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

// attributes sets the attributes of an element that differ from those of to, a node of its name.
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

// attribute sets an attribute to a value, or deletes it if that is nil.
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
