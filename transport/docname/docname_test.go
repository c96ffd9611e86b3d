package docname

import (
	"strings"
	"testing"
)

func rules(t *testing.T, texts ...string) (all Rules) {
	for _, text := range texts {
		r, err := ParseRule(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		all = append(all, r)
	}
	return all
}

// TestRoom shows which rooms names have, by default and by rules, of which the first that fits
// decides.
func TestRoom(t *testing.T) {
	several := []string{"*=draft=record:d-*", "wiki/*=record:wiki-*", "*.note=record:*", "home=record:start"}
	for _, test := range []struct {
		rules      []string
		name, room string // empty: the name has no room
	}{
		{nil, "by-law-7", "record:by-law-7"},
		{nil, "record:a", "record:record:a"},
		{nil, "", ""},
		{nil, "..", ""},
		{nil, "a/b", ""},
		{nil, "a\x00b", ""},
		{nil, strings.Repeat("a", 256), ""},
		{[]string{"*=record:*"}, "a", "record:a"},
		{several, "x=draft", "record:d-x"},
		{several, "wiki/a", "record:wiki-a"},
		{several, "wiki/", "record:wiki-"},
		{several, "wiki", ""},
		{several, "a.note", "record:a"},
		{several, ".note", ""},
		{several, "home", "record:start"},
		{several, "homes", ""},
		{[]string{"a*a=record:x*"}, "a", ""},
		{[]string{"a*a=record:x*"}, "aa", "record:x"},
	} {
		key, err := rules(t, test.rules...).Room(test.name)
		if key.String() != test.room || (err != nil) != (test.room == "") {
			t.Errorf("%q, %q: %q, %v", test.rules, test.name, key, err)
		}
	}
}

// TestParseRuleRefuses shows which rules are refused.
func TestParseRuleRefuses(t *testing.T) {
	for _, text := range []string{"", "a", "=record:a", "a=", "*=record:a", "a=record:*", "**=record:*", "*=record:**", "*=*", "*=device:*", "a=device:a", "a=record:a/b", "*=record:*/"} {
		if r, err := ParseRule(text); err == nil {
			t.Errorf("%q: %+v", text, r)
		}
	}
}
