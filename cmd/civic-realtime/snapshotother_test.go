package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/snapshots"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// Updates of documents that are not CivicPress'.
const (
	// readme has a text, greetings: "Hello".
	readme = "\x01\x01\x09\x00\x04\x01\x09greetings\x05Hello\x00"
	// settings has a map, settings: {k: "v"}.
	settings = "\x01\x01\x07\x00\x28\x01\x08settings\x01k\x01\x77\x01v\x00"
)

// archivedOthers returns the store of a stopped server with such documents, each also as version 1:
// of a text, a map, and an editor's text beside a map.
func archivedOthers(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	st := must(bolt.Open(dir, bolt.Config{}))
	text := must(snapshot.Append(nil, snapshot.Snapshot{State: markdown.Schema{}.Seed(must(markdown.Parse("Text\n")))}, snapshot.Raw))
	both := must(stored.Read(text, [][]byte{stored.AppendRow(nil, 1, must(yjs.CheckUpdate([]byte(settings))))}, snapshots.MaxBytes))
	for record, state := range map[string][]byte{"readme": []byte(readme), "settings": []byte(settings), "both": both.State} {
		saveState(t, st, "record:"+record, state, 1)
		blob, _, err := st.Load(t.Context(), "record:"+record)
		if err == nil {
			_, err = st.KeepVersion(t.Context(), "record:"+record, persist.Version{Why: "why"}, blob)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestSnapshotShowOther shows the output for a document of another program, and the remarks on
// parts that are left out.
func TestSnapshotShowOther(t *testing.T) {
	dir := archivedOthers(t)
	for _, test := range []struct{ args, text, remark string }{
		{"--record readme", "Hello\n", ""},
		{"--record settings --json", "{\n  \"settings\": {\n    \"k\": \"v\"\n  }\n}\n", ""},
		{"--record both", "Text\n", `"settings" (a map) is not shown; --json and the format yjs have it`},
		{"--record both --fragment settings", "## default\n\n```xml\n<paragraph>Text</paragraph>\n```\n\n" +
			"## settings\n\n```json\n{\n  \"k\": \"v\"\n}\n```\n\n", ""},
	} {
		text, facts := command(t, dir, "show "+test.args)
		if test.text != "" && text != test.text {
			t.Errorf("%s: %q, want %q", test.args, text, test.text)
		}
		_, remarks, _ := strings.Cut(strings.TrimSpace(facts), "\n")
		if !strings.HasPrefix(remarks, test.remark) || test.remark == "" && remarks != "" {
			t.Errorf("%s: it remarks %q", test.args, remarks)
		}
	}
}

// TestSnapshotExportOther shows that an exported file has the text that show prints.
func TestSnapshotExportOther(t *testing.T) {
	dir, out := archivedOthers(t), t.TempDir()
	for _, record := range []string{"readme", "settings", "both"} {
		for format, shows := range map[string]string{"markdown": "show", "json": "show --json"} {
			file := filepath.Join(out, record+"."+format)
			command(t, dir, "export --record "+record+" --format "+format+" --output "+file)
			if shown, _ := command(t, dir, shows+" --record "+record); string(must(os.ReadFile(file))) != shown {
				t.Errorf("%s differs from %q", file, shown)
			}
		}
	}
}

// TestSnapshotRestoreOthers shows that documents that are not CivicPress' are restored.
func TestSnapshotRestoreOthers(t *testing.T) {
	dir := archivedOthers(t)
	for _, record := range []string{"readme", "both"} {
		if output, _ := command(t, dir, "restore --record "+record+" --version 1"); !strings.Contains(output, "says what version 1 says already") {
			t.Errorf("it prints %s", output)
		}
	}
}
