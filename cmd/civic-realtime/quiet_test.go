package main

import (
	"slices"
	"strings"
	"testing"
)

// TestCommandsPrintNoForeignLine shows that commands print nothing to stderr when all is well,
// whatever libraries have to say about the machine, such as one without figures of pressure.
func TestCommandsPrintNoForeignLine(t *testing.T) {
	secret := "CIVIC_REALTIME_JWT_SECRET=" + strings.Repeat("s", 32)
	for _, args := range [][]string{
		{"version"}, {"help"}, {"man"}, {"licenses", "--list"}, {"completion", "bash"}, {"config", "defaults"},
		{"token", "--user", "ann"}, {"config", "check"},
	} {
		p := start(t, []string{secret}, args...)
		if _, code := p.end(); p.stderr.Len() > 0 || code != 0 {
			t.Errorf("%q: code %d, stderr %s", args, code, &p.stderr)
		}
	}
}

// TestLibrariesAreQuietFromTheStart shows on every machine that the standard logger is switched off
// before libraries that write to it are initialized.
func TestLibrariesAreQuietFromTheStart(t *testing.T) {
	p := start(t, []string{"GODEBUG=inittrace=1"}, "version")
	if _, code := p.end(); code != 0 {
		t.Fatalf("code %d: %s", code, &p.stderr)
	}
	var order []string
	for line := range strings.Lines(p.stderr.String()) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "init" {
			order = append(order, words[1])
		}
	}
	ours := slices.Index(order, "github.com/civicpress/civic-realtime/cmd/civic-realtime/quiet")
	library := slices.Index(order, "github.com/VictoriaMetrics/metrics")
	if ours < 0 || library < ours {
		t.Errorf("place %d, and the library's %d, in %q", ours, library, order)
	}
}
