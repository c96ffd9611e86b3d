package memory

import (
	"bufio"
	"bytes"
	"io/fs"
	"math"
	"path"
	"strconv"
	"strings"
)

// group is a control group with its memory limit.
type group struct {
	files fs.FS  // the root of the file system
	dir   string // of the group, within files
	v2    bool
	limit int64 // the lowest of the group and those around it; 0: none
}

// unlimited is the least value that stands for no limit in version 1.
const unlimited = math.MaxInt64 / 2

// findGroup returns the control group of the process. It has no limit if none was found.
func findGroup(files fs.FS) group {
	text, err := fs.ReadFile(files, "proc/self/cgroup")
	if err != nil {
		return group{}
	}
	v1, v2 := groupPaths(text)
	if v1 != "" {
		if g, ok := openGroup(files, "sys/fs/cgroup/memory", v1, false); ok {
			return g
		}
	}
	for _, root := range []string{"sys/fs/cgroup", "sys/fs/cgroup/unified"} {
		if g, ok := openGroup(files, root, v2, true); ok {
			return g
		}
	}
	return group{}
}

// groupPaths returns the paths of the process' groups: that of the memory controller of version 1,
// empty if there is none, and that of version 2.
func groupPaths(text []byte) (v1, v2 string) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		parts := strings.SplitN(lines.Text(), ":", 3)
		if len(parts) != 3 {
			continue
		}
		for _, controller := range strings.Split(parts[1], ",") {
			if controller == "memory" {
				v1 = parts[2]
			}
		}
		if parts[0] == "0" && parts[1] == "" {
			v2 = parts[2]
		}
	}
	return v1, v2
}

// openGroup returns the group at a path below root. In a container the path may be that outside of
// it, and the group is root.
func openGroup(files fs.FS, root, at string, v2 bool) (g group, ok bool) {
	g = group{files: files, v2: v2}
	for dir := path.Join(root, at); ; dir = path.Dir(dir) {
		limit, found := g.readLimit(dir)
		if found && g.dir == "" {
			g.dir = dir
		}
		if limit > 0 && (g.limit == 0 || limit < g.limit) {
			g.limit = limit
		}
		if dir == root || dir == "." || !strings.HasPrefix(dir, root) {
			break
		}
	}
	if _, found := g.read(g.dir, g.usageFile()); g.dir == "" || !found {
		return group{}, false
	}
	return g, true
}

// readLimit returns the limit of the group in dir, 0 if it has none.
func (g *group) readLimit(dir string) (limit int64, found bool) {
	name := "memory.limit_in_bytes"
	if g.v2 {
		name = "memory.max"
	}
	limit, found = g.read(dir, name)
	if limit >= unlimited {
		limit = 0
	}
	if _, err := fs.Stat(g.files, path.Join(dir, g.usageFile())); err == nil {
		found = true // the root group of version 2 has no limit
	}
	return limit, found
}

func (g *group) usageFile() string {
	if g.v2 {
		return "memory.current"
	}
	return "memory.usage_in_bytes"
}

// read reads a file with one number; "max" is 0.
func (g *group) read(dir, name string) (n int64, found bool) {
	text, err := fs.ReadFile(g.files, path.Join(dir, name))
	if err != nil {
		return 0, false
	}
	n, err = strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0, true
	}
	return n, true
}

// usage returns the memory that is charged to the group and cannot be taken back, in bytes.
func (g *group) usage() (n int64, ok bool) {
	n, ok = g.read(g.dir, g.usageFile())
	if !ok {
		return 0, false
	}
	prefix := ""
	if !g.v2 {
		prefix = "total_" // with the groups within
		sockets, _ := g.read(g.dir, "memory.kmem.tcp.usage_in_bytes")
		n += sockets
	}
	text, err := fs.ReadFile(g.files, path.Join(g.dir, "memory.stat"))
	if err != nil {
		return n, true
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if name == prefix+"inactive_file" || name == prefix+"active_file" {
			bytes, _ := strconv.ParseInt(value, 10, 64)
			n -= bytes
		}
	}
	return max(0, n), true
}
