package console

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/engine/events"
)

// folder is that of the page, as it is on the disk.
var folder = os.DirFS("site")

// languages are those of the page.
var languages = []string{"en", "fr"}

// sentences reads the sentences of a language. A key that is there twice fails the test.
func sentences(t *testing.T, language string) map[string]string {
	t.Helper()
	data, err := fs.ReadFile(folder, "strings/"+language+".json")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatalf("%s: %v", language, err)
	}
	if n := len(regexp.MustCompile(`(?m)^ *"[^"]+":`).FindAll(data, -1)); n != len(all) {
		t.Errorf("%s has %d keys on %d lines: one is there twice", language, len(all), n)
	}
	return all
}

// plural is the end of the key of a sentence that has plurals.
var plural = regexp.MustCompile(`\.(one|many|other)$`)

// keysOf returns the keys as the page's modules use them, without plurals, and their parameters.
func keysOf(all map[string]string) map[string]string {
	names := map[string][]string{}
	for key, text := range all {
		base := plural.ReplaceAllString(key, "")
		found := regexp.MustCompile(`\{\w+\}`).FindAllString(text, -1)
		names[base] = append(names[base], found...)
	}
	keys := map[string]string{}
	for base, found := range names {
		slices.Sort(found)
		keys[base] = strings.Join(slices.Compact(found), " ")
	}
	return keys
}

// TestSentencesOfAllLanguages shows that all languages have the same sentences with the same
// parameters, that sentences with a count have their plurals, and the language's typography.
func TestSentencesOfAllLanguages(t *testing.T) {
	english := keysOf(sentences(t, "en"))
	for _, language := range languages {
		all := sentences(t, language)
		keys := keysOf(all)
		for key := range maps.Keys(english) {
			if params, ok := keys[key]; !ok {
				t.Errorf("%s has no %q", language, key)
			} else if params != english[key] {
				t.Errorf("%s: %q has the parameters %s, in English %s", language, key, params, english[key])
			}
		}
		for key := range keys {
			if _, ok := english[key]; !ok {
				t.Errorf("%s has %q, which English has not", language, key)
			}
		}
		checkPlurals(t, language, all)
		checkTypography(t, language, all)
	}
}

func checkPlurals(t *testing.T, language string, all map[string]string) {
	t.Helper()
	for key := range all {
		base := plural.ReplaceAllString(key, "")
		if base == key {
			continue
		}
		for _, form := range []string{".one", ".other"} {
			if all[base+form] == "" {
				t.Errorf("%s: %q has no %s", language, base, form)
			}
		}
	}
}

// wrong has what a language's sentences must not have.
var wrong = map[string]*regexp.Regexp{
	"en": regexp.MustCompile(`'|\.\.\.|  `),
	// French has a space that does not break before colons and within guillemets; in Canada none
	// before other marks.
	"fr": regexp.MustCompile(`'|\.\.\.|  |[^\x{a0}\x{202f}0-9]:($|[^/])| :|\s[;!?]|\x{a0}[;!?]|« | »`),
}

func checkTypography(t *testing.T, language string, all map[string]string) {
	t.Helper()
	for key, text := range all {
		if found := wrong[language].FindString(text); found != "" {
			t.Errorf("%s: %q has %q: %s", language, key, found, text)
		}
	}
}

// scripts returns the text of all modules of the page.
func scripts(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	err := fs.WalkDir(folder, ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".js") {
			return err
		}
		data, err := fs.ReadFile(folder, name)
		all.Write(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

var (
	literal  = regexp.MustCompile(`'([a-zA-Z]\w*(?:\.[\w-]+)+)'`)
	template = regexp.MustCompile("`([a-zA-Z]\\w*\\.(?:[\\w.-]|\\$\\{[^}`]*\\})+)`")
	hole     = regexp.MustCompile(`\\\$\\\{.*?\\\}`)
	called   = regexp.MustCompile(`\b(?:t|nodes)\('([^']+)'`)
)

// TestSentencesAreUsed shows that the modules use no sentence that does not exist, and that each
// sentence is used: its key is in a module, as a text or as a template such as `kind.${kind}`.
func TestSentencesAreUsed(t *testing.T) {
	keys, code := keysOf(sentences(t, "en")), scripts(t)
	used := map[string]bool{}
	for _, found := range called.FindAllStringSubmatch(code, -1) {
		if _, ok := keys[found[1]]; !ok {
			t.Errorf("a module uses %q, which does not exist", found[1])
		}
		used[found[1]] = true
	}
	for _, found := range literal.FindAllStringSubmatch(code, -1) {
		used[found[1]] = true
	}
	for _, found := range template.FindAllStringSubmatch(code, -1) {
		pattern := hole.ReplaceAllString(regexp.QuoteMeta(found[1]), `[\w-]+`)
		matches := regexp.MustCompile("^" + pattern + "$")
		some := false
		for key := range keys {
			if matches.MatchString(key) {
				used[key], some = true, true
			}
		}
		if !some && strings.Contains(found[1], "${") {
			t.Errorf("a module uses `%s`, of which no sentence exists", found[1])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !used[key] {
			t.Errorf("no module uses %q", key)
		}
	}
}

// TestPageKnowsAllEvents shows that each kind of events has a name in the page, is listened for,
// and is in one of the groups by which events are chosen.
func TestPageKnowsAllEvents(t *testing.T) {
	keys := keysOf(sentences(t, "en"))
	for kind := events.Kind(1); kind.String() != "unknown"; kind++ {
		if _, ok := keys["kind."+kind.String()]; !ok {
			t.Errorf("the page has no name for events %v", kind)
		}
		for _, name := range []string{"lib/live.js", "pages/events/kinds.js"} {
			data, err := fs.ReadFile(folder, name)
			if err != nil || !strings.Contains(string(data), "'"+kind.String()+"'") {
				t.Errorf("%s does not have events %v (%v)", name, kind, err)
			}
		}
	}
}
