package app

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/settings"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/yamlfile"
)

// TestDefaultsFile shows that the printed file with every key is accepted, causes no warning, and
// has the same effect as an empty one, also behind CivicPress.
func TestDefaultsFile(t *testing.T) {
	var out strings.Builder
	if err := PrintDefaults(&out); err != nil {
		t.Fatal(err)
	}
	for _, e := range settings.Reference() {
		if !strings.Contains(out.String(), "# "+variables.Name(e.Key)+"\n") || e.Meaning == "" {
			t.Errorf("%s is missing", e.Key)
		}
	}
	for _, args := range [][]string{nil, {"--civicpress-url", "http://host"}} {
		with, err := parse(t, out.String(), args...)
		if err != nil || len(with.Warnings()) > 0 {
			t.Fatalf("%v, %q", err, with.Warnings())
		}
		without, err := parse(t, "", args...)
		if err != nil {
			t.Fatal(err)
		}
		var a, b []string
		for _, v := range with.effective() {
			a = append(a, v.Key+": "+v.Text)
		}
		for _, v := range without.effective() {
			b = append(b, v.Key+": "+v.Text)
		}
		if !slices.Equal(a, b) {
			t.Errorf("%q\nand not\n%q", a, b)
		}
	}
}

// TestSecretsAreMarked shows that every key that may hold a secret is hidden in outputs, and has a
// key for a file.
func TestSecretsAreMarked(t *testing.T) {
	keys := yamlfile.Keys(reflect.TypeFor[Config]())
	known := func(name string) bool {
		return slices.ContainsFunc(keys, func(p yamlfile.Path) bool { return p.String() == name })
	}
	found := 0
	for _, path := range keys {
		name := path.String()
		last := path[len(path)-1]
		if last != "secret" && last != "token" && last != "password" {
			continue
		}
		found++
		if !known(name + "_file") {
			t.Errorf("%s: there is no %[1]s_file", name)
		}
		c := Config{}
		s := settings.New(&c)
		s.Set(name, "hush", settings.Origin{From: settings.Flag, Name: "--x"})
		i := slices.IndexFunc(s.Effective(&c, settings.Reference()), func(v settings.Value) bool { return v.Key == name })
		if v := s.Effective(&c, settings.Reference())[i]; !v.Secret || v.Text != "" {
			t.Errorf("%s: is printed", name)
		}
	}
	if found < 3 {
		t.Errorf("%d secrets are too few", found)
	}
}

// TestVariables shows that every key has a variable of its own, which differs from the other
// variables, that the table of flags has all of these, and that the documents name no others.
func TestVariables(t *testing.T) {
	names := map[string]string{}
	for _, other := range variables.Other {
		names[variables.Prefix+other] = other
	}
	for short := range variables.Short {
		names[variables.Prefix+short] = short
	}
	text := documentTexts(t)["configuration.md"]
	for name := range names {
		if name != "CIVIC_REALTIME_ADMIN" && !strings.Contains(text, "`"+name+"`") {
			t.Errorf("%s is not documented", name)
		}
	}
	for _, path := range yamlfile.Keys(reflect.TypeFor[Config]()) {
		name := variables.Name(path.String())
		if names[name] != "" {
			t.Errorf("%s is a variable of %s and of %s", name, path, names[name])
		}
		names[name] = path.String()
	}
	for document, text := range documentTexts(t) {
		for _, name := range regexp.MustCompile(`\bCIVIC_REALTIME_[A-Z_]*[A-Z]\b`).FindAllString(text, -1) {
			if names[name] == "" {
				t.Errorf("%s: there is no variable %s", document, name)
			}
		}
	}
}

// TestDefaultConfigFile shows that .civic/realtime.yml in the working directory is read, with the
// features beside it, unless another file is named; and that the features are read without it.
func TestDefaultConfigFile(t *testing.T) {
	t.Chdir(t.TempDir())
	if c, err := parse(t, ""); err != nil || c.sources.Has("durability") {
		t.Errorf("without a file: %v", err)
	}
	if err := os.Mkdir(".civic", 0o700); err != nil {
		t.Fatal(err)
	}
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(".civic", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("features.yml", "features: {presence_tracking: false}")
	if c, err := parse(t, ""); err != nil || !slices.Equal(c.switchedOff(), []string{"presence"}) {
		t.Errorf("features alone: %q, %v", c.switchedOff(), err)
	}
	put("realtime.yml", "realtime: {durability: async}")
	c, err := parse(t, "")
	if err != nil || c.Durability != "async" || c.sources.Origin("durability").String() != ".civic/realtime.yml:1" || len(c.switchedOff()) != 1 {
		t.Errorf("%q, %v, %v", c.Durability, c.sources.Origin("durability"), err)
	}
	if c, err := parse(t, "realtime: {port: 1}"); err != nil || c.Durability != "sync" {
		t.Errorf("another file: %q, %v", c.Durability, err)
	}
	put("realtime.yml", "realtime: {prot: 1}")
	if _, err := parse(t, ""); err == nil || !strings.Contains(err.Error(), ".civic/realtime.yml") {
		t.Errorf("%v", err)
	}
}

// TestEveryKeyByVariable shows that the value of each key can be given by its variable, with the
// same effect as in a file.
func TestEveryKeyByVariable(t *testing.T) {
	checkVariables(t, reloadBase(t), entriesOf(false))
	checkVariables(t, reloadHooksBase(t), entriesOf(true))
}

func checkVariables(t *testing.T, base map[string]string, entries []settings.Entry) {
	t.Helper()
	others := otherValues(t, base)
	for _, e := range entries {
		keys := map[string]string{}
		for key, value := range base {
			if key != e.Key && key+"_file" != e.Key {
				keys[key] = value
			}
		}
		without := fileOf(keys)
		keys[e.Key] = anotherValue(t, e, others)
		inFile, err := parse(t, fileOf(keys))
		if err != nil {
			t.Fatal(err)
		}
		text := yamlfile.Text(yamlfile.Field(inFile.read, strings.Split(e.Key, ".")))
		t.Setenv(variables.Name(e.Key), text)
		byVariable, err := parse(t, without)
		if err := os.Unsetenv(variables.Name(e.Key)); err != nil {
			t.Fatal(err)
		}
		if err != nil || given(byVariable) != given(inFile) || len(byVariable.Warnings()) != len(inFile.Warnings()) {
			t.Errorf("%s=%s: %v, %q", variables.Name(e.Key), text, err, byVariable.Warnings())
		}
	}
}
