package markdown

import (
	"slices"
	"strings"
)

// stableParagraph makes the blocks that the text of a paragraph is read as: mostly that paragraph.
// If the text behind a break would begin another block, each line becomes a paragraph. If the text
// is read as another block, it becomes that block, as it does in CivicPress' editor, whose guard
// refuses a text that never becomes stable.
func (b *blockBuilder) stableParagraph(line []Node, inItem bool) (blocks []Node) {
	if s, ok := b.stabilizeCertain(line, paragraphLine); ok {
		return []Node{paragraphOf(s)}
	}
	line = normalizeLine(line)
	if s, ok := b.stabilize(line, paragraphLine); ok || b.strict {
		return []Node{paragraphOf(s)}
	}
	blocks, ok := rereadBlocks(line, inItem)
	if ok && len(blocks) == 1 && blocks[0].Name == Paragraph {
		return blocks
	}
	if lines := splitAtBreaks(line); len(lines) > 1 {
		blocks = nil
		for _, line := range lines {
			blocks = append(blocks, b.stableParagraph(line, inItem && len(blocks) == 0)...)
		}
		return blocks
	}
	if ok {
		return blocks
	}
	return []Node{paragraphOf(escapedLine(line, paragraphLine))}
}

func paragraphOf(s stableLine) Node {
	return Node{Name: Paragraph, Content: s.line, stable: s.text}
}

// splitAtBreaks returns the parts of a line between its breaks.
func splitAtBreaks(line []Node) (lines [][]Node) {
	from := 0
	for i, n := range line {
		if n.Name == HardBreak {
			lines = append(lines, line[from:i])
			from = i + 1
		}
	}
	return append(lines, line[from:])
}

// stabilize returns a stable line. If strict, it notes that more than blanks would change.
func (b *blockBuilder) stabilize(line []Node, kind lineKind) (s stableLine, ok bool) {
	if !b.strict {
		return stabilize(line, kind, false)
	}
	s, ok = stabilizeAs(normalizeAs(line, kind), kind, false)
	b.failed = b.failed || !ok
	return s, ok
}

// stabilizeCertain returns a stable line if the text of a line is certain to be read as that line,
// as most are. It uses the builder's memory.
func (b *blockBuilder) stabilizeCertain(nodes []Node, kind lineKind) (s stableLine, ok bool) {
	b.line.nodes = b.line.nodes[:0]
	line := normalizeCellIn(&b.line, nodes)
	if kind != cellLine {
		line = trimBreaks(line)
	}
	if len(line) == 0 {
		return s, true
	}
	if s.text, ok = b.writer.write(line, kind, false); ok && !b.textOnly {
		s.line = slices.Clone(line)
	}
	return s, ok
}

// rereadBlocks returns the blocks that the text of a line is read as, if these are stable. Of the
// text only markers of blocks are lost or, if there is no other way, asterisks are added. An item
// must begin with a paragraph.
func rereadBlocks(line []Node, inItem bool) (blocks []Node, ok bool) {
	for _, reduce := range reductions(line, readableEmphasis(false), withoutLinks, unchanged) {
		line := normalizeLine(reduce(line))
		text, _ := writeLine(line, paragraphLine, false)
		doc, lost, err := parse(text)
		if err != nil || lost || inItem && doc.Content[0].Name != Paragraph {
			continue
		}
		after, before := visibleTextOf(doc.Content), unescapedText(line)
		if !isSubsequence(after, before) && !isSubsequence(before, after) {
			continue
		}
		strict := blockBuilder{strict: true}
		if blocks = strict.blocks(doc.Content, 0, false); !strict.failed {
			return blocks, true
		}
	}
	return nil, false
}

// rereadLine does that for the line of a heading or a cell, which cannot become blocks.
func rereadLine(line []Node, kind lineKind) (stableLine, bool) {
	for _, reduce := range reductions(line, readableEmphasis(false), withoutLinks) {
		line := normalizeAs(reduce(line), kind)
		text, _ := writeLine(line, kind, false)
		back, ok := readLine(text, kind)
		if !ok || !isSubsequence(visibleText(back), unescapedText(line)) {
			continue
		}
		if s, ok := stabilizeAs(normalizeAs(back, kind), kind, false); ok {
			return s, true
		}
	}
	return stableLine{}, false
}

// stableLine returns a stable line for a line that must stay one line.
func (b *blockBuilder) stableLine(line []Node, kind lineKind) stableLine {
	s, ok := b.stabilizeCertain(line, kind)
	if ok {
		return s
	}
	line = normalizeAs(line, kind)
	if s, ok = b.stabilize(line, kind); ok || b.strict {
		return s
	}
	if s, ok = rereadLine(line, kind); ok {
		return s
	}
	return escapedLine(line, kind)
}

// visibleTextOf returns the visible text of blocks.
func visibleTextOf(blocks []Node) string {
	var b strings.Builder
	for _, n := range blocks {
		if IsInline(n.Name) {
			b.WriteString(visibleText([]Node{n}))
		}
		b.WriteString(visibleTextOf(n.Content))
	}
	return b.String()
}

// unescapedText returns the visible text of a line with its entities replaced.
func unescapedText(line []Node) string {
	var out lineBuilder
	for _, n := range line {
		if isPlain(n) {
			n.Text = unescape(strings.ReplaceAll(n.Text, `\`, `\\`), true)
		}
		out.add(n)
	}
	return visibleText(out.line())
}

// isSubsequence reports whether s has the characters of part, in order.
func isSubsequence(part, s string) bool {
	for _, r := range part {
		at := strings.IndexRune(s, r)
		if at < 0 {
			return false
		}
		s = s[at:]
		s = s[len(string(r)):]
	}
	return true
}
