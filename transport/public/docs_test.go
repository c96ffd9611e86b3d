package public

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestPathsAreDocumented shows that docs/configuration.md has a row for each path but those of
// WebSockets, and for no others.
func TestPathsAreDocumented(t *testing.T) {
	paths := func(file, from, to, pattern string) (all []string) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, part, _ := strings.Cut(string(text), from)
		part, _, _ = strings.Cut(part, to)
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(part, -1) {
			if !strings.HasPrefix(m[1], "/realtime/") {
				all = append(all, m[1])
			}
		}
		slices.Sort(all)
		return all
	}
	documented := paths("../../docs/configuration.md", "\n## Paths\n", "\n## ", "(?m)^\\| `(/[^`]*)` \\|")
	there := append(paths("handler.go", "switch {", "default:", `path == "([^"]+)"`), tryPath)
	there = append(there, PlaygroundFiles...)
	slices.Sort(there)
	there = slices.Compact(there)
	if len(there) < 7 || !slices.Equal(documented, there) {
		t.Errorf("documented are %q, there are %q", documented, there)
	}
}
