package engine

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// TestCompressedRoomsAreCounted shows that rooms whose document is compressed are counted while
// they are.
func TestCompressedRoomsAreCounted(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		w.cfg().Compression = snapshot.Gzip
		want := func(n float64) {
			t.Helper()
			if got := w.metric("realtime_compressed_rooms"); got != n {
				t.Errorf("%v rooms, want %v", got, n)
			}
		}
		a := w.joinSynced("r")
		a.types(0, strings.Repeat("x", 1000))
		pass(w.cfg().Window)
		a.Leave()
		want(0)
		pass(2 * w.cfg().CompressAfter)
		want(1)
		w.joinSynced("r")
		want(0)
	})
}

// TestKindsHaveLabels shows that every kind of message has a label.
func TestKindsHaveLabels(t *testing.T) {
	for kind, name := range kindNames {
		if name == "" {
			t.Errorf("kind %d has no label", kind)
		}
	}
}

// TestInvalidReasonsAreListed shows that each error of the packages that decode messages has a
// counter of its own.
func TestInvalidReasonsAreListed(t *testing.T) {
	listed := make(map[string]bool)
	for _, reason := range invalidReasons {
		listed[reason.Error()] = true
	}
	found := 0
	for _, dir := range []string{"../codec/lib0", "../codec/jsontext", "../codec/yjs", "../codec/protocol", "awareness"} {
		for _, text := range errorTexts(t, dir) {
			if found++; !listed[text] {
				t.Errorf("%s: %q is in no metric", dir, text)
			}
		}
	}
	if found < len(invalidReasons)-2 {
		t.Errorf("%d errors found, %d are listed", found, len(invalidReasons))
	}
}

// errorTexts returns the texts of all calls of errors.New in a package.
func errorTexts(t *testing.T, dir string) (texts []string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatal(dir, err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && types.ExprString(call.Fun) == "errors.New" {
				text, err := strconv.Unquote(types.ExprString(call.Args[0]))
				if err != nil {
					t.Errorf("%s: %v", name, err)
				}
				texts = append(texts, text)
			}
			return true
		})
	}
	return texts
}
