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
	"testing"
)

const (
	maxFiles         = 30
	maxPackageLines  = 4000
	maxFileLines     = 300
	maxFunctionLines = 60
)

// manyFiles are packages that may have more files than others.
var manyFiles = map[string]int{"codec/markdown": 35}

// largeReason begins the paragraph of a package's comment that says why the package is large.
var largeReason = regexp.MustCompile(`(?m)^The package is large because `)

// tooLarge says what is wrong with the size of a package.
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

// TestSizes fails when a package, a file or a function is too large to be read in one go. Tests do
// not count: a long table is easy to read.
func TestSizes(t *testing.T) {
	var wrong []string
	for _, p := range packages(t) {
		sum := 0
		for _, name := range p.product() {
			sum += lines(t, filepath.Join(p.Dir, name))
		}
		wrong = append(wrong, tooLarge(p.name, p.doc(), len(p.product()), sum)...)
		for _, name := range p.product() {
			path := filepath.Join(p.Dir, name)
			if lines(t, path) > maxFileLines {
				wrong = append(wrong, fmt.Sprintf("%s/%s: has more than %d lines", p.name, name, maxFileLines))
			}
			for _, f := range longFunctions(t, path, nil) {
				wrong = append(wrong, fmt.Sprintf("%s/%s: %s", p.name, name, f))
			}
		}
	}
	complain(t, wrong)
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

// TestTooLarge shows that the test above can fail.
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

// madeUp is a package of these files.
func madeUp(t *testing.T, files map[string]string) *pkg {
	t.Helper()
	p := &pkg{ImportPath: "x", Dir: t.TempDir()}
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
