package fuzz

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A scenario is a list of updates that reach a document one after the other, and how the document
// is checked meanwhile. It is enough to reproduce a failure.
type scenario struct {
	Rule    string   `json:"rule,omitempty"` // the one that was broken when it was found
	Found   string   `json:"found,omitempty"`
	GC      bool     `json:"gc"`                // whether the Yjs documents beside it collect garbage
	Batch   int      `json:"batch"`             // updates per AppendChanges, at least 1
	Every   int      `json:"every"`             // updates per full comparison, at least 1; the last is always compared
	Split   int      `json:"split,omitempty"`   // bytes, if changes is split before it is sent
	Compact int      `json:"compact,omitempty"` // updates per compaction, if there is one
	Reload  int      `json:"reload,omitempty"`  // updates per restart from the stored state, if there is one
	Hostile bool     `json:"hostile,omitempty"` // no client wrote these: refused updates are left out
	Strict  bool     `json:"strict,omitempty"`  // nothing is left undecided unless a Y.Doc differs from itself, encoded and loaded
	Updates [][]byte `json:"updates"`
}

const replayDir = "testdata/replay"

// keep writes s to testdata/replay, where TestReplay finds it, and returns the file's name.
func (s scenario) keep(t testing.TB) string {
	t.Helper()
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	name := filepath.Join(replayDir, slug(s.Rule)+"-"+hex.EncodeToString(sum[:4])+".json")
	if err := os.WriteFile(name, append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func slug(s string) string {
	words := strings.FieldsFunc(s, func(r rune) bool { return r < 'a' || r > 'z' })
	return strings.Join(words, "-")
}

func readScenario(t testing.TB, name string) (s scenario) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return s
}

// size returns the number of bytes in the scenario's updates.
func (s scenario) size() (n int) {
	for _, u := range s.Updates {
		n += len(u)
	}
	return n
}
