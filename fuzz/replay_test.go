package fuzz

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// TestReplay runs every scenario that ever failed, in its shrunk form.
func TestReplay(t *testing.T) {
	w := startWorker(t)
	names, err := filepath.Glob(filepath.Join(replayDir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".json"), func(t *testing.T) {
			if err := run(w, readScenario(t, name)); errors.Is(err, errUndecided) {
				t.Log(err)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}
