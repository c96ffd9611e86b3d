package structure

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// logCall is a call in the code that logs a line.
type logCall struct {
	file, event string
	level       string   // empty: the call does not say it by its name
	attrs       []string // that are written in the call
}

// logRow is an event in docs/logs.md.
type logRow struct{ levels, attrs []string }

// eventAt returns the position of the event among the arguments of functions that log, by their
// names.
var eventAt = map[string]int{
	"Info": 0, "Warn": 0, "Error": 0, "Debug": 0, "logMisuse": 0, "logPresence": 0, "sampleKey": 0,
	"LogAttrs": 2, "Log": 2,
}

// literal returns the text of a string, or of the literal beginning of a concatenation followed by
// "…".
func literal(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			s, _ := strconv.Unquote(e.Value)
			return s
		}
	case *ast.BinaryExpr:
		begin, end := literal(e.X), literal(e.Y)
		if begin != "" && end == "" {
			end = "…"
		}
		return begin + end
	}
	return ""
}

// logCalls returns the calls in a file that log an event.
func logCalls(path string, f *ast.File) (all []logCall) {
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		fun, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if fun.Sel.Name == "did" { // of transport/admin
			all = append(all, logCall{path, "admin", "info", attrsOf(call)})
			return true
		}
		at, ok := eventAt[fun.Sel.Name]
		if !ok || at >= len(call.Args) {
			return true
		}
		if event := literal(call.Args[at]); event != "" {
			c := logCall{file: path, event: event, attrs: attrsOf(call)}
			if at == 0 && fun.Sel.Name[0] < 'a' {
				c.level = strings.ToLower(fun.Sel.Name)
			}
			all = append(all, c)
		}
		return true
	})
	return all
}

// attrsOf returns the names of the attributes that are written in a call.
func attrsOf(call *ast.CallExpr) (names []string) {
	ast.Inspect(call, func(n ast.Node) bool {
		inner, ok := n.(*ast.CallExpr)
		if !ok || len(inner.Args) == 0 {
			return true
		}
		if fun, ok := inner.Fun.(*ast.SelectorExpr); ok {
			if of, ok := fun.X.(*ast.Ident); ok && of.Name == "slog" {
				names = append(names, literal(inner.Args[0]))
			}
		}
		return true
	})
	return names
}

var inQuotes = regexp.MustCompile("`([^`]+)`")

// documentedLog returns the events of docs/logs.md.
func documentedLog(t *testing.T) map[string]logRow {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs/logs.md"))
	if err != nil {
		t.Fatal(err)
	}
	quoted := func(cell string) (all []string) {
		for _, m := range inQuotes.FindAllStringSubmatch(cell, -1) {
			all = append(all, m[1])
		}
		return all
	}
	rows := map[string]logRow{}
	for line := range strings.Lines(string(text)) {
		if cells := strings.Split(line, "|"); strings.HasPrefix(line, "| `") {
			for _, event := range quoted(cells[1]) {
				rows[event] = logRow{quoted(cells[2]), quoted(cells[3])}
			}
		}
	}
	return rows
}

// check checks the level and the attributes of a call.
func (row logRow) check(t *testing.T, c logCall) {
	if c.level != "" && !slices.Contains(row.levels, c.level) {
		t.Errorf("%s: %q at level %s", c.file, c.event, c.level)
	}
	for _, name := range c.attrs {
		if !slices.Contains(row.attrs, name) {
			t.Errorf("%s: %q has the attribute %s", c.file, c.event, name)
		}
	}
}

// computed are the events whose text is no literal in the call that logs them.
var computed = []string{
	"listening on …", "handshake refused", "suspicious behaviour", "record is locked", "record is open again",
	"document is large", "document is very large",
	"TLS handshake refused", "TLS handshake failed", "request without TLS refused",
	"connections wait for the owner of their room", "too many connections wait for the owner of their room",
	"connections cannot be handed on", "documents cannot be handed on", "connection to the peer listener refused",
}

// TestLogIsDocumented shows that docs/logs.md has each event that is logged, but for the level
// debug, with its level and its attributes, and no other.
func TestLogIsDocumented(t *testing.T) {
	rows, logged := documentedLog(t), map[string]bool{}
	for _, p := range packages(t) {
		if outside(p.name) {
			continue
		}
		for name, file := range p.files {
			for _, c := range logCalls(p.name+"/"+name, file) {
				logged[c.event] = true
				if row, ok := rows[c.event]; ok {
					row.check(t, c)
				} else if c.level != "debug" {
					t.Errorf("%s logs %q, which docs/logs.md does not have", c.file, c.event)
				}
			}
		}
	}
	for event := range rows {
		if !logged[event] && !slices.Contains(computed, event) {
			t.Errorf("docs/logs.md has %q, which nothing logs", event)
		}
	}
}

// TestAttributesOfLog shows that docs/logs.md has each attribute that is made anywhere in the code,
// and no other. TestLogIsDocumented compares those that are written in the call that logs.
func TestAttributesOfLog(t *testing.T) {
	documented, made := map[string]bool{"area": true}, map[string]bool{}
	for _, row := range documentedLog(t) {
		for _, name := range row.attrs {
			documented[name] = true
		}
	}
	for _, p := range packages(t) {
		if outside(p.name) {
			continue
		}
		for name, file := range p.files {
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				for _, attr := range attrsOf(call) {
					if made[attr] = true; attr != "" && !documented[attr] {
						t.Errorf("%s/%s: docs/logs.md does not have the attribute %s", p.name, name, attr)
					}
				}
				return true
			})
		}
	}
	for name := range documented {
		if !made[name] {
			t.Errorf("docs/logs.md has the attribute %s, and nothing logs it", name)
		}
	}
}
