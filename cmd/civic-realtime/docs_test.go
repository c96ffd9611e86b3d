package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// documents returns the texts of all documents.
func documents() (all string) {
	names := must(filepath.Glob("../../docs/*.md"))
	names = append(names, must(filepath.Glob("../../docs/operations/*.md"))...)
	for _, name := range append(names, "../../README.md", "../../SECURITY.md", "../../CONTRIBUTING.md") {
		all += string(must(os.ReadFile(name)))
	}
	return all
}

// documentedCommands returns the commands that the documents name in code, each with the word after
// it: those that stand at the beginning of a code span or of a line of code, maybe with the path of
// the program, or variables before it.
func documentedCommands(t *testing.T) (found [][2]string) {
	t.Helper()
	for _, m := range inCode.FindAllStringSubmatch(documents(), -1) {
		if m[1] != "civic-realtime" { // the user and the group of that name
			found = append(found, [2]string{m[1], m[2]})
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

// flagsOf returns the names of the flags of each command by its path ("config print"), and of all
// commands by "".
func flagsOf() map[string][]string {
	flags := map[string][]string{}
	var add func(node *kong.Node, path string)
	add = func(node *kong.Node, path string) {
		for _, f := range node.Flags {
			flags[path], flags[""] = append(flags[path], f.Name), append(flags[""], f.Name)
		}
		for _, below := range node.Children {
			add(below, strings.TrimSpace(path+" "+below.Name))
		}
	}
	add(must(kong.New(&cli{}, kong.KindMapper(reflect.Bool, boolFlags{}))).Model.Node, "")
	return flags
}

var (
	flagInCode = regexp.MustCompile("`--([a-z][a-z-]*)[^`]*`")
	inLine     = regexp.MustCompile("(?m)civic-realtime ([a-z][a-z-]*(?: [a-z][a-z-]*)?)([^|`\n]*)")
	flagInLine = regexp.MustCompile(`(?:^|[ \[])--([a-z][a-z-]*)`)
)

// TestFlagsAreDocumented shows that the documents name each flag, and no others; that a command
// that they show has the flags that it is shown with; and that the table of flags is that of serve.
func TestFlagsAreDocumented(t *testing.T) {
	flags, text := flagsOf(), documents()
	named := map[string]bool{"help": true} // by itself
	for _, m := range flagInCode.FindAllStringSubmatch(text, -1) {
		if named[m[1]] = true; !slices.Contains(flags[""], m[1]) {
			t.Errorf("%s is documented, and there is no such flag", m[0])
		}
	}
	shown := 0
	for _, m := range inLine.FindAllStringSubmatch(text, -1) {
		first, _, _ := strings.Cut(m[1], " ")
		of := append(slices.Clone(flags[m[1]]), flags[first]...)
		for _, f := range flagInLine.FindAllStringSubmatch(m[2], -1) {
			shown++
			if named[f[1]] = true; !slices.Contains(of, f[1]) {
				t.Errorf("%s: has no flag --%s", m[0], f[1])
			}
		}
	}
	if shown < 30 {
		t.Errorf("%d flags are shown with their commands, which are too few", shown)
	}
	for _, name := range flags[""] {
		if !named[name] {
			t.Errorf("--%s is not documented", name)
		}
	}
	_, table, _ := strings.Cut(text, "\n## Flags and environment\n")
	table, _, _ = strings.Cut(table, "\n## ")
	var rows []string
	for _, m := range regexp.MustCompile("(?m)^\\| `--([a-z-]+)[^`]*` \\|").FindAllStringSubmatch(table, -1) {
		rows = append(rows, m[1])
	}
	slices.Sort(rows)
	if want := slices.Sorted(slices.Values(flags["serve"])); !slices.Equal(rows, want) {
		t.Errorf("the table of flags has %q, and serve has %q", rows, want)
	}
}
