package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// TestHistory shows that a version that a client with gc: false has taken can be read by another
// client, which has never seen its text, after the room was compacted, if documents.gc is false,
// and not otherwise.
func TestHistory(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, documents, then string }{
		{"compacted", "{}", "0"},
		{"kept", "{gc: false}", "16000"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			config := filepath.Join(t.TempDir(), "realtime.yml")
			text := "realtime: {rooms: {grace_period_ms: 0}, documents: " + test.documents + "}"
			if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			s := startWith(t, freeAddr(t), t.TempDir(), "--dev", "--config", config)
			writer, version := historyClient(t, s, `version (\S+)`)
			s.untilMetrics("its updates have come", hasLine("realtime_updates_merged_total 3"))
			writer.Kill()
			s.untilMetrics("the room is unloaded", hasLine("realtime_rooms 0"))
			_, then := historyClient(t, s, `then (\d+)`, version)
			if then != test.then {
				t.Errorf("the version has %s characters, want %s", then, test.then)
			}
		})
	}
}

// hasLine returns a function that reports whether the metrics have a line.
func hasLine(line string) func(metrics string) bool {
	return func(metrics string) bool { return strings.Contains("\n"+metrics, "\n"+line+"\n") }
}

// historyClient runs history.mjs until it prints a match of the pattern, and returns the pattern's
// group.
func historyClient(t *testing.T, s *server, pattern string, version ...string) (*nodeworker.Process, string) {
	t.Helper()
	return startScript(t, pattern, "", append([]string{"history.mjs", s.url()}, version...)...)
}
