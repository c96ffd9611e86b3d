package structure

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// rawCalls are the system calls that may be made without telling Go's scheduler, by package
// and by what is called, and why they never wait. Any other one is to be an ordinary call:
// one that waits takes a processor from everybody, and holds up the collector of garbage.
var rawCalls = map[string]string{
	"persist/bolt/wal syscall.SYS_IO_GETEVENTS": "for no event, with a timeout of zero",
	"persist/bolt/wal syscall.SYS_READ":         "of an eventfd that is O_NONBLOCK",
	"transport/netpoll unix.SYS_EPOLL_PWAIT":    "with a timeout of zero",
	"transport/netpoll call":                    "recv and send with MSG_DONTWAIT",
}

// rawCallsIn lists the raw system calls of a file, by what is called.
func rawCallsIn(file *ast.File) (calls []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		if f, ok := call.Fun.(*ast.SelectorExpr); ok && strings.HasPrefix(f.Sel.Name, "RawSyscall") {
			calls = append(calls, types.ExprString(call.Args[0]))
		}
		return true
	})
	return calls
}

// TestRawCalls fails when a system call that can block is hidden from Go's scheduler.
func TestRawCalls(t *testing.T) {
	seen, root := 0, root
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == "node_modules" {
			return fs.SkipDir
		}
		if entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder, _ := filepath.Rel(root, filepath.Dir(path))
		for _, call := range rawCallsIn(file) {
			if seen++; rawCalls[filepath.ToSlash(folder)+" "+call] == "" {
				t.Errorf("%s: a raw call of %s: say in rawCalls why it never waits, or make an ordinary one", path, call)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < len(rawCalls) {
		t.Errorf("%d raw calls are too few: does the test look at the right files?", seen)
	}
}
