package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// TestHistory has a client with gc: false take a version, and another one, that has never seen the
// text of then, look at it when the room has been compacted: it has the text where documents.gc is
// false, and nothing of it otherwise.
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
			s.untilMetrics("its updates have come", has("realtime_updates_merged_total 3"))
			writer.Kill()
			s.untilMetrics("the room is unloaded", has("realtime_rooms 0"))
			_, then := historyClient(t, s, `then (\d+)`, version)
			if then != test.then {
				t.Errorf("the version has %s characters, want %s", then, test.then)
			}
		})
	}
}

// has looks for a line in the metrics.
func has(line string) func(metrics string) bool {
	return func(metrics string) bool { return strings.Contains("\n"+metrics, "\n"+line+"\n") }
}

// historyClient runs history.mjs until it writes what matches the pattern, and returns the group in
// that.
func historyClient(t *testing.T, s *server, pattern string, version ...string) (*nodeworker.Process, string) {
	t.Helper()
	return startScript(t, pattern, "", append([]string{"history.mjs", s.url()}, version...)...)
}
