package operate

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// table is text in columns.
type table struct {
	// heads are the titles of the columns. One that begins with ">" is aligned to the right.
	heads []string
	rows  [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// withoutEmpty removes a column of which all cells are empty.
func (t *table) withoutEmpty(head string) *table {
	column := slices.Index(t.heads, head)
	for _, row := range t.rows {
		if row[column] != "" {
			return t
		}
	}
	t.heads = slices.Delete(t.heads, column, column+1)
	for i, row := range t.rows {
		t.rows[i] = slices.Delete(row, column, column+1)
	}
	return t
}

// lines returns the lines of the table, with titles if there are any.
func (t *table) lines() []string {
	titles := make([]string, len(t.heads))
	widths := make([]int, len(t.heads))
	for i, head := range t.heads {
		titles[i] = strings.TrimPrefix(head, ">")
	}
	all := append([][]string{titles}, t.rows...)
	for _, row := range all {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	lines := make([]string, len(all))
	for i, row := range all {
		lines[i] = t.line(row, widths)
	}
	return lines
}

func (t *table) line(row []string, widths []int) string {
	var b strings.Builder
	for i, cell := range row {
		if i > 0 {
			b.WriteString("  ")
		}
		gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		if strings.HasPrefix(t.heads[i], ">") {
			b.WriteString(gap + cell)
		} else {
			b.WriteString(cell + gap)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// String returns the table as text.
func (t *table) String() string { return strings.Join(t.lines(), "\n") + "\n" }
