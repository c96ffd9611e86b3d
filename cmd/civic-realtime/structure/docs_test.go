package structure

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// documents returns the documents for readers, by path. The change log is left out, as it keeps its
// old words.
func documents(t *testing.T) map[string]string {
	t.Helper()
	var names []string
	for _, pattern := range []string{"/docs/*.md", "/docs/operations/*.md"} {
		found, err := filepath.Glob(root + pattern)
		if err != nil || len(found) == 0 {
			t.Fatal("no documents", pattern, err)
		}
		names = append(names, found...)
	}
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "SECURITY.md"} {
		names = append(names, filepath.Join(root, name))
	}
	texts := make(map[string]string)
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		path, _ := filepath.Rel(root, name)
		texts[filepath.ToSlash(path)] = string(text)
	}
	return texts
}

const maxDocumentLine = 120

// longLines counts the lines of a document that are too long, in characters. Rows of tables do not
// count, as they cannot be broken, nor code with an address in it.
func longLines(text string) (n int) {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if utf8.RuneCountInString(line) > maxDocumentLine && !strings.HasPrefix(line, "|") && !strings.Contains(line, "://") {
			n++
		}
	}
	return n
}

// TestLinesOfDocuments fails when lines of documents are too long to be read beside another file.
func TestLinesOfDocuments(t *testing.T) {
	var wrong []string
	for path, text := range documents(t) {
		if longLines(text) > 0 {
			wrong = append(wrong, path+": has lines of more than 120 characters")
		}
	}
	mustBeNone(t, wrong)
}

// TestLongLines shows which lines are reported as too long.
func TestLongLines(t *testing.T) {
	long := strings.Repeat("ä", maxDocumentLine+1)
	for text, want := range map[string]int{
		long: 1, long[2:]: 0, "| " + long: 0, "https://" + long: 0, long + "\n\n" + long + "\n": 2,
	} {
		if got := longLines(text); got != want {
			t.Errorf("%d, want %d: %s", got, want, text)
		}
	}
}
