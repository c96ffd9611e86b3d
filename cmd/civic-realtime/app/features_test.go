package app

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/engine"
)

// bothFiles writes a configuration file with a features file beside it, and returns the name of the
// former.
func bothFiles(t *testing.T, realtime, features string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"realtime.yml": realtime, "features.yml": features} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "realtime.yml")
}

// TestFeatures shows the effect of each switch, in either file.
func TestFeatures(t *testing.T) {
	for _, test := range []struct {
		name, realtime, features string
		disabled                 bool
		off                      []string
		warnings                 []string
	}{
		{"the spec's example", "", "features:\n  realtime: true\n  collaborative_editing: true\n  presence_tracking: true\n  snapshots: true\n", false, nil, nil},
		{"nothing in it", "", "", false, nil, nil},
		{"nothing of ours", "", "features: {geography: false, notifications: {email: false}}", false, nil, nil},
		{"no outer key", "", "realtime: false", true, nil, nil},
		{"realtime", "", "features: {realtime: false}", true, nil, nil},
		{"realtime, but not here", "realtime: {enabled: false}", "features: {realtime: true}", true, nil, nil},
		{"editing", "", "features: {collaborative_editing: false}", false, []string{"collaborative editing"}, nil},
		{"presence", "", "features: {presence_tracking: 'False'}", false, []string{"presence"}, nil},
		{"snapshots", "", "features: {snapshots: false}", false, []string{"snapshots"}, nil},
		{"snapshots, here", "realtime: {snapshots: {enabled: false}}", "", false, []string{"snapshots"}, nil},
		{"all", "", "features: {collaborative_editing: false, presence_tracking: false, snapshots: false}", false,
			[]string{"collaborative editing", "presence", "snapshots"}, nil},
		{"misspelt", "", "features: {presence_traking: false}", false, nil, []string{`[1:12] features.presence_traking has no effect; did you mean "presence_tracking"?`}},
	} {
		c, err := parse(t, "", "--config", bothFiles(t, test.realtime, test.features))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if c.enabled() == test.disabled || !slices.Equal(c.switchedOff(), test.off) {
			t.Errorf("%s: enabled %v, off %q", test.name, c.enabled(), c.switchedOff())
		}
		if w := c.Warnings(); !slices.EqualFunc(w, test.warnings, strings.Contains) {
			t.Errorf("%s: %q", test.name, w)
		}
		e, want := engineConfig(c), engine.Config{
			ReadOnly: slices.Contains(test.off, "collaborative editing"), NoPresence: slices.Contains(test.off, "presence")}
		if slices.Contains(test.off, "snapshots") {
			want.SnapshotUpdates, want.SnapshotInterval, want.NoRecordSnapshots = journalUpdates, engine.Never, true
		}
		if e.ReadOnly != want.ReadOnly || e.NoPresence != want.NoPresence || e.SnapshotUpdates != want.SnapshotUpdates ||
			e.SnapshotInterval != want.SnapshotInterval || e.NoRecordSnapshots != want.NoRecordSnapshots || c.bolt().NoAutomatic != want.NoRecordSnapshots {
			t.Errorf("%s: %+v", test.name, e)
		}
	}
}

// TestFeaturesFile shows which features file is read, and which errors one may have.
func TestFeaturesFile(t *testing.T) {
	off := write(t, "off.yml", "features: {realtime: false}")
	for _, args := range [][]string{{"--features", off}, {"--config", bothFiles(t, "", "features: {realtime: true}"), "--features", off}} {
		if c, err := parse(t, "", args...); err != nil || c.enabled() {
			t.Errorf("%v: enabled %v, %v", args, c.enabled(), err)
		}
	}
	t.Setenv("CIVIC_REALTIME_FEATURES", off)
	if c, err := parse(t, ""); err != nil || c.enabled() {
		t.Errorf("by environment: enabled %v, %v", c.enabled(), err)
	}
	t.Setenv("CIVIC_REALTIME_FEATURES", "")
	if _, err := parse(t, "", "--features", "missing.yml"); err == nil || !strings.Contains(err.Error(), "missing.yml") {
		t.Errorf("no such file: %v", err)
	}
	for features, says := range map[string]string{
		"features: {realtime: maybe, snapshots: 7}": "features.yml: [1:22] features.realtime: \"maybe\" is not true or false",
		"features: 7": "features.yml: [1:9] there are no features in it",
		"features: [": "features.yml: [1:11]",
	} {
		if _, err := parse(t, "", "--config", bothFiles(t, "realtime: {port: abc}", features)); err == nil ||
			!strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), `realtime.yml: [1:18] port: "abc"`) {
			t.Errorf("%s: %v", features, err)
		}
	}
}
