package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

var (
	shellBlocks = regexp.MustCompile("(?s)```sh\n(.*?)```")
	npmInstall  = regexp.MustCompile(`(?m)^npm install .*$`)
)

// TestFirstHour runs the commands of docs/operations/first-hour.md as they stand there, except for
// the ports: a server, a client that writes, a look at both, a lock, a backup meanwhile, the loss
// of all data, and their restoration.
func TestFirstHour(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../docs/operations/first-hour.md")
	if err != nil {
		t.Fatal(err)
	}
	modules, err := filepath.Abs("node_modules")
	if err != nil {
		t.Fatal(err)
	}
	script := "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
	for _, block := range shellBlocks.FindAllStringSubmatch(string(page), -1) {
		script += block[1]
	}
	addr := freeAddr(t)
	script = replaceAll(t, script, "127.0.0.1:3001", addr)
	script = npmInstall.ReplaceAllString(script, "ln -s '"+modules+"' node_modules")
	out := runShell(t, script, "CIVIC_REALTIME_LISTEN="+addr, "CIVIC_REALTIME_ADMIN_LISTEN=127.0.0.1:0")
	for _, want := range []string{
		`"status":"ready"`, "record:by-law-7", "ann", "realtime_rooms 1", " lines\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the output does not have %q", want)
		}
	}
	if counts := regexp.MustCompile(`(?m)^(\d+) lines$`).FindAllString(out, -1); len(counts) != 2 || counts[1] == "0 lines" {
		t.Errorf("lines before the backup, and after it was restored: %q", counts)
	}
	if t.Failed() {
		t.Log(out)
	}
}

// runShell runs a script in an empty directory, with the binary under test on the PATH, and returns
// its output.
func runShell(t *testing.T, script string, env ...string) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("bash", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(env, "HOME="+dir, "PATH="+filepath.Dir(serverBinary)+":"+os.Getenv("PATH"))
	cmd.WaitDelay = patience
	late := time.AfterFunc(3*patience, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}
