package structure

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

const (
	maxColumns = 100
	tabColumns = 4
)

// width is the number of columns of a line.
func width(line string) int {
	return utf8.RuneCountInString(line) + strings.Count(line, "\t")*(tabColumns-1)
}

// wideLines lists the lines of a file, or of source, that are too wide, by number. Strings do not
// count, as a text that is not broken can be searched for; of tests only comments count.
func wideLines(t *testing.T, path, source string, test bool) (wide []int) {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	strs := make(map[int]int) // columns of strings, by line
	ast.Inspect(file, func(n ast.Node) bool {
		if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
			first := fset.Position(l.Pos()).Line
			for i, part := range strings.Split(l.Value, "\n") {
				strs[first+i] += width(part)
			}
		}
		return true
	})
	for i, line := range strings.Split(source, "\n") {
		isComment := strings.HasPrefix(strings.TrimSpace(line), "//")
		if width(line)-strs[i+1] > maxColumns && (isComment || !test) {
			wide = append(wide, i+1)
		}
	}
	return wide
}

// wide lists the lines of a package, and of its tests, that are too wide.
func (p *pkg) wide(t *testing.T) (wrong []string) {
	t.Helper()
	for _, name := range slices.Concat(p.GoFiles, p.IgnoredGoFiles, p.TestGoFiles, p.XTestGoFiles) {
		source, err := os.ReadFile(filepath.Join(p.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range wideLines(t, name, string(source), strings.HasSuffix(name, "_test.go")) {
			wrong = append(wrong, fmt.Sprintf("%s/%s:%d: has more than %d columns", p.name, name, n, maxColumns))
		}
	}
	return wrong
}

// TestColumns fails when a line of code, or of a comment, cannot be read beside another file.
func TestColumns(t *testing.T) {
	var wrong []string
	for _, p := range packages(t) {
		wrong = append(wrong, p.wide(t)...)
	}
	mustBeNone(t, wrong)
}

// TestWideLines shows which lines are too wide.
func TestWideLines(t *testing.T) {
	const fill = maxColumns - len("var _ = 1")
	for _, test := range []struct {
		line       string
		code, test int
	}{
		{"var _ = 1" + strings.Repeat("1", fill), 0, 0},
		{"var _ = 1" + strings.Repeat("1", fill+1), 1, 0},
		{"// " + strings.Repeat("é", maxColumns-3), 0, 0},
		{"// " + strings.Repeat("é", maxColumns-2), 1, 1},
		{"\t// " + strings.Repeat("x", maxColumns-3-tabColumns), 0, 0},
		{"\t// " + strings.Repeat("x", maxColumns-2-tabColumns), 1, 1},
		{"var _ = \"" + strings.Repeat("x", maxColumns) + `"`, 0, 0},
		{"var _ = `" + strings.Repeat("x", maxColumns) + "\n" + strings.Repeat("x", maxColumns+1) + "`", 0, 0},
	} {
		source := "package x\n\n" + test.line + "\n"
		if got := len(wideLines(t, "x.go", source, false)); got != test.code {
			t.Errorf("%s: %d lines of code, want %d", test.line, got, test.code)
		}
		if got := len(wideLines(t, "x_test.go", source, true)); got != test.test {
			t.Errorf("%s: %d lines of a test, want %d", test.line, got, test.test)
		}
	}
}
