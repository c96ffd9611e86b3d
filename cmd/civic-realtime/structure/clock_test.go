package structure

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// clockless packages get the time passed in, so that tests can choose it. They use package time for
// its types only.
var clockless = []string{"engine/awareness", "engine/piececache", "engine/schedule"}

// clocks are the functions of package time that read a clock, or wait.
var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// clocksIn lists the calls of clocks in a file.
func clocksIn(file *ast.File) (found []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if pkg, ok := s.X.(*ast.Ident); ok && pkg.Name == "time" && slices.Contains(clocks, s.Sel.Name) {
				found = append(found, "time."+s.Sel.Name)
			}
		}
		return true
	})
	return found
}

// TestTimeIsPassedIn fails when a clockless package reads a clock.
func TestTimeIsPassedIn(t *testing.T) {
	checked := 0
	for _, p := range packages(t) {
		if !slices.Contains(clockless, p.name) {
			continue
		}
		checked++
		for name, file := range p.files {
			if found := clocksIn(file); len(found) > 0 {
				t.Errorf("%s/%s uses %s", p.name, name, strings.Join(found, ", "))
			}
		}
	}
	if checked != len(clockless) {
		t.Errorf("%d of %d packages are found", checked, len(clockless))
	}
}

// TestClocksIn shows which calls are reported.
func TestClocksIn(t *testing.T) {
	p := madeUp(t, map[string]string{
		"x.go": "package x\n\nimport \"time\"\n\nvar a, b = time.Now(), time.Since(time.Time{}) < time.Second\n",
	})
	if got := strings.Join(clocksIn(p.files["x.go"]), " "); got != "time.Now time.Since" {
		t.Errorf("%q", got)
	}
}
