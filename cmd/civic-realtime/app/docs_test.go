package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/logs"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/civicpress"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// documentTexts returns the texts that are checked here, by their paths below docs; README.md is
// that of the repository.
func documentTexts(t *testing.T) map[string]string {
	t.Helper()
	var names []string
	for _, pattern := range []string{"../../../docs/*.md", filepath.Join(operations, "*.md")} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatal("no documents", pattern, err)
		}
		names = append(names, found...)
	}
	texts := make(map[string]string)
	for _, name := range append(names, "../../../README.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		path, _ := filepath.Rel("../../..", name)
		texts[strings.TrimPrefix(filepath.ToSlash(path), "docs/")] = string(text)
	}
	return texts
}

var separator = regexp.MustCompile(`^\|(?:\s*:?-+:?\s*\|)+$`)

// cells returns the number of cells in a row of a table. A bar after a backslash does not end a
// cell.
func cells(row string) int {
	row = strings.ReplaceAll(row, `\|`, "")
	return strings.Count(strings.TrimSpace(row), "|") - 1
}

// TestTables shows that every row of every table in the documents has as many cells as the table's
// head.
func TestTables(t *testing.T) {
	tables := 0
	for name, text := range documentTexts(t) {
		want := 0 // number of cells in the present table; 0: not in one
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			switch {
			case separator.MatchString(line):
				tables++
				if want = cells(line); cells(lines[i-1]) != want {
					t.Errorf("%s:%d: %d cells in the head, want %d", name, i, cells(lines[i-1]), want)
				}
			case !strings.HasPrefix(line, "|"):
				want = 0
			case want > 0 && cells(line) != want:
				t.Errorf("%s:%d: %d cells, want %d: %s", name, i+1, cells(line), want, line)
			}
		}
	}
	if tables == 0 {
		t.Error("there are no tables")
	}
}

// TestKeysAreDocumented shows that docs/configuration.md has a row for every key, in the table of
// its section, and none for unknown keys.
func TestKeysAreDocumented(t *testing.T) {
	_, text, _ := strings.Cut(documentTexts(t)["configuration.md"], "\n## The file\n")
	text, _, _ = strings.Cut(text, "\n## Limits\n")
	documented := make(map[string]bool)
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_.]+)`[^|]*\\|").FindAllStringSubmatch(text, -1) {
		documented[row[1]] = true
	}
	known := make(map[string]bool)
	for _, path := range yamlfile.Keys(reflect.TypeFor[Config]()) {
		name := path.String()
		known[name] = true
		if !documented[name] && !strings.Contains(text, "`"+name+"`") {
			t.Errorf("%s is not documented", name)
		}
	}
	section, _, _ := strings.Cut(text, "### Features")
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\|").FindAllStringSubmatch(section, -1) {
		if !known[row[1]] {
			t.Errorf("%s is documented, and there is no such key", row[1])
		}
	}
}

// notKeys are files in the data directory, whose names look like keys.
var notKeys = regexp.MustCompile(`^(rooms\.(db|mark|tail)|admin\.(json|token)|log\.key)\b`)

// TestAreasAreDocumented shows that docs/configuration.md names every area that may have a level.
func TestAreasAreDocumented(t *testing.T) {
	_, text, _ := strings.Cut(documentTexts(t)["configuration.md"], "The areas are")
	text, _, _ = strings.Cut(text, ".")
	for _, area := range logs.Areas() {
		if !strings.Contains(text, "`"+area+"`") {
			t.Errorf("%s is not in %q", area, text)
		}
	}
}

// TestKeysInDocuments shows that every key that a document mentions exists.
func TestKeysInDocuments(t *testing.T) {
	known, sections, found := map[string]bool{}, map[string]bool{}, 0
	for _, path := range yamlfile.Keys(reflect.TypeFor[Config]()) {
		for i := range path {
			known[path[:i+1].String()] = true
		}
		sections[path[:1].String()] = sections[path[:1].String()] || len(path) > 1
	}
	for key := range foreignKeys {
		known[key] = true
	}
	for name, text := range documentTexts(t) {
		for _, m := range regexp.MustCompile("`([a-z_]+)((?:\\.[a-z_]+)+)(?:: [^`]*)?`").FindAllStringSubmatch(text, -1) {
			key := m[1] + m[2]
			if !sections[m[1]] || notKeys.MatchString(key) {
				continue
			}
			if found++; !known[key] {
				t.Errorf("%s: there is no key %s", name, key)
			}
		}
	}
	if found < 200 {
		t.Errorf("%d keys are too few", found)
	}
}

