package markdown

// table makes a table with rows of equal length. Its first row is the header.
func (b *blockBuilder) table(n Node) []Node {
	columns := 0
	rows := make([]Node, len(n.Content))
	for i, row := range n.Content {
		if rows[i] = row; row.Name != TableRow {
			rows[i] = Node{Name: TableRow, Content: []Node{row}}
		}
		columns = max(columns, len(rows[i].Content))
	}
	if columns == 0 {
		return nil
	}
	table := Node{Name: Table}
	var aligns []string
	for i, row := range rows {
		name := TableCell
		if i == 0 {
			name = TableHeader
			aligns = alignsOf(row, columns)
		}
		table.Content = append(table.Content, b.row(name, row, aligns))
	}
	return []Node{table}
}

func alignsOf(row Node, columns int) []string {
	aligns := make([]string, columns)
	for i, cell := range row.Content {
		switch align := cell.Attrs.str("align"); align {
		case "left", "center", "right":
			aligns[i] = align
		}
	}
	return aligns
}

func (b *blockBuilder) row(name string, row Node, aligns []string) Node {
	out := Node{Name: TableRow, Content: make([]Node, 0, len(aligns))}
	for i, align := range aligns {
		var attrs Attrs
		if !b.textOnly || align != "" && name == TableHeader {
			attrs = Attrs{"colspan": 1.0, "rowspan": 1.0}
			attrs.put("align", align)
		}
		var s stableLine
		if i < len(row.Content) {
			s = b.stableLine(lineOf(row.Content[i:i+1]), cellLine)
		}
		cell := Node{Name: name, Attrs: attrs, stable: s.text}
		if !b.textOnly {
			cell.Content = []Node{paragraphOf(s)}
		}
		out.Content = append(out.Content, cell)
	}
	return out
}
