package markdown

import (
	"slices"
	"strings"
)

// settleParagraph makes the blocks that are read of a paragraph's text: it, mostly. Where a line behind a break would
// begin another block, each line is a paragraph. Where the text itself is written as another block, it is that block,
// as it is to everybody who reads it with CivicPress' editor, whose guard refuses a text that never stays the same.
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

// splitAtBreaks is what stands between the breaks of a line.
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

// settle settles a line. Where no more than blanks may change, it notes what else does.
func (b *blockBuilder) stabilize(line []Node, kind lineKind) (s stableLine, ok bool) {
	if !b.strict {
		return stabilize(line, kind, false)
	}
	s, ok = stabilizeAs(normalizeAs(line, kind), kind, false)
	b.failed = b.failed || !ok
	return s, ok
}

// certain settles a line that is certain to be read as it is, as most are, in memory that is used again.
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

// rereadBlocks are the blocks that a line's text is read as, if they are written so again. Nothing of it is lost but
// what marks a block, or, where there is no other way, asterisks are added. An item begins with a paragraph.
func rereadBlocks(line []Node, inItem bool) (blocks []Node, ok bool) {
	for _, less := range reductions(line, readableEmphasis(false), withoutLinks, unchanged) {
		line := normalizeLine(less(line))
		text, _ := writeLine(line, paragraphLine, false)
		doc, lost, err := parse(text)
		if err != nil || lost || inItem && doc.Content[0].Name != Paragraph {
			continue
		}
		is, was := visibleTextOf(doc.Content), unescapedText(line)
		if !isSubsequence(is, was) && !isSubsequence(was, is) {
			continue
		}
		strict := blockBuilder{strict: true}
		if blocks = strict.blocks(doc.Content, 0, false); !strict.failed {
			return blocks, true
		}
	}
	return nil, false
}

// rereadLine is the same for a line that can be nothing else, of a heading or a cell.
func rereadLine(line []Node, kind lineKind) (stableLine, bool) {
	for _, less := range reductions(line, readableEmphasis(false), withoutLinks) {
		line := normalizeAs(less(line), kind)
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

// settleLine settles a line that stays one line.
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

// saidBy is what blocks say.
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

// unescapedText is what a line says, entities being what they stand for.
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

// isWithin says whether s has the characters of part, in order.
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
