package prose

import (
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// unit is one or more consecutive items of a list that are kept, edited or deleted as one.
type unit struct {
	from, to    int           // of the list's items
	typ         view.Type     // the content of the item, if that is a type
	isRun       bool          // it is strings and formats, directly in the list
	isWhole     bool          // it cannot be edited, only replaced
	node        markdown.Node // as it is read; of a text, with its runs as content
	normal      []markdown.Node
	keys        []string // of normal; nil if the normal form of the unit is not known
	unexpressed bool     // Markdown cannot express it, so it may stay in any place
}

// plain returns the normal form of a unit if it is one node, else the zero Node.
func (u *unit) plain() markdown.Node {
	if len(u.normal) == 1 {
		return u.normal[0]
	}
	return markdown.Node{}
}

// setKeys sets the keys of the nodes of a unit.
func (u *unit) setKeys(normal []markdown.Node) {
	u.normal, u.keys = normal, make([]string, len(normal))
	for i := range normal {
		u.keys[i] = key(normal[i])
	}
}

// units divides the content of the node in, which is in list l, into units.
func (t treeReader) units(l list, in *unit) []unit {
	units := t.each(l)
	switch in.node.Name {
	case markdown.BulletList, markdown.OrderedList:
		return items(units)
	case markdown.Table:
		return rows(units, in.plain())
	case markdown.TableRow:
		return cells(units, in.plain())
	case markdown.TableCell, markdown.TableHeader:
		return cellBlocks(units)
	case markdown.Paragraph, markdown.Heading:
		return inlines(units)
	case markdown.CodeBlock:
		return code(units)
	}
	return blocks(units)
}

func normalDoc(nodes ...markdown.Node) []markdown.Node {
	return markdown.Normalize(markdown.Node{Name: markdown.Doc, Content: nodes}).Content
}

func isEmptyParagraph(nodes []markdown.Node) bool {
	return len(nodes) == 1 && nodes[0].Name == markdown.Paragraph && len(nodes[0].Content) == 0
}

// blocks returns the units of a list that holds blocks. Adjacent inline units are joined to one,
// which Markdown reads as a paragraph.
func blocks(each []unit) (units []unit) {
	for i := 0; i < len(each); {
		u := each[i]
		nodes := slices.Clip(u.nodes())
		inline := u.isInline()
		for i++; inline && i < len(each) && each[i].isInline(); i++ {
			nodes = append(nodes, each[i].nodes()...)
			u.to = each[i].to
		}
		if inline {
			u.node = markdown.Node{}
		}
		u.setKeys(normalDoc(nodes...))
		u.unexpressed = isEmptyParagraph(u.normal)
		units = append(units, u)
	}
	return units
}

// items returns the units of a list node: one for each list item.
func items(units []unit) []unit {
	for i := range units {
		u := &units[i]
		if nodes := u.nodes(); len(nodes) > 0 {
			list := markdown.Node{Name: markdown.BulletList, Content: nodes}
			u.setKeys(normalDoc(list)[0].Content)
		} else {
			u.unexpressed = true
		}
	}
	return units
}

// rows returns the units of a table, whose normal forms are the rows of the table's normal form.
// That fills up a row that has fewer cells than another, so such a row has no keys.
func rows(units []unit, table markdown.Node) []unit {
	known := sameNumber(units, table)
	for i := range units {
		if u := &units[i]; known {
			u.setKeys(table.Content[i : i+1])
			filledUp := len(u.node.Content) < len(table.Content[i].Content)
			if u.node.Name != markdown.TableRow || filledUp {
				u.keys = nil
			}
		}
	}
	return units
}

// sameNumber reports whether each unit is one child of the normal form of its parent.
func sameNumber(units []unit, parent markdown.Node) bool {
	for i := range units {
		if units[i].node.Name == markdown.Text {
			return false
		}
	}
	return len(units) <= len(parent.Content)
}

// cells returns the units of a table row.
func cells(units []unit, row markdown.Node) []unit {
	if sameNumber(units, row) {
		for i := range units {
			units[i].setKeys(row.Content[i : i+1])
		}
	}
	return units
}

// cellBlocks returns the blocks of a cell. The normal form joins them to one line, so only empty
// ones have keys.
func cellBlocks(each []unit) []unit {
	units := blocks(each)
	for i := range units {
		if !units[i].unexpressed {
			units[i].keys = nil
		}
	}
	return units
}

// inlines returns the units of a paragraph or heading.
func inlines(units []unit) []unit {
	for i := range units {
		u := &units[i]
		switch n := markdown.NormalizeInline(u.node); {
		case u.node.Name == markdown.Text:
			u.setKeys([]markdown.Node{normalRuns(u.node)})
			u.unexpressed = len(u.node.Content) == 0
		case u.node.Name == "" && u.isInline():
			u.setKeys(parts(normalRuns(u.node).Content))
		case !markdown.IsInline(u.node.Name):
			held := markdown.Node{Name: markdown.Paragraph, Content: u.nodes()}
			u.unexpressed = isEmptyParagraph(normalDoc(held))
		case n.Name == u.node.Name:
			u.setKeys([]markdown.Node{n})
		}
	}
	return units
}

func normalRuns(text markdown.Node) markdown.Node {
	out := markdown.Node{Name: markdown.Text}
	for _, run := range text.Content {
		out.Content = append(out.Content, markdown.NormalizeInline(run))
	}
	return out
}

// code returns the units of a code block, whose text has no marks and keeps its newlines.
func code(units []unit) []unit {
	for i := range units {
		u := &units[i]
		if u.node.Name != markdown.Text {
			continue
		}
		u.unexpressed = len(u.node.Content) == 0
		var text strings.Builder
		for _, run := range u.node.Content {
			text.WriteString(run.Text)
		}
		n := markdown.Node{Name: markdown.Text, Text: markdown.NormalizeCode(text.String())}
		u.setKeys([]markdown.Node{{Name: markdown.Text, Content: []markdown.Node{n}}})
	}
	return units
}

// parts groups the content of a node as documents hold it: adjacent texts are one part, a Text
// with the runs as its content.
func parts(nodes []markdown.Node) (list []markdown.Node) {
	for i := range nodes {
		last := len(list) - 1
		switch {
		case nodes[i].Name != markdown.Text:
			list = append(list, nodes[i])
		case i > 0 && nodes[i-1].Name == markdown.Text:
			list[last].Content = append(list[last].Content, nodes[i])
		default:
			text := markdown.Node{Name: markdown.Text, Content: []markdown.Node{nodes[i]}}
			list = append(list, text)
		}
	}
	return list
}
