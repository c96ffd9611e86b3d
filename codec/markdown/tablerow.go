package markdown

import (
	"regexp"
	"strings"

	"github.com/yuin/goldmark/util"
)

var delimiterCell = regexp.MustCompile(`^:?-+:?$`)

func isIndented(line string) bool {
	width, _ := util.IndentWidth([]byte(line), 0)
	return width > 3
}

// delimiterRow returns the alignments of the row below the header, or nil if the line is no such
// row.
func delimiterRow(line string) (aligns []string) {
	row := strings.TrimLeft(line, " \t")
	if isIndented(line) || len(row) < 2 || strings.Trim(row, "-:| \t") != "" {
		return nil
	}
	if row[0] == '-' && isBlank(row[1]) {
		return nil
	}
	cells := strings.Split(row, "|")
	for i, cell := range cells {
		cell = trim(cell)
		switch {
		case cell == "" && (i == 0 || i == len(cells)-1):
			continue
		case !delimiterCell.MatchString(cell):
			return nil
		}
		aligns = append(aligns, alignOf(cell))
	}
	return aligns
}

func alignOf(cell string) string {
	switch left, right := cell[0] == ':', cell[len(cell)-1] == ':'; {
	case left && right:
		return "center"
	case left:
		return "left"
	case right:
		return "right"
	}
	return ""
}

func headerRow(line string, columns int) []string {
	if isIndented(line) || !strings.Contains(line, "|") {
		return nil
	}
	if cells := splitRow(line); len(cells) == columns {
		return cells
	}
	return nil
}

// splitRow splits a row at its bars. A bar behind a backslash does not count, even if the backslash
// is escaped.
func splitRow(line string) (cells []string) {
	line = trim(line)
	var cell strings.Builder
	start := 0
	for i := range len(line) {
		if line[i] != '|' {
			continue
		}
		if i > 0 && line[i-1] == '\\' {
			cell.WriteString(line[start : i-1])
			start = i
			continue
		}
		cells = append(cells, cell.String()+line[start:i])
		cell.Reset()
		start = i + 1
	}
	cells = append(cells, cell.String()+line[start:])
	if cells[0] == "" {
		cells = cells[1:]
	}
	if n := len(cells); n > 0 && cells[n-1] == "" {
		cells = cells[:n-1]
	}
	return cells
}
