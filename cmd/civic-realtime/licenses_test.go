package main

import (
	"encoding/json"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/licenses"
)

// TestLicenses shows that the command lists everything that the binary itself says it is built of,
// in each of its forms, with the texts of licences and notices.
func TestLicenses(t *testing.T) {
	list, code := start(t, nil, "licenses", "--list").end()
	if code != 0 || strings.Contains(list, "WITHOUT WARRANTIES") {
		t.Errorf("--list: code %d, with texts: %s", code, list)
	}
	all, code := start(t, nil, "licenses").end()
	if code != 0 || !strings.HasPrefix(all, list) {
		t.Errorf("code %d, and not the list first: %.200s", code, all)
	}
	text, code := start(t, nil, "licenses", "--json").end()
	var found []licenses.Component
	if err := json.Unmarshal([]byte(text), &found); err != nil || code != 0 {
		t.Fatalf("--json: code %d, %v", code, err)
	}
	lines := strings.Split(strings.TrimSpace(list), "\n")
	if len(found) < 20 || len(lines) != len(found) {
		t.Fatalf("%d lines, %d components", len(lines), len(found))
	}
	for i, c := range found {
		if got := strings.Join(strings.Fields(lines[i]), " "); got != c.Name+" "+c.Version+" "+c.License {
			t.Errorf("the list has %q, and the JSON %s %s %s", got, c.Name, c.Version, c.License)
		}
		if len(c.Texts) == 0 || c.Version == "" {
			t.Errorf("%s has %d texts and version %q", c.Name, len(c.Texts), c.Version)
		}
		for _, text := range c.Texts {
			if !strings.Contains(all, c.Name+" "+c.Version+": "+text.File+"\n") || !strings.Contains(all, text.Text) {
				t.Errorf("%s of %s is not printed", text.File, c.Name)
			}
		}
	}
	if found[0].Name != "civic-realtime" || found[0].Version != app.Version || found[0].License != "Apache-2.0" {
		t.Errorf("the first is %s %s %s", found[0].Name, found[0].Version, found[0].License)
	}
	mustHaveModules(t, list)
	start(t, nil, "licenses", "--list", "--json").mustEnd(2, "--list and --json exclude each other")
}

// mustHaveModules checks that a list has the modules that the program names in a backtrace or in go
// version -m. This test is linked to those of the tests as well, which are left out.
func mustHaveModules(t *testing.T, list string) {
	t.Helper()
	info, ok := debug.ReadBuildInfo()
	if !ok {
		t.Fatal("no build information")
	}
	found := 0
	for _, m := range info.Deps {
		if !strings.Contains(list, m.Path+" ") {
			t.Logf("%s is of tests only, or missing", m.Path)
			continue
		}
		found++
		if fields := strings.Fields(list[strings.Index(list, m.Path+" "):]); fields[1] != m.Version {
			t.Errorf("%s is %s, and %s is listed", m.Path, m.Version, fields[1])
		}
	}
	if found < 20 {
		t.Errorf("%d modules are listed, which are too few", found)
	}
}
