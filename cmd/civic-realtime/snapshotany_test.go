package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// item is a struct of an update in a root, or, with a key, an entry of it.
func item(ref byte, root, key, content string) string {
	info, sub := ref, ""
	if key != "" {
		info, sub = ref|yjs.InfoParentSub, named(key)
	}
	return string([]byte{info, 1}) + named(root) + sub + content
}

func named(s string) string { return string(lib0.AppendString(nil, s)) }

// client is a section of an update: the structs that a client wrote, from clock 0 on.
func client(id byte, structs ...string) string {
	return string([]byte{byte(len(structs)), id, 0}) + strings.Join(structs, "")
}

// documentOf is an update of these sections, which deletes nothing.
func documentOf(t *testing.T, sections ...string) []byte {
	t.Helper()
	b := []byte(string([]byte{byte(len(sections))}) + strings.Join(sections, "") + "\x00")
	if _, err := yjs.CheckUpdate(b); err != nil {
		t.Fatalf("%q: %v", b, err)
	}
	return b
}

// The documents of other people, one kind of root each.
var (
	greetings = client(9, item(yjs.RefString, "greetings", "", named("Hello from 7. Hello from 8. ")))
	styled    = client(8, item(yjs.RefFormat, "styled", "", named("bold")+named("true")), "\x84\x08\x00"+named("loud"), "\x85\x08\x04"+named(`{"image":"x"}`))
	settings  = client(7, item(yjs.RefAny, "settings", "ratio", "\x01\x7b\x7f\xf8\x00\x00\x00\x00\x00\x00"), item(yjs.RefAny, "settings", "big", "\x01\x7a\x00\x00\x00\x00\x00\x00\x00\x07"),
		item(yjs.RefAny, "settings", "none", "\x01\x7f"), item(yjs.RefBinary, "settings", "bytes", named("abc")))
	todo   = client(6, item(yjs.RefAny, "todo", "", "\x02\x77"+named("one")+"\x77"+named("two")))
	letter = client(5, item(yjs.RefType, "letter", "", "\x03"+named("paragraph")), "\x07\x00\x05\x00\x06", "\x04\x00\x05\x01"+named("Dear all"))
	empty  = client(4, item(yjs.RefDeleted, "empty", "", "\x01"))
	rich   = client(3, item(yjs.RefType, "default", "", "\x03"+named("taskList")), "\x07\x00\x03\x00\x06", "\x04\x00\x03\x01"+named("Buy milk"),
		"\x87\x03\x00\x03"+named("paragraph"), "\x07\x00\x03\x0a\x06", "\x06\x00\x03\x0b"+named("underline")+named("true"), "\x84\x03\x0c"+named("done"))
)

