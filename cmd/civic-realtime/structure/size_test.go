package structure

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	maxFiles         = 30
	maxPackageLines  = 4000
	maxFileLines     = 300
	maxFunctionLines = 60
)

// manyFiles has the packages that may have more files than others.
var manyFiles = map[string]int{"codec/markdown": 35}

// largeReason matches the beginning of the paragraph in a package's comment with the reason for its
// size.
var largeReason = regexp.MustCompile(`(?m)^The package is large because `)

// tooLarge lists the sizes of a package that are too large.
func tooLarge(name, doc string, files, lines int) (wrong []string) {
	if largeReason.MatchString(doc) {
		return nil
	}
	if most := max(maxFiles, manyFiles[name]); files > most {
		wrong = append(wrong, fmt.Sprintf("%s: has more than %d files", name, most))
	}
	if lines > maxPackageLines {
		wrong = append(wrong, fmt.Sprintf("%s: has more than %d lines", name, maxPackageLines))
	}
	return wrong
}

// oversized lists everything in a package that is too large.
func oversized(t *testing.T, p *pkg) (wrong []string) {
	t.Helper()
	sum := 0
	for _, name := range p.product() {
		path := filepath.Join(p.Dir, name)
		n := lines(t, path)
		if sum += n; n > maxFileLines {
			wrong = append(wrong, fmt.Sprintf("%s/%s: has more than %d lines", p.name, name, maxFileLines))
		}
		for _, f := range longFunctions(t, path, nil) {
			wrong = append(wrong, fmt.Sprintf("%s/%s: %s", p.name, name, f))
		}
	}
	return append(wrong, tooLarge(p.name, p.doc(), len(p.product()), sum)...)
}

// TestSizes fails when a package, a file or a function is too large to be read at once. Tests do
// not count: a long table is easy to read.
func TestSizes(t *testing.T) {
	var wrong []string
	for _, p := range packages(t) {
		wrong = append(wrong, oversized(t, p)...)
	}
	mustBeNone(t, wrong)
}

// longFunctions lists the functions of a file, or of source, that are too long.
func longFunctions(t *testing.T, path string, source any) (found []string) {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && fset.Position(f.End()).Line-fset.Position(f.Pos()).Line+1 > maxFunctionLines {
			found = append(found, fmt.Sprintf("%s has more than %d lines", f.Name.Name, maxFunctionLines))
		}
	}
	return found
}

// TestTooLarge shows which packages and functions are reported as too large.
func TestTooLarge(t *testing.T) {
	const reason = "Package x does y.\n\nThe package is large because z is.\n"
	for _, test := range []struct {
		name, doc    string
		files, lines int
		wrong        int
	}{
		{"x", "", 30, 4000, 0},
		{"x", "", 31, 4000, 1},
		{"x", "", 31, 4001, 2},
		{"x", reason, 31, 4001, 0},
		{"codec/markdown", "", 35, 4000, 0},
		{"codec/markdown", "", 36, 4000, 1},
	} {
		if got := tooLarge(test.name, test.doc, test.files, test.lines); len(got) != test.wrong {
			t.Errorf("%+v: %q", test, got)
		}
	}
	for n, long := range map[int]int{58: 0, 59: 1} {
		source := "package x\n\nfunc f() {\n" + string(slices.Repeat([]byte("\t_ = 0\n"), n)) + "}\n"
		if got := longFunctions(t, "x.go", source); len(got) != long {
			t.Errorf("%d lines inside: %q", n, got)
		}
	}
}

// TestOversized shows which files and functions of a package are reported.
func TestOversized(t *testing.T) {
	files := map[string]string{
		"long.go":     "package x\n" + strings.Repeat("\n", maxFileLines),
		"function.go": "package x\n\nfunc f() {\n" + strings.Repeat("\t_ = 0\n", maxFunctionLines) + "}\n",
	}
	for n := range maxFiles - 1 {
		files[fmt.Sprintf("f%d.go", n)] = "package x\n" + strings.Repeat("\n", maxPackageLines/maxFiles)
	}
	got := oversized(t, madeUp(t, files))
	slices.Sort(got)
	want := []string{
		"x/function.go: f has more than 60 lines", "x/long.go: has more than 300 lines",
		"x: has more than 30 files", "x: has more than 4000 lines",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// madeUp returns a package with these files.
func madeUp(t *testing.T, files map[string]string) *pkg {
	t.Helper()
	p := &pkg{ImportPath: "x", Dir: t.TempDir(), name: "x"}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(p.Dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p.GoFiles = append(p.GoFiles, name)
	}
	if err := p.parse(); err != nil {
		t.Fatal(err)
	}
	return p
}
