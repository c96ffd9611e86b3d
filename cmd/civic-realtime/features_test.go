package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFeaturesAnnounced shows that a server prints which features are switched off, and works
// without them.
func TestFeaturesAnnounced(t *testing.T) {
	config := write(t, "realtime.yml", "")
	text := []byte("features: {snapshots: false, presence_tracking: false}")
	if err := os.WriteFile(filepath.Join(filepath.Dir(config), "features.yml"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, nil, append(dev, "--config", config)...)
	output, addr := p.listening()
	<-play(t, addr, "", direct).hello
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	rest, code := p.end()
	if output += rest; code != 0 || !strings.Contains(output, "switched off: presence, snapshots") {
		t.Errorf("exit code %d: %s%s", code, output, &p.stderr)
	}
}
