package prose

import (
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// unit is a part of a list in a document that is kept, edited or deleted as one.
type unit struct {
	from, to int           // of the list's items
	typ      view.Type     // that the item holds, if it is one
	isRun    bool          // strings and formats that stand in the list itself
	isWhole  bool          // text that is not edited inside, but written anew
	node     markdown.Node // as it is read; of a text, its runs as content
	normal   []markdown.Node
	keys     []string // of normal; nil where it cannot be told what the unit says
	silent   bool     // Markdown says nothing of it: it may stay anywhere
}

// plain is the one node that a unit says, if it says one.
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

// units are what stands in a list of a node, in its place.
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

// blocks are units where blocks should stand. What stands beside each other and belongs in a line
// is one.
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
		u.silent = isEmptyParagraph(u.normal)
		units = append(units, u)
	}
	return units
}

func items(units []unit) []unit {
	for i := range units {
		u := &units[i]
		if nodes := u.nodes(); len(nodes) > 0 {
			u.setKeys(normalDoc(markdown.Node{Name: markdown.BulletList, Content: nodes})[0].Content)
		} else {
			u.silent = true
		}
	}
	return units
}

// rows are what they are in the table. A row that lacks cells has them by grace of another, and is
// not known.
func rows(units []unit, table markdown.Node) []unit {
	known := sameNumber(units, table)
	for i := range units {
		if u := &units[i]; known {
			u.setKeys(table.Content[i : i+1])
			if u.node.Name != markdown.TableRow || len(u.node.Content) < len(table.Content[i].Content) {
				u.keys = nil
			}
		}
	}
	return units
}

// sameNumber reports whether each unit is one node of what its parent says.
func sameNumber(units []unit, parent markdown.Node) bool {
	for i := range units {
		if units[i].node.Name == markdown.Text {
			return false
		}
	}
	return len(units) <= len(parent.Content)
}

func cells(units []unit, row markdown.Node) []unit {
	if sameNumber(units, row) {
		for i := range units {
			units[i].setKeys(row.Content[i : i+1])
		}
	}
	return units
}

// cellBlocks are the blocks in a cell, which are one line together: only what is empty is known.
func cellBlocks(each []unit) []unit {
	units := blocks(each)
	for i := range units {
		if !units[i].silent {
			units[i].keys = nil
		}
	}
	return units
}

// inlines are what stands in a line.
func inlines(units []unit) []unit {
	for i := range units {
		u := &units[i]
		switch n := markdown.NormalizeInline(u.node); {
		case u.node.Name == markdown.Text:
			u.setKeys([]markdown.Node{normalRuns(u.node)})
			u.silent = len(u.node.Content) == 0
		case u.node.Name == "" && u.isInline():
			u.setKeys(parts(normalRuns(u.node).Content))
		case !markdown.IsInline(u.node.Name):
			held := markdown.Node{Name: markdown.Paragraph, Content: u.nodes()}
			u.silent = isEmptyParagraph(normalDoc(held))
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

// code is what stands in a block of code, where text is text.
func code(units []unit) []unit {
	for i := range units {
		u := &units[i]
		if u.node.Name != markdown.Text {
			continue
		}
		u.silent = len(u.node.Content) == 0
		var text strings.Builder
		for _, run := range u.node.Content {
			text.WriteString(run.Text)
		}
		n := markdown.Node{Name: markdown.Text, Text: markdown.NormalizeCode(text.String())}
		u.setKeys([]markdown.Node{{Name: markdown.Text, Content: []markdown.Node{n}}})
	}
	return units
}

// parts are the content of a node as documents hold it: neighbouring texts are one.
func parts(nodes []markdown.Node) (list []markdown.Node) {
	for i := range nodes {
		last := len(list) - 1
		switch {
		case nodes[i].Name != markdown.Text:
			list = append(list, nodes[i])
		case i > 0 && nodes[i-1].Name == markdown.Text:
			list[last].Content = append(list[last].Content, nodes[i])
		default:
			list = append(list, markdown.Node{Name: markdown.Text, Content: []markdown.Node{nodes[i]}})
		}
	}
	return list
}