// documentedDefaults returns the keys of the tables that have one value as default, with that
// value.
func documentedDefaults(t *testing.T) map[string]string {
	t.Helper()
	defaults := make(map[string]string)
	row := regexp.MustCompile("(?m)^\\| `([a-z_.]+)` \\| `([^`]+)` \\|")
	for _, r := range row.FindAllStringSubmatch(documentTexts(t)["configuration.md"], -1) {
		defaults[r[1]] = r[2]
	}
	if len(defaults) < 70 {
		t.Fatalf("%d defaults are too few", len(defaults))
	}
	return defaults
}

// resolved returns all settings of the server's parts, one a line, for a file with these keys.
func resolved(t *testing.T, keys map[string]string) string {
	t.Helper()
	file := map[string]any{}
	for key, value := range keys {
		section, path := file, strings.Split(key, ".")
		for _, name := range path[:len(path)-1] {
			if section[name] == nil {
				section[name] = map[string]any{}
			}
			section = section[name].(map[string]any)
		}
		section[path[len(path)-1]] = value
	}
	text, err := json.Marshal(file) // JSON is YAML, too
	if err != nil {
		t.Fatal(err)
	}
	c, err := parse(t, string(text))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	ec := engineConfig(c)
	ec.Schema.Fragment = ec.Schema.Root() // sets the default explicitly
	e := engine.New(ec, persist.NewMemory(), log)
	client, noClient := civicpress.New(c.CivicPress.client())
	keySet, noKeys := auth.NewRemoteKeys(c.Auth.JWT.remoteKeys(), log)
	if err := errors.Join(noClient, noKeys); err != nil {
		t.Fatal(err)
	}
	var lines []string
	add := func(name string, v reflect.Value) {
		for i := range v.NumField() {
			lines = append(lines, fmt.Sprintf("%s.%s: %v", name, v.Type().Field(i).Name, v.Field(i)))
		}
	}
	own := func(part any) reflect.Value { return reflect.ValueOf(part).Elem().FieldByName("cfg") }
	add("engine", reflect.ValueOf(e.Config()))
	add("transport", reflect.ValueOf(transport.New(transportConfig(c), e, auth.AllowAll{}, log).Config()))
	add("CivicPress", reflect.ValueOf(client.Config()))
	add("JWT", own(auth.NewJWT(c.Auth.JWT.transport())))
	lines = append(lines, fmt.Sprint("JWKS: ", own(keySet).FieldByName("Refresh")))
	for _, part := range []any{*c.Enabled, c.Host, *c.Port, c.Path, c.DataDir, c.Durability, c.Log.Format, logLevels(c), c.Presence} {
		lines = append(lines, fmt.Sprint("server: ", part))
	}
	return strings.Join(lines, "\n")
}

// logLevels returns the levels that the log of a configuration has.
func logLevels(c Config) map[string]string {
	l := logs.New(io.Discard, true)
	l.SetLevels(c.Log.Level)
	return l.Levels()
}

// TestDocumentedDefaults shows that a file with the documented defaults has the same effect as an
// empty one.
func TestDocumentedDefaults(t *testing.T) {
	keys := map[string]string{"civicpress.url": "http://host", "civicpress.token": "t", "auth.jwt.jwks_url": "https://host"}
	without := strings.Split(resolved(t, keys), "\n")
	maps.Copy(keys, documentedDefaults(t))
	with := strings.Split(resolved(t, keys), "\n")
	for i := range max(len(with), len(without)) {
		if with[i] != without[i] {
			t.Errorf("documented: %s; default: %s", with[i], without[i])
		}
	}
}

// TestProxyExamples shows that the proxies' files in the documentation pass on all paths of the
// service, and no others.
func TestProxyExamples(t *testing.T) {
	for file, pattern := range map[string]string{
		"nginx.conf": `location ~ (\S+) \{`, "Caddyfile": `path_regexp (\S+)`,
	} {
		text, err := os.ReadFile("../../../docs/operations/" + file)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(pattern).FindStringSubmatch(string(text))
		if found == nil {
			t.Fatalf("%s: there is no location", file)
		}
		mustPassOn(t, file, regexp.MustCompile(found[1]))
	}
}

func mustPassOn(t *testing.T, file string, location *regexp.Regexp) {
	t.Helper()
	for path, ours := range map[string]bool{
		"/realtime/records/by-law-7":          true,
		"/realtime/realtime/records/by-law-7": true,
		"/realtime/record/by-law-7":           true,
		"/realtime/devices/box-1":             false,
		"/realtime/":                          false,
		"/api/v1/records/by-law-7":            false,
		"/metrics":                            false,
	} {
		if location.MatchString(path) != ours {
			t.Errorf("%s: %s: ours %v", file, path, !ours)
		}
	}
}