// stocked is a stopped server's store of documents that are not CivicPress'.
func stocked(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	st := must(bolt.Open(dir, bolt.Config{}))
	for record, sections := range map[string][]string{
		"readme": {greetings}, "styled": {styled}, "settings": {settings}, "todo": {todo}, "letter": {letter}, "rich": {rich}, "empty": {empty},
		"board": {greetings, todo, letter},
	} {
		saveState(t, st, "record:"+record, documentOf(t, sections...), 1)
	}
	both := client(2, item(yjs.RefType, "default", "", "\x03"+named("paragraph")), "\x07\x00\x02\x00\x06", "\x04\x00\x02\x01"+named("Text"))
	saveState(t, st, "record:both", documentOf(t, both, todo), 1)
	for _, record := range []string{"readme", "both", "rich", "letter"} {
		blob, _, err := st.Load(context.Background(), "record:"+record)
		if err == nil {
			err = st.KeepVersion(context.Background(), "record:"+record, "why", blob)
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

// TestSnapshotShowAny shows any document: what is in it, and what of that has no place in the form.
func TestSnapshotShowAny(t *testing.T) {
	dir := stocked(t)
	for _, test := range []struct {
		args, text string
		remarks    []string
	}{
		{"--record readme", "Hello from 7. Hello from 8. \n", nil},
		{"--record readme --json", "{\n  \"greetings\": \"Hello from 7. Hello from 8. \"\n}\n", nil},
		{"--record styled", "loud\n", []string{`"styled" (a text) is shown without its formats and what is embedded in it`}},
		{"--record settings", "## settings\n\n```json\n{\n  \"big\": 7,\n  \"bytes\": \"YWJj\",\n  \"ratio\": null\n}\n```\n\n", nil},
		{"--record settings --json", "{\n  \"settings\": {\n    \"big\": 7,\n    \"bytes\": \"YWJj\",\n    \"ratio\": null\n  }\n}\n", nil},
		{"--record todo", "## todo\n\n```json\n[\n  \"one\",\n  \"two\"\n]\n```\n\n", nil},
		{"--record letter", "## letter\n\n```xml\n<paragraph>Dear all</paragraph>\n```\n\n", nil},
		{"--record letter --fragment letter", "Dear all\n", nil},
		{"--record board", "## greetings\n\nHello from 7. Hello from 8. \n\n## letter\n\n```xml\n<paragraph>Dear all</paragraph>\n```\n\n## todo\n\n```json\n[\n  \"one\",\n  \"two\"\n]\n```\n\n", nil},
		{"--record both", "Text\n", []string{`"todo" (an array) is not shown; --json and the format yjs have it`}},
		{"--record rich", "Buy milk\n\ndone\n", []string{"Markdown has no form for taskList, underline"}},
		{"--record empty", "", nil},
	} {
		text, facts := command(t, dir, "show "+test.args)
		if text != test.text {
			t.Errorf("%s: %q, want %q", test.args, text, test.text)
		}
		for i, line := range strings.Split(strings.TrimSpace(facts), "\n")[1:] {
			if i >= len(test.remarks) || !strings.HasPrefix(line, test.remarks[i]) {
				t.Errorf("%s: it says %q", test.args, line)
			}
		}
		if n := strings.Count(facts, "\n") - 1; n != len(test.remarks) {
			t.Errorf("%s: %d remarks: %s", test.args, n, facts)
		}
	}
}

// TestSnapshotExportAny exports any document in each form.
func TestSnapshotExportAny(t *testing.T) {
	dir, out := stocked(t), t.TempDir()
	for _, record := range []string{"readme", "styled", "settings", "todo", "letter", "rich", "empty", "board", "both"} {
		for _, format := range []string{"yjs", "markdown", "json", "snapshot"} {
			file := filepath.Join(out, record+"."+format)
			command(t, dir, "export --record "+record+" --format "+format+" --output "+file)
			got := must(os.ReadFile(file))
			switch format {
			case "markdown":
				if shown, _ := command(t, dir, "show --record "+record); string(got) != shown {
					t.Errorf("%s: %q", file, got)
				}
			case "json":
				if shown, _ := command(t, dir, "show --json --record "+record); string(got) != shown {
					t.Errorf("%s: %q", file, got)
				}
			case "yjs":
				if _, err := yjs.CheckUpdate(got); err != nil || record == "readme" && !bytes.Equal(got, documentOf(t, greetings)) {
					t.Errorf("%s: %q, %v", file, got, err)
				}
			}
		}
	}
}

// TestSnapshotRestoreSays shows that a restore says what would not come back before it changes
// anything.
func TestSnapshotRestoreSays(t *testing.T) {
	dir := stocked(t)
	for _, test := range []struct {
		record string
		says   []string
	}{
		{"readme", []string{`only the text of an editor can be restored, from the fragment "default", and the record has "greetings" (a text)`, "--fragment", "--format yjs"}},
		{"letter", []string{`"letter" (XML)`, "--fragment"}},
		{"both", []string{`not all can be restored of version 1`, `"todo" (an array) would stay as it is now`, "nothing is changed", "--partly"}},
		{"rich", []string{"Markdown has no form for taskList, underline, which version 1 has", "nothing is changed", "--partly"}},
	} {
		p := start(t, nil, "snapshot", "restore", "--record", test.record, "--version", "1", "--data-dir", dir)
		p.mustEnd(1, test.says...)
		if list, _ := command(t, dir, "list --record "+test.record); strings.Contains(list, "before restore") {
			t.Errorf("%s: it was changed:\n%s", test.record, list)
		}
	}
	for _, args := range []string{"--record both --version 1 --partly", "--record letter --version 1 --fragment letter"} {
		if said, _ := command(t, dir, "restore "+args); !strings.Contains(said, "says what version 1 says already") {
			t.Errorf("%s: %s", args, said)
		}
	}
}
