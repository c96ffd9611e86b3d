package audit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/licenses"
	"github.com/civicpress/civic-realtime/cmd/release/inventory"
)

// enough is more time than any program of these tests takes.
const enough = time.Minute

// programs puts shell scripts of these names in front of all other programs.
func programs(t *testing.T, scripts map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

// printed returns what is printed about results, and whether the binary is free of vulnerabilities.
func printed(all []Result) (string, bool) {
	var b strings.Builder
	ok := Print(&b, all)
	return b.String(), ok
}

// mustPrint checks what is printed about results, and whether the binary is free of
// vulnerabilities.
func mustPrint(t *testing.T, all []Result, ok bool, want string) {
	t.Helper()
	if text, got := printed(all); text != want || got != ok {
		t.Errorf("%v:\n%swant %v:\n%s", got, text, ok, want)
	}
}

// called, imported are findings of govulncheck in code that is called, and in code that is not.
const (
	config   = `{"config": {"protocol_version": "v1.0.0"}}`
	called   = `{"finding": {"osv": "GO-2026-0001", "fixed_version": "v1.2.4", "trace": [{"module": "a.org/b", "version": "v1.2.3", "package": "a.org/b/c", "function": "F"}, {"module": "x"}]}}`
	imported = `{"finding": {"osv": "GO-2026-0002", "trace": [{"module": "d.org/e", "version": "v0.1.0", "package": "d.org/e"}]}}`
)

// TestGo shows that vulnerable code that the program calls is a failure; that code which is only
// linked to it, or which tests call, is said.
func TestGo(t *testing.T) {
	dir := t.TempDir()
	programs(t, map[string]string{"go": `case "$*" in *-test*) echo '` + config + called + `';; *) echo '` + config + `{"progress": {}}` + imported + imported + `';; esac`})
	mustPrint(t, Go(t.Context(), dir, enough), true, `not in the binary: Go modules of the program: GO-2026-0002 in d.org/e v0.1.0
not in the binary: Go modules of tests and tools: GO-2026-0001 in a.org/b v1.2.3, which is called: a.org/b/c.F; fixed in v1.2.4
`)
	programs(t, map[string]string{"go": `case "$*" in *-test*) echo '` + config + `';; *./cmd/civic-realtime*) echo '` + config + called + `';; esac`})
	mustPrint(t, Go(t.Context(), dir, enough), false, `in the binary: Go modules of the program: GO-2026-0001 in a.org/b v1.2.3, which is called: a.org/b/c.F; fixed in v1.2.4
ok: Go modules of tests and tools
`)
}

// TestGoUnchecked shows that it is said, and no failure, if govulncheck cannot be had, has no data,
// answers nonsense, or hangs: then it is ended, with the programs that it has started.
func TestGoUnchecked(t *testing.T) {
	for script, want := range map[string]string{
		`echo '` + config + `'; echo 'govulncheck: no such host' >&2; echo 'exit status 1' >&2; exit 1`: "govulncheck: no such host",
		`exit 7`:             "exit status 7",
		`echo '{}'`:          "answer of govulncheck: EOF",
		`echo '<html` + `>'`: "answer of govulncheck: invalid character",
	} {
		programs(t, map[string]string{"go": script})
		if text, ok := printed(Go(t.Context(), t.TempDir(), enough)); !ok || !strings.HasPrefix(text, "not checked: Go modules of the program: "+want) || strings.Count(text, "\n") != 1 {
			t.Errorf("%s: %v, %s, want %s", script, ok, text, want)
		}
	}
	programs(t, map[string]string{"go": `sleep 1000 & wait`})
	mustPrint(t, Go(t.Context(), t.TempDir(), time.Millisecond), true, "not checked: Go modules of the program: no answer within 1ms\n")
}

// locks makes folders with lists of packages, one of them that of embedded scripts.
func locks(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{inventory.LockFile, "fuzz/package-lock.json", "fuzz/node_modules/x/package-lock.json", "bin/package-lock.json"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var known = []licenses.Component{{Origin: licenses.NPM, Name: "yjs"}, {Origin: licenses.Go, Name: "ws"}}

// npm checks the lists of packages with a script in the place of npm.
func npm(t *testing.T, timeout time.Duration, script string) []Result {
	t.Helper()
	programs(t, map[string]string{"npm": script})
	all, err := NPM(t.Context(), locks(t), timeout, known)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestNPM shows that a vulnerable package in an embedded script is a failure, and that one which
// only tests use is said, even if it has the same name.
func TestNPM(t *testing.T) {
	const found = `echo '{"vulnerabilities": {"yjs": {"name": "yjs", "severity": "high", "range": "<14", "via": ["lib0", {"title": "Too long", "url": "https://example.org/1"}]}, "ws": {"name": "ws", "severity": "low", "range": "*", "via": []}}}'; exit 1`
	mustPrint(t, npm(t, enough, found), false, `in the binary: cmd/civic-realtime/e2e/editor/package-lock.json: yjs <14 (high); Too long: https://example.org/1
not in the binary: cmd/civic-realtime/e2e/editor/package-lock.json: ws * (low)
not in the binary: fuzz/package-lock.json: ws * (low)
not in the binary: fuzz/package-lock.json: yjs <14 (high); Too long: https://example.org/1
`)
	mustPrint(t, npm(t, enough, `echo '{"vulnerabilities": {}}'`), true, `ok: cmd/civic-realtime/e2e/editor/package-lock.json
ok: fuzz/package-lock.json
`)
}

// TestNPMUnchecked shows that it is said, and no failure, if the registry answers with an error, or
// not at all: then it is asked once only.
func TestNPMUnchecked(t *testing.T) {
	for script, want := range map[string]string{
		`echo '{"message": "405 Method Not Allowed"}'; exit 1`: "405 Method Not Allowed",
		`echo 'npm error offline' >&2; exit 1`:                 "npm error offline",
		`true`:                                                 "npm audit answers nothing",
		`echo '{}'`:                                            "npm audit answers nothing",
	} {
		mustPrint(t, npm(t, enough, script), true, "not checked: cmd/civic-realtime/e2e/editor/package-lock.json: "+want+"\nnot checked: fuzz/package-lock.json: "+want+"\n")
	}
	asked := filepath.Join(t.TempDir(), "asked")
	all := npm(t, 5*time.Second, `echo >>`+asked+`; sleep 1000 & wait`)
	const want = ": no answer within 5s\n"
	mustPrint(t, all, true, "not checked: cmd/civic-realtime/e2e/editor/package-lock.json"+want+"not checked: fuzz/package-lock.json"+want)
	if text, err := os.ReadFile(asked); err != nil || string(text) != "\n" {
		t.Errorf("it was asked %d times: %v", len(text), err)
	}
}
