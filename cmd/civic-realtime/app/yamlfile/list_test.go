package yamlfile

import (
	"reflect"
	"strings"
	"testing"
)

// section is one of a List.
type section struct {
	URL   string   `yaml:"url" json:"url,omitempty"`
	Rooms []string `yaml:"rooms" json:"rooms,omitempty"`
	On    Toggle   `yaml:"on" json:"on,omitempty"`
}

// entries is a configuration with a List.
type entries struct {
	Hooks List[section] `yaml:"hooks"`
}

func decodeEntries(t *testing.T, text string) (e entries, messages string) {
	t.Helper()
	f, err := open(t, text)
	if err == nil {
		f.Decode("realtime", &e)
		err = f.Err()
	}
	if err != nil {
		messages = err.Error()
	}
	return e, messages
}

// TestList shows that a list of sections is read, also where one is an alias, and
// that the errors of a section name it by its number.
func TestList(t *testing.T) {
	full := List[section]{{URL: "a", Rooms: []string{"x", "y"}}, {URL: "b", On: true}}
	for text, want := range map[string]List[section]{
		"realtime: {hooks: [{url: a, rooms: [x, y]}, {url: b, on: true}]}":                 full,
		"realtime:\n  hooks:\n    - url: a\n      rooms: [x, y]\n    - {url: b, on: true}": full,
		"realtime: {hooks: [&one {url: a}, *one]}":                                         {{URL: "a"}, {URL: "a"}},
		"realtime: {hooks: []}":   nil,
		"realtime: {}":            nil,
		"realtime: {hooks: [{}]}": {{}},
	} {
		e, messages := decodeEntries(t, text)
		if messages != "" || !reflect.DeepEqual(e.Hooks, want) {
			t.Errorf("%s: %+v, %s", text, e.Hooks, messages)
		}
	}
	for text, want := range map[string]string{
		"realtime: {hooks: {url: a}}":                  "hooks: a section is not a list of sections",
		"realtime: {hooks: a}":                         `hooks: "a" is not a list of sections`,
		"realtime: {hooks: [a]}":                       "hooks[1]",
		"realtime: {hooks: [{url: a}, {on: perhaps}]}": "hooks[2].on",
		"realtime: {hooks: [{url: a}, {urls: b}]}":     `[1:31] unknown key "urls"`,
		"realtime: {hooks: [{url: [a]}]}":              "hooks[1].url",
	} {
		if _, messages := decodeEntries(t, text); !strings.Contains(messages, want) {
			t.Errorf("%s: %q, want %q", text, messages, want)
		}
	}
}

// TestListAsText shows that a list is read from JSON, as in an environment variable, written in the
// same form, and left as it is by a text that is none.
func TestListAsText(t *testing.T) {
	const text = `[{"url":"a","rooms":["x"]},{"url":"b","on":true}]`
	var l List[section]
	if wants := l.Parse(text); wants != "" || len(l) != 2 || l.String() != text {
		t.Errorf("%s, %q", l, wants)
	}
	for _, bad := range []string{"x", `{"url":"a"}`, `[{"urls":"a"}]`, `[{"url":"a"`, `[1]`} {
		if wants := l.Parse(bad); !strings.Contains(wants, "in JSON, such as") || len(l) != 2 {
			t.Errorf("%s: %q, %s", bad, wants, l)
		}
	}
	if wants := l.Parse("[]"); wants != "" || len(l) != 0 {
		t.Errorf("%s, %q", l, wants)
	}
}
