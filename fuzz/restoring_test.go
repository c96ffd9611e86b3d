package fuzz

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/revert"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// TestRestoring shows, by real Yjs, that restoring a version of a document of all shared types
// gives it the version's content, that everything that both show keeps its ids, so that carets
// stay, and that words that clients write meanwhile are there once, unless the type that they were
// written into is not in the version.
func TestRestoring(t *testing.T) {
	if err := nodeworker.Check(".", "yjs"); err != nil {
		t.Fatal(err)
	}
	const first, sessions = 1, 200
	var played []struct{ Then, Now []byte }
	runScript(t, &played, "worker/restoring.mjs", "play", strconv.Itoa(first), strconv.Itoa(sessions))
	edits := make([][]byte, len(played))
	for i, p := range played {
		edit, err := revert.Edit(yjs.Trust(p.Now), yjs.Trust(p.Then), nil, view.MaxSteps(math.MaxUint64))
		if err != nil {
			t.Fatalf("session %d: %v", first+i, err)
		}
		edits[i] = edit
	}
	file := filepath.Join(t.TempDir(), "edits")
	b, err := json.Marshal(edits)
	if err == nil {
		err = os.WriteFile(file, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	var checked []struct {
		Problems               []string
		Kept, Copied, Survived int
	}
	runScript(t, &checked, "worker/restoring.mjs", "check", strconv.Itoa(first), strconv.Itoa(sessions), file)
	kept, copied, survived := 0, 0, 0
	for i, c := range checked {
		for _, problem := range c.Problems {
			t.Errorf("session %d: %.2000s", first+i, problem)
		}
		kept, copied, survived = kept+c.Kept, copied+c.Copied, survived+c.Survived
	}
	if len(checked) != sessions || kept == 0 || copied == 0 || survived == 0 {
		t.Errorf("%d sessions, %d units kept, %d copied, %d words", len(checked), kept, copied, survived)
	}
}

// runScript runs a script of Node, and reads the JSON that it prints.
func runScript(t *testing.T, answer any, args ...string) {
	t.Helper()
	out, err := nodeworker.Run(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, answer); err != nil {
		t.Fatal(err)
	}
}
