package structure

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// rawCalls has the system calls that may bypass Go's scheduler, by package and function, and the
// reasons why they never wait. Any other one must be an ordinary call: a call that waits would keep
// a processor from other goroutines, and delay the garbage collector.
var rawCalls = map[string]string{
	"persist/bolt/wal syscall.SYS_IO_GETEVENTS":  "for no event, with a timeout of zero",
	"persist/bolt/wal syscall.SYS_READ":          "of an eventfd that is O_NONBLOCK",
	"persist/directconn call":                    "read and write of a socket that is O_NONBLOCK",
	"transport/netpoll unix.SYS_EPOLL_PWAIT":     "with a timeout of zero",
	"transport/netpoll unix.SYS_TIMERFD_SETTIME": "never waits",
	"transport/netpoll call":                     "recv and send with MSG_DONTWAIT",
}

// unwatched is the prefix of functions that make a system call without the scheduler.
const unwatched = "RawSyscall"

// rawCallsIn lists the raw system calls of a file, by function. A function for them that is used in
// another way than a call counts, and so does one that is linked to by name.
func rawCallsIn(file *ast.File) (calls []string) {
	names := make(map[*ast.Ident]string) // names of functions for raw calls, and the calls they make
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			f := n.Fun
			if s, ok := f.(*ast.SelectorExpr); ok {
				f = s.Sel
			}
			if id, ok := f.(*ast.Ident); ok && len(n.Args) > 0 {
				names[id] = types.ExprString(n.Args[0])
			}
		case *ast.Ident:
			if strings.HasPrefix(n.Name, unwatched) {
				calls = append(calls, cmp.Or(names[n], "anything"))
			}
		}
		return true
	})
	for _, group := range file.Comments {
		for _, c := range group.List {
			if strings.HasPrefix(c.Text, "//go:linkname") {
				calls = append(calls, "anything")
			}
		}
	}
	return calls
}

// unexplained lists the raw calls of a file without a reason in rawCalls.
func unexplained(folder string, file *ast.File) (calls []string) {
	for _, call := range rawCallsIn(file) {
		if rawCalls[folder+" "+call] == "" {
			calls = append(calls, call)
		}
	}
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
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder, _ := filepath.Rel(root, filepath.Dir(path))
		seen += len(rawCallsIn(file))
		for _, call := range unexplained(filepath.ToSlash(folder), file) {
			t.Errorf("%s: a raw call of %s: say in rawCalls why it never waits, or make an ordinary one", path, call)
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

// TestUnexplained shows which raw calls are reported, and where.
func TestUnexplained(t *testing.T) {
	const read = `import "syscall"; func f() { syscall.RawSyscall(syscall.SYS_READ, 0, 0, 0) }`
	for _, test := range []struct{ folder, source, want string }{
		{"persist/bolt/wal", read, ""},
		{"persist/bolt", read, "syscall.SYS_READ"},
		{"transport/netpoll", read, "syscall.SYS_READ"},
		{"persist/bolt/wal", `import "syscall"; func f() { syscall.RawSyscall6(syscall.SYS_FSYNC, 0, 0, 0, 0, 0, 0) }`, "syscall.SYS_FSYNC"},
		{"engine", `import s "golang.org/x/sys/unix"; func f() { s.RawSyscallNoError(s.SYS_GETPID, 0, 0, 0) }`, "s.SYS_GETPID"},
		{"engine", `import . "syscall"; func f() { RawSyscall(SYS_READ, 0, 0, 0) }`, "SYS_READ"},
		{"persist/bolt/wal", `import "syscall"; var raw = syscall.RawSyscall`, "anything"},
		{"engine", "import _ \"unsafe\"\n//go:linkname raw runtime/internal/syscall.Syscall6\nfunc raw()", "anything"},
		{"engine", `import "syscall"; func f() { syscall.Syscall(syscall.SYS_READ, 0, 0, 0) }`, ""},
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x; "+test.source, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(unexplained(test.folder, file), " "); got != test.want {
			t.Errorf("%s: %s: %q, want %q", test.folder, test.source, got, test.want)
		}
	}
}
