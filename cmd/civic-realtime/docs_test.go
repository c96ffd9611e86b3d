package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"testing"

	"github.com/alecthomas/kong"
)

// documentedCommands returns the commands that the documents name in code, each with the word after
// it: those that stand at the beginning of a code span or of a line of code, maybe with the path of
// the program, or variables before it.
func documentedCommands(t *testing.T) (found [][2]string) {
	t.Helper()
	names := must(filepath.Glob("../../docs/*.md"))
	names = append(names, must(filepath.Glob("../../docs/operations/*.md"))...)
	for _, name := range append(names, "../../README.md", "../../SECURITY.md", "../../CONTRIBUTING.md") {
		text := string(must(os.ReadFile(name)))
		for _, m := range inCode.FindAllStringSubmatch(text, -1) {
			if m[1] != "civic-realtime" { // the user and the group of that name
				found = append(found, [2]string{m[1], m[2]})
			}
		}
	}
	if len(found) < 50 {
		t.Fatalf("only %d commands are found", len(found))
	}
	return found
}

var inCode = regexp.MustCompile("(?m)(?:`|^    (?:.*[ (])?)(?:[a-zA-Z./-]*/)?civic-realtime ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?")

// TestCommandsAreDocumented shows that the documents name each command, and no others.
func TestCommandsAreDocumented(t *testing.T) {
	subcommands := map[string][]string{}
	for _, node := range must(kong.New(&cli{}, kong.KindMapper(reflect.Bool, boolFlags{}))).Model.Children {
		subcommands[node.Name] = nil
		for _, below := range node.Children {
			subcommands[node.Name] = append(subcommands[node.Name], below.Name)
		}
	}
	documented := map[[2]string]bool{}
	for _, c := range documentedCommands(t) {
		below, known := subcommands[c[0]]
		switch {
		case !known:
			t.Errorf("civic-realtime %s is documented, and there is no such command", c[0])
		case len(below) > 0 && c[1] != "" && !slices.Contains(below, c[1]):
			t.Errorf("civic-realtime %s %s is documented, and there is no such command", c[0], c[1])
		}
		documented[c], documented[[2]string{c[0], ""}] = true, true
	}
	for name, below := range subcommands {
		for _, second := range append(below, "") {
			if !documented[[2]string{name, second}] {
				t.Errorf("civic-realtime %s %s is not documented", name, second)
			}
		}
	}
}
