package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

const readmeServer = "ws://127.0.0.1:3001"

// TestReadme shows that the client in the README works as written, except for the port, and that
// the server stores its text.
func TestReadme(t *testing.T) {
	t.Parallel()
	s := start(t)
	script := strings.ReplaceAll(readmeScript(t), readmeServer, "ws://"+s.addr)
	client, _ := startScript(t, `(?i)\b(connected|synced)\b`, script, "--input-type=module", "-")
	s.untilMetrics("the greeting has come", func(metrics string) bool {
		return strings.Contains(metrics, "realtime_updates_merged_total 1\n")
	})
	s.terminate()
	want := fmt.Sprintf("Hello from %d. \n", client.PID())
	if shown := shownByCommand(t, s.dir, "my-record"); shown != want {
		t.Errorf("snapshot show says %q, want %q", shown, want)
	}
}

// shownByCommand returns the output of the command about a record in the store of a stopped server.
func shownByCommand(t *testing.T, dir, record string) string {
	t.Helper()
	out, err := exec.Command(serverBinary, "snapshot", "show", "--record", record, "--data-dir", dir).Output()
	if err != nil {
		t.Errorf("snapshot show: %v", err)
	}
	return string(out)
}

func readmeScript(t *testing.T) string {
	t.Helper()
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`cd \.\./\w+ && npm install `).Match(readme) {
		t.Error("the README has npm install into the clone")
	}
	block := regexp.MustCompile("(?s)```js\n(.*?)```").FindSubmatch(readme)
	if block == nil || !strings.Contains(string(block[1]), readmeServer) {
		t.Fatalf("the README's first js block does not connect to %s", readmeServer)
	}
	return string(block[1])
}
