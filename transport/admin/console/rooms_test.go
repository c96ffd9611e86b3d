package console

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// TestRoomScripts shows what the page of a room computes: trees of documents, lines with authors,
// and comparisons, from which both versions of thousands of random documents can be read.
func TestRoomScripts(t *testing.T) {
	site := filepath.Join(t.TempDir(), "site")
	if err := os.CopyFS(site, os.DirFS("site")); err != nil {
		t.Fatal(err)
	}
	// Node takes files that end with .js for modules where a package says so.
	err := os.WriteFile(filepath.Join(site, "package.json"), []byte(`{"type":"module"}`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := nodeworker.Run(ctx, "testdata/rooms.mjs", site)
	if err != nil {
		t.Fatal(err)
	}
	const want = "tree nodes lines comparisons formats folds writers calm"
	if got := strings.Join(strings.Fields(string(out)), " "); got != want {
		t.Errorf("the tests were %q, want %q", got, want)
	}
}
