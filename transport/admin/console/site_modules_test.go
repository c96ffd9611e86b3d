package console

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// TestPageModules runs the tests of the page's modules that compute, in Node. Their files get a
// package.json beside them, without which Node takes .js files for CommonJS.
func TestPageModules(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		t.Fatal("node is not on the PATH: Node 20 is needed")
	}
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("site")); err != nil {
		t.Fatal(err)
	}
	kind := []byte(`{"type": "module"}`)
	if err := os.WriteFile(filepath.Join(folder, "package.json"), kind, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tests, err := filepath.Glob("testdata/*.test.mjs")
	if err != nil || len(tests) == 0 {
		t.Fatal("no tests", err)
	}
	cmd := exec.CommandContext(ctx, "node", append([]string{"--test"}, tests...)...)
	cmd.Env = append(os.Environ(), "PAGE="+folder, "TZ=UTC")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
