package transport

import (
	"errors"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/engine"
)

// TestTrimPrefix checks the path below the prefix, also if the prefix comes twice.
func TestTrimPrefix(t *testing.T) {
	for path, want := range map[string]struct {
		rest string
		ok   bool
	}{
		"/realtime":                     {"", true},
		"/realtime/":                    {"", true},
		"/realtime/records/a":           {"records/a", true},
		"/realtime/realtime/records/a":  {"records/a", true},
		"/realtime/realtime":            {"realtime", true},
		"/realtime//records/a":          {"/records/a", true},
		"/realtimes/records/a":          {"", false},
		"/records/a":                    {"", false},
		"/":                             {"", false},
		"/metrics":                      {"", false},
		"/realtime/../metrics":          {"../metrics", true},
		"/realtime/realtime/realtime/x": {"realtime/x", true},
	} {
		if rest, ok := trimPrefix("/realtime", path); rest != want.rest || ok != want.ok {
			t.Errorf("%s: %q, %v", path, rest, ok)
		}
	}
}

// TestRoomKey checks the room keys of paths, and the close codes of invalid ones.
func TestRoomKey(t *testing.T) {
	long := strings.Repeat("a", 255)
	for _, test := range []struct{ name, rest, key string }{
		{"plain", "records/abc-123", "record:abc-123"},
		{"encoded", "records/budget%202026", "record:budget 2026"},
		{"not ASCII", "records/%C3%A9t%C3%A9", "record:été"},
		{"dots among others", "records/...", "record:..."},
		{"longest", "records/" + long, "record:" + long},
		{"plus is a plus", "records/a+b", "record:a+b"},
		{"empty", "records/", ""},
		{"no id", "records", ""},
		{"too long", "records/a" + long, ""},
		{"too long decoded", "records/" + strings.Repeat("%C3%A9", 128), ""},
		{"dot", "records/.", ""},
		{"dot, encoded", "records/%2e", ""},
		{"dots", "records/..", ""},
		{"NUL", "records/a%00", ""},
		{"line feed", "records/a%0Ab", ""},
		{"DEL", "records/%7F", ""},
		{"C1", "records/%C2%85", ""},
		{"not UTF-8", "records/%FF", ""},
		{"slash", "records/a/b", ""},
		{"slash at the end", "records/a/", ""},
		{"encoded slash", "records/a%2Fb", ""},
		{"bad encoding", "records/a%zz", ""},
		{"unknown kind", "secrets/a", ""},
		{"no kind", "", ""},
		{"kind without s", "record/a", "record:a"},
		{"kind without s, encoded", "record/budget%202026", "record:budget 2026"},
		{"kind without s, no id", "record/", ""},
		{"kind with more", "recordss/a", ""},
	} {
		key, err := roomKey(test.rest)
		var refusal *engine.CloseError
		if test.key == "" && (!errors.As(err, &refusal) || refusal.Code != engine.CloseRoomNotFound) {
			t.Errorf("%s: %q, %v", test.name, key, err)
		}
		if test.key != "" && (key.String() != test.key || err != nil) {
			t.Errorf("%s: %q, %v", test.name, key, err)
		}
	}
}
