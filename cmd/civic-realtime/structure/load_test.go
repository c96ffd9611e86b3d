package structure

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

const (
	module = "github.com/civicpress/civic-realtime/"
	root   = "../../.."
)

// pkg is a package of the module, with the files that go build uses on this system.
type pkg struct {
	ImportPath     string
	Dir            string
	Export         string
	Imports        []string
	GoFiles        []string
	IgnoredGoFiles []string
	TestGoFiles    []string
	XTestGoFiles   []string

	name  string // the import path below the module
	fset  *token.FileSet
	files map[string]*ast.File // by name in the folder, without tests
}

// packages returns every package of the module, parsed.
func packages(t *testing.T) []*pkg {
	t.Helper()
	all, err := listed()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 15 {
		t.Fatalf("%d packages are too few", len(all))
	}
	return all
}

// exports has the files with the export data of all packages that the module is made of, by import
// path.
var exports map[string]string

var listed = sync.OnceValues(func() (all []*pkg, err error) {
	cmd := exec.Command("go", "list", "-export", "-deps",
		"-json=ImportPath,Dir,Export,Imports,GoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		return nil, errors.Join(err, errors.New(failure(err)))
	}
	exports = make(map[string]string)
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		p := new(pkg)
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		exports[p.ImportPath] = p.Export
		var ours bool
		if p.name, ours = strings.CutPrefix(p.ImportPath, module); !ours {
			continue
		}
		if err := p.parse(); err != nil {
			return nil, err
		}
		all = append(all, p)
	}
})

func failure(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(exit.Stderr)
	}
	return ""
}

func (p *pkg) parse() error {
	p.fset, p.files = token.NewFileSet(), make(map[string]*ast.File)
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(p.fset, filepath.Join(p.Dir, name), nil, parser.ParseComments)
		if err != nil {
			return err
		}
		p.files[name] = file
	}
	return nil
}

// tests parses the package's tests.
func (p *pkg) tests() (files []*ast.File, err error) {
	for _, name := range append(slices.Clone(p.TestGoFiles), p.XTestGoFiles...) {
		file, err := parser.ParseFile(p.fset, filepath.Join(p.Dir, name), nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

// product returns the names of the files that are not tests, on any system.
func (p *pkg) product() (names []string) {
	names = append(names, p.GoFiles...)
	for _, name := range p.IgnoredGoFiles {
		if !strings.HasSuffix(name, "_test.go") {
			names = append(names, name)
		}
	}
	return names
}

// doc returns the text of the package's comment.
func (p *pkg) doc() string {
	var b strings.Builder
	for _, file := range p.files {
		if file.Doc != nil {
			b.WriteString(file.Doc.Text())
		}
	}
	return b.String()
}

// uses calls f for every use of an identifier that the package itself declares.
func (p *pkg) uses(f func(use *ast.Ident, declared types.Object)) error {
	var files []*ast.File
	for _, file := range p.files {
		files = append(files, file)
	}
	info := &types.Info{Uses: make(map[*ast.Ident]types.Object)}
	conf := types.Config{Importer: importer.ForCompiler(p.fset, "gc", openExport)}
	if _, err := conf.Check(p.ImportPath, p.fset, files, info); err != nil {
		return err
	}
	for use, object := range info.Uses {
		if object.Pkg() != nil && object.Pkg().Path() == p.ImportPath {
			f(use, object)
		}
	}
	return nil
}

func openExport(path string) (io.ReadCloser, error) { return os.Open(exports[path]) }

// lines returns the number of lines of a file.
func lines(t *testing.T, name string) int {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(b, []byte("\n"))
}

// mustBeNone fails the test for each of wrong, in order.
func mustBeNone(t *testing.T, wrong []string) {
	t.Helper()
	slices.Sort(wrong)
	for _, w := range wrong {
		t.Error(w)
	}
}
