package structure

import (
	"go/ast"
	"regexp"
	"strings"
	"testing"
)

var testName = regexp.MustCompile(`\b(Test|Fuzz|Benchmark)[A-Z]\w*`)

// missingTests returns the tests that a text names but that are not in declared. TestName is a
// placeholder.
func missingTests(text string, declared map[string]bool) (missing []string) {
	for _, name := range testName.FindAllString(text, -1) {
		if !declared[name] && name != "TestName" {
			missing = append(missing, name)
		}
	}
	return missing
}

// TestTestsInDocuments fails when a document names a test that does not exist.
func TestTestsInDocuments(t *testing.T) {
	declared := make(map[string]bool)
	for _, p := range packages(t) {
		files, err := p.tests()
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
					declared[f.Name.Name] = true
				}
			}
		}
	}
	var wrong []string
	for path, text := range documents(t) {
		for _, name := range missingTests(text, declared) {
			wrong = append(wrong, path+" names "+name+", which does not exist")
		}
	}
	mustBeNone(t, wrong)
}

// TestMissingTests shows which names count as tests.
func TestMissingTests(t *testing.T) {
	declared := map[string]bool{"TestHere": true}
	got := missingTests("`TestHere`, TestGone (`FuzzGone`), -run TestName, Testing", declared)
	if strings.Join(got, " ") != "TestGone FuzzGone" {
		t.Errorf("missing: %v", got)
	}
}
