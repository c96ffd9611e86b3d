package app

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
)

// documents are the texts that are checked here, by their names.
func documents(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("../../../docs/*.md")
	if err != nil || len(names) == 0 {
		t.Fatal("no documents", err)
	}
	texts := make(map[string]string)
	for _, name := range append(names, "../../../README.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(name)] = string(text)
	}
	return texts
}

var separator = regexp.MustCompile(`^\|(?:\s*:?-+:?\s*\|)+$`)

// cells is how many cells a row of a table has. A bar behind a backslash ends none.
func cells(row string) int {
	row = strings.ReplaceAll(row, `\|`, "")
	return strings.Count(strings.TrimSpace(row), "|") - 1
}

// TestTables shows that every row of every table in the documents has as many cells as its head.
func TestTables(t *testing.T) {
	tables := 0
	for name, text := range documents(t) {
		want := 0 // in the table that this line may belong to
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			switch {
			case separator.MatchString(line):
				tables++
				if want = cells(line); cells(lines[i-1]) != want {
					t.Errorf("%s:%d: %d cells in the head, want %d", name, i, cells(lines[i-1]), want)
				}
			case !strings.HasPrefix(line, "|"):
				want = 0
			case want > 0 && cells(line) != want:
				t.Errorf("%s:%d: %d cells, want %d: %s", name, i+1, cells(line), want, line)
			}
		}
	}
	if tables == 0 {
		t.Error("there are no tables")
	}
}

// TestKeysAreDocumented shows that docs/configuration.md has every key in the table of its own
// row, and no key that there is not.
func TestKeysAreDocumented(t *testing.T) {
	_, text, _ := strings.Cut(documents(t)["configuration.md"], "\n## The file\n")
	text, _, _ = strings.Cut(text, "\n## Limits\n")
	documented := make(map[string]bool)
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_.]+)`[^|]*\\|").FindAllStringSubmatch(text, -1) {
		documented[row[1]] = true
	}
	known := make(map[string]bool)
	for _, path := range yamlfile.Keys(reflect.TypeFor[Config]()) {
		name := strings.Replace(path.String(), "snapshot.", "snapshots.", 1)
		known[name] = true
		if !documented[name] && !strings.Contains(text, "`"+name) {
			t.Errorf("%s is not documented", name)
		}
	}
	section, _, _ := strings.Cut(text[strings.Index(text, "| Key | Default |"):], "### ")
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\|").FindAllStringSubmatch(section, -1) {
		if !known[row[1]] {
			t.Errorf("%s is documented, and there is no such key", row[1])
		}
	}
}

// TestProxyExample shows that the proxy of the documentation sends the service what it serves,
// and leaves the paths of others alone.
func TestProxyExample(t *testing.T) {
	found := regexp.MustCompile(`location ~ (\S+) \{`).FindStringSubmatch(documents(t)["configuration.md"])
	if found == nil {
		t.Fatal("there is no location in the example")
	}
	location := regexp.MustCompile(found[1])
	for path, ours := range map[string]bool{
		"/realtime/records/by-law-7":          true,
		"/realtime/realtime/records/by-law-7": true,
		"/realtime/record/by-law-7":           true,
		"/realtime/devices/box-1":             false,
		"/realtime/":                          false,
		"/api/v1/records/by-law-7":            false,
		"/metrics":                            false,
	} {
		if location.MatchString(path) != ours {
			t.Errorf("%s: ours %v", path, !ours)
		}
	}
}
