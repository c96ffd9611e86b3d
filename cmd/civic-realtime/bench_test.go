//go:build linux

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/capacity"
)

// TestBench shows that the bench command measures a server with people who type, whose edits all
// arrive, and leaves nothing behind. It claims nothing about the machine, which may be too busy.
// While it measures the memory of so few connections the server may give back more than they take:
// then it is measured again.
func TestBench(t *testing.T) {
	for range 3 {
		if r := measured(t); r.Idle.BytesEach > 0 {
			return
		}
	}
	t.Error("idle connections take no memory, three times")
}

// measured runs the bench command with a hundred people, and checks everything but memory.
func measured(t *testing.T) (r capacity.Result) {
	dir := t.TempDir()
	p := start(t, os.Environ(), "bench", "--for", "10s", "--most", "100", "--json", "--data-dir", filepath.Join(dir, "none", "yet"))
	stdout, _ := p.end()
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("%v: %s%s", err, stdout, &p.stderr)
	}
	if len(r.Typing) != 1 || r.Typing[0].People != 100 || r.Typing[0].Lost != 0 || r.Typing[0].LatencyP50 <= 0 {
		t.Errorf("typing: %+v", r.Typing)
	}
	if r.Idle.Connections != 100 || r.Disk.CommitP99 < r.Disk.CommitP50 || r.Disk.CommitP50 <= 0 {
		t.Errorf("idle and disk: %+v, %+v", r.Idle, r.Disk)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	return r
}

// TestBenchUsage shows that times and numbers that are too small are refused.
func TestBenchUsage(t *testing.T) {
	start(t, nil, "bench", "--for", "1s").mustEnd(2, "--for", "10s")
	start(t, nil, "bench", "--most", "1").mustEnd(2, "--most", "5 people")
}
