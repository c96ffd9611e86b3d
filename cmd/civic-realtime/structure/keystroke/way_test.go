package main

import (
	"bufio"
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	module = "github.com/civicpress/civic-realtime/"
	root   = "../../../.."
	// patience bounds the wait for something that must happen. It claims nothing about speed.
	patience = time.Minute
	// maxFiles is how many files a reader needs to follow a keystroke, at most.
	maxFiles = 8
)

// step is a row of the table in docs/architecture.md: a function that every keystroke executes.
type step struct{ when, file, function string }

var (
	stepRow = regexp.MustCompile("(?m)^\\| (received|stored|sent) \\| `([^`]+\\.go)` \\| ([^|]+) \\|")
	code    = regexp.MustCompile("`([^`]+)`")
)

// documented returns the steps in the document.
func documented(t *testing.T) (steps []step) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs/architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range stepRow.FindAllStringSubmatch(string(text), -1) {
		for _, name := range code.FindAllStringSubmatch(row[3], -1) {
			steps = append(steps, step{row[1], row[2], name[1]})
		}
	}
	return steps
}

// span is a range of lines in a file, with or without execution.
type span struct {
	file     string
	from, to int // lines
}

// executed returns the ranges that were executed in a part of the way.
func executed(t *testing.T, dir string) (spans []span) {
	t.Helper()
	profile := filepath.Join(dir, "profile")
	if out, err := exec.Command("go", "tool", "covdata", "textfmt", "-i="+dir, "-o="+profile).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(profile)
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`^(.+):(\d+)\.\d+,(\d+)\.\d+ \d+ (\d+)$`)
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		m := line.FindStringSubmatch(s.Text())
		if m == nil || m[4] == "0" {
			continue
		}
		from, _ := strconv.Atoi(m[2])
		to, _ := strconv.Atoi(m[3])
		spans = append(spans, span{strings.TrimPrefix(m[1], module), from, to})
	}
	return spans
}

// functions maps the functions and methods of a file, as "f" or "type.f", to their lines.
func functions(t *testing.T, path string) map[string]span {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, filepath.Join(root, path), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]span)
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		name := f.Name.Name
		if f.Recv != nil {
			of := f.Recv.List[0].Type
			if star, ok := of.(*ast.StarExpr); ok {
				of = star.X
			}
			if id, ok := of.(*ast.Ident); ok {
				name = id.Name + "." + name
			}
		}
		found[name] = span{path, fset.Position(f.Pos()).Line, fset.Position(f.End()).Line}
	}
	return found
}

// runs reports whether a function was executed in a part of the way.
func (f span) runs(part []span) bool {
	return slices.ContainsFunc(part, func(s span) bool { return s.file == f.file && s.from >= f.from && s.to <= f.to })
}

// parts returns the ranges that one keystroke executes, by part of the way.
func parts(t *testing.T) map[string][]span {
	t.Helper()
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 5*patience)
	defer cancel()
	binary := filepath.Join(t.TempDir(), "keystroke")
	build := exec.CommandContext(ctx, "go", "build", "-cover", "-covermode=atomic", "-o", binary,
		"-coverpkg="+module+"codec/...,"+module+"engine/...,"+module+"transport/...,"+module+"persist/...,"+module+"cmd/civic-realtime/structure/keystroke", ".")
	for _, cmd := range []*exec.Cmd{build, exec.CommandContext(ctx, binary, dir)} {
		cmd.Env = append(os.Environ(), "GOCOVERDIR="+t.TempDir())
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", cmd, err, out)
		}
	}
	all := make(map[string][]span)
	for _, when := range []string{"received", "stored", "sent"} {
		all[when] = executed(t, filepath.Join(dir, when))
	}
	return all
}

// wrong lists the steps that a keystroke does not execute in their part of the way, or executes in
// another one, too.
func wrong(t *testing.T, steps []step, ways map[string][]span) (found []string) {
	t.Helper()
	for _, s := range steps {
		f, ok := functions(t, s.file)[s.function]
		switch {
		case !ok:
			found = append(found, s.file+" has no function "+s.function)
		case !f.runs(ways[s.when]):
			found = append(found, s.function+" of "+s.file+" is not executed when a keystroke is "+s.when)
		case s.when == "sent" && (f.runs(ways["received"]) || f.runs(ways["stored"])):
			found = append(found, s.function+" of "+s.file+" is executed before the keystroke is stored")
		}
	}
	return found
}

// TestWayOfAKeystroke fails if docs/architecture.md names a function that a keystroke does not
// execute, or executes in another part of the way, or if it names more files than a reader would
// read.
func TestWayOfAKeystroke(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("on this system each connection has a goroutine, and the way begins elsewhere")
	}
	steps := documented(t)
	if len(steps) == 0 {
		t.Fatal("docs/architecture.md has no table of the way")
	}
	var files []string
	for _, s := range steps {
		files = append(files, s.file)
	}
	slices.Sort(files)
	if files = slices.Compact(files); len(files) < 6 || len(files) > maxFiles {
		t.Errorf("the way is told in %d files, want 6 to %d: %v", len(files), maxFiles, files)
	}
	ways := parts(t)
	for _, w := range wrong(t, steps, ways) {
		t.Error(w)
	}
	if t.Failed() {
		for _, when := range []string{"received", "stored", "sent"} {
			t.Logf("%s:\n\t%s", when, strings.Join(names(t, ways[when]), "\n\t"))
		}
	}
	for _, bad := range []step{ // shows that the test can fail
		{"received", "engine/engine.go", "nothing"}, {"received", "engine/load.go", "room.nothing"},
		{"sent", steps[0].file, steps[0].function},
	} {
		if len(wrong(t, []step{bad}, ways)) == 0 {
			t.Errorf("%+v is taken for true", bad)
		}
	}
}

// names lists the functions that were executed.
func names(t *testing.T, part []span) (found []string) {
	var files []string
	for _, s := range part {
		files = append(files, s.file)
	}
	slices.Sort(files)
	for _, file := range slices.Compact(files) {
		for name, f := range functions(t, file) {
			if f.runs(part) {
				found = append(found, file+" "+name)
			}
		}
	}
	slices.Sort(found)
	return found
}
