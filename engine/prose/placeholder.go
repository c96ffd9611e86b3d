package prose

import (
	"strings"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/align"
)

// Placeholders stand for deleted content in a tree, of which only the number of units is known. A
// node with this name stands for blocks. In a line this character, which no text has, stands for
// each unit.
const (
	placeholderName = "\ufdd0"
	placeholderRune = '\ufdd0'
)

// placeholder returns a placeholder for a block.
func placeholder(units uint64) markdown.Node {
	return markdown.Node{Name: placeholderName, Attrs: markdown.Attrs{"units": float64(units)}}
}

// inlinePlaceholders replaces placeholders for blocks by characters.
func inlinePlaceholders(nodes []markdown.Node) (line []markdown.Node) {
	for _, n := range nodes {
		if units, _ := n.Attrs["units"].(float64); n.Name == placeholderName {
			n = textPlaceholder(uint64(units) - 1)
		}
		if n.Name != markdown.Text || n.Text != "" {
			line = append(line, n)
		}
	}
	return line
}

func textPlaceholder(units uint64) markdown.Node {
	text := make([]rune, units)
	for i := range text {
		text[i] = placeholderRune
	}
	return markdown.Node{Name: markdown.Text, Text: string(text)}
}

// placeholderFiller replaces the placeholders of a tree by the content that another tree has in
// their place, if that has as many units. Others are removed.
type placeholderFiller struct{ schema markdown.Schema }

func (f placeholderFiller) blocks(nodes, from []markdown.Node) (filled []markdown.Node) {
	known := make([]markdown.Node, len(nodes))
	for i := range nodes {
		known[i] = withoutPlaceholders(nodes[i])
	}
	of := counterparts(known, from)
	for i, taken := 0, 0; i < len(nodes); i++ {
		switch {
		case nodes[i].Name != placeholderName && of[i] < 0:
			filled = append(filled, known[i])
		case nodes[i].Name != placeholderName:
			filled, taken = append(filled, f.block(nodes[i], from[of[i]])), of[i]+1
		case i == 0 || nodes[i-1].Name != placeholderName:
			end := i
			for end < len(nodes) && nodes[end].Name == placeholderName {
				end++
			}
			until := len(from)
			if end < len(nodes) && of[end] >= 0 {
				until = max(of[end], taken)
			}
			filled = append(filled, f.run(nodes[i:end], from[taken:until])...)
		}
	}
	return filled
}

// run returns the blocks of from that a run of placeholders may stand for.
func (f placeholderFiller) run(run, from []markdown.Node) (filled []markdown.Node) {
	var have, want []uint64
	for _, n := range run {
		units, _ := n.Attrs["units"].(float64)
		have = append(have, uint64(units))
	}
	for i := range from {
		want = append(want, f.units(from[i:i+1]))
	}
	for _, j := range align.Match(have, want) {
		if j >= 0 {
			filled = append(filled, from[j])
		}
	}
	return filled
}

// units returns how many units nodes have when they are seeded.
func (f placeholderFiller) units(nodes []markdown.Node) uint64 {
	w := f.schema.NewWriter(0)
	w.Nodes(&markdown.Place{}, nodes)
	return w.Len()
}

func (f placeholderFiller) block(n, from markdown.Node) markdown.Node {
	switch n.Name {
	case markdown.Paragraph, markdown.Heading, markdown.CodeBlock:
		n.Content = f.line(n.Content, from.Content)
	default:
		n.Content = f.blocks(n.Content, from.Content)
	}
	return n
}

// line fills the placeholders of a line.
func (f placeholderFiller) line(nodes, from []markdown.Node) []markdown.Node {
	s := &symbols{known: make(map[string]rune)}
	have, other := s.line(nodes), s.line(from)
	var out line
	i := 0
	copyTo := func(end int) {
		for ; i < end; i++ {
			if have.text[i] != placeholderRune {
				out.add(have.text[i], have.marks[i])
			}
		}
	}
	for _, h := range diff(have.text, other.text) {
		copyTo(h.from)
		part := line{other.text[h.start:h.end], other.marks[h.start:h.end]}
		if onlyPlaceholders(have.text[h.from:h.to]) && f.fits(s.nodes(part), uint64(h.to-h.from)) {
			out.append(part)
		}
		copyTo(h.to)
	}
	copyTo(len(have.text))
	return s.nodes(out)
}

func onlyPlaceholders(text []rune) bool {
	return len(text) > 0 && strings.Trim(string(text), placeholderName) == ""
}

// fits reports whether placeholders of so many units may stand for a part of a line, with or
// without the units of its marks.
func (f placeholderFiller) fits(part []markdown.Node, units uint64) bool {
	low, high := uint64(0), f.units(part)
	if len(part) > 0 && part[0].Name == markdown.Text {
		high-- // the line has an XmlText already
	}
	for i := range part {
		if part[i].Name == markdown.Text {
			low += lib0.UTF16Len([]byte(part[i].Text))
		} else {
			low += f.units(part[i : i+1])
		}
	}
	return low > 0 && low <= units && units <= high
}

// withoutPlaceholders returns a tree without placeholders.
func withoutPlaceholders(n markdown.Node) markdown.Node {
	n.Text = strings.ReplaceAll(n.Text, placeholderName, "")
	content := n.Content
	n.Content = nil
	for _, c := range content {
		c = withoutPlaceholders(c)
		if c.Name != placeholderName && (c.Name != markdown.Text || c.Text != "") {
			n.Content = append(n.Content, c)
		}
	}
	return n
}
