package console

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// TestPageModules runs the tests of the page's modules that compute, in Node: formats, sentences,
// the scales of charts, the samples of an hour.
func TestPageModules(t *testing.T) {
	site := t.TempDir()
	if err := os.CopyFS(site, os.DirFS("site")); err != nil {
		t.Fatal(err)
	}
	// Node takes files that end with .js for modules where a package says so.
	err := os.WriteFile(filepath.Join(site, "package.json"), []byte(`{"type":"module"}`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PAGE", site)
	t.Setenv("TZ", "UTC")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if out, err := nodeworker.Run(ctx, "--test", "testdata/page.test.mjs"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
