package sqlite

import (
	"fmt"
	"strings"

	"github.com/civicpress/civic-realtime/persist/imports"
)

// schemaPage is the first page of the table of tables. Its columns are the type, the name, the
// table's name, the first page, and the statement that made it.
const (
	schemaPage    = 1
	schemaColumns = 5
)

// tableInfo describes a table.
type tableInfo struct {
	page    uint32   // its first page
	columns []string // their names in lower case
}

// find returns a table. Names are compared without regard to case, as SQLite does.
func (p *pages) find(name string) (t tableInfo, err error) {
	damage := error(nil)
	for payload, err := range p.rows(schemaPage) {
		values, ok := parseRecord(payload)
		switch {
		case err != nil:
			damage = err
			continue
		case !ok || len(values) < schemaColumns:
			damage = damaged(schemaPage)
			continue
		case decodeText(values[0].bytes, p.encoding) != "table",
			!strings.EqualFold(decodeText(values[1].bytes, p.encoding), name):
			continue
		}
		return describe(name, values[3].int, decodeText(values[4].bytes, p.encoding))
	}
	if damage != nil {
		return t, damage
	}
	return t, fmt.Errorf("%w: the database has no table %q", imports.ErrUnknown, name)
}

// describe describes the table of a first page that a statement made.
func describe(name string, page int64, statement string) (t tableInfo, err error) {
	begin := strings.IndexByte(statement, '(')
	end := strings.LastIndexByte(statement, ')')
	upper := strings.ToUpper(statement[max(end, 0):])
	if page <= 0 || page >= 1<<32 || begin < 0 || end < begin || strings.Contains(upper, "WITHOUT") {
		return t, fmt.Errorf("%w: the table %q is of a kind that is not known", imports.ErrUnknown, name)
	}
	t.page = uint32(page)
	for _, part := range splitColumns(statement[begin+1 : end]) {
		t.columns = append(t.columns, columnName(part))
	}
	return t, nil
}

// splitColumns splits the definitions of columns at commas that are in neither brackets nor quotes.
func splitColumns(s string) (parts []string) {
	depth, quote, from := 0, rune(0), 0
	for i, c := range s {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '[':
			quote = ']'
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ',' && depth == 0:
			parts, from = append(parts, s[from:i]), i+1
		}
	}
	return append(parts, s[from:])
}

// columnName returns the name that a definition begins with, in lower case. Those of constraints
// begin with a word that is not quoted, and come last.
func columnName(definition string) string {
	s := strings.TrimSpace(definition)
	if s == "" {
		return ""
	}
	closing := map[byte]string{'"': `"`, '\'': "'", '`': "`", '[': "]"}[s[0]]
	if closing == "" {
		name, _, _ := strings.Cut(strings.FieldsFunc(s+" ", func(r rune) bool {
			return r == ' ' || r == '\t' || r == '\n' || r == '\r'
		})[0], "(")
		return strings.ToLower(name)
	}
	name, _, _ := strings.Cut(s[1:], closing)
	return strings.ToLower(name)
}
