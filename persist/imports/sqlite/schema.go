package sqlite

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

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
		values, ok := parseRecord(payload, schemaColumns)
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
	statement = withoutComments(statement)
	begin := strings.IndexByte(statement, '(')
	end := strings.LastIndexByte(statement, ')')
	options := strings.ToUpper(statement[max(end, 0):])
	switch {
	case page <= 0 || page >= 1<<32 || begin < 0 || end < begin:
		return t, fmt.Errorf("%w: the table %q is of a kind that is not known", imports.ErrUnknown, name)
	case strings.Contains(options, "WITHOUT"):
		return t, fmt.Errorf("%w: the table %q is one WITHOUT ROWID, which is not read; "+
			"copy it into one without that", imports.ErrUnknown, name)
	}
	t.page = uint32(page)
	for _, part := range splitColumns(statement[begin+1 : end]) {
		if !isVirtual(part) {
			t.columns = append(t.columns, columnName(part))
		}
	}
	return t, nil
}

// quotes are the bytes that a quoted name or text ends with, by those that it begins with.
var quotes = map[byte]byte{'"': '"', '\'': '\'', '`': '`', '[': ']'}

// quoted returns the length of the quoted name or text that s begins with, 0 if it begins with
// none.
func quoted(s string) int {
	end := quotes[s[0]]
	if end == 0 {
		return 0
	}
	if i := strings.IndexByte(s[1:], end); i >= 0 {
		return i + 2
	}
	return len(s)
}

// withoutComments replaces the comments of a statement by spaces.
func withoutComments(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		n, end := max(quoted(s), 1), ""
		switch {
		case strings.HasPrefix(s, "--"):
			end = "\n"
		case strings.HasPrefix(s, "/*"):
			end = "*/"
		}
		if end == "" {
			b.WriteString(s[:n])
			s = s[n:]
			continue
		}
		b.WriteByte(' ')
		_, s, _ = strings.Cut(s[2:], end)
	}
	return b.String()
}

// splitColumns splits the definitions of columns at commas that are in neither brackets nor quotes.
func splitColumns(s string) (parts []string) {
	depth, from := 0, 0
	for i := 0; i < len(s); i += max(quoted(s[i:]), 1) {
		switch c := s[i]; {
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

// isVirtual reports whether a definition is of a column whose value is computed: rows have none.
func isVirtual(definition string) bool {
	var bare strings.Builder // of brackets and quotes
	depth := 0
	for i := 0; i < len(definition); i += max(quoted(definition[i:]), 1) {
		c := definition[i]
		if c == ')' {
			depth--
		}
		if depth == 0 && quotes[c] == 0 && c != ')' && c != '(' {
			bare.WriteByte(c)
		} else {
			bare.WriteByte(' ')
		}
		if c == '(' {
			depth++
		}
	}
	words := strings.Fields(strings.ToUpper(bare.String()))
	return slices.Contains(words, "AS") && !slices.Contains(words, "STORED")
}

// columnName returns the name that a definition begins with, in lower case. Those of constraints
// begin with a word that is not quoted, and come last.
func columnName(definition string) string {
	s := strings.TrimSpace(definition)
	if s == "" {
		return ""
	}
	if n := quoted(s); n > 0 {
		return strings.ToLower(strings.Trim(s[:n], s[:1]+string(quotes[s[0]])))
	}
	end := strings.IndexFunc(s, func(r rune) bool { return r == '(' || unicode.IsSpace(r) })
	if end < 0 {
		end = len(s)
	}
	return strings.ToLower(s[:end])
}
