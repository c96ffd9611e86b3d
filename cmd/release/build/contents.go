package build

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// file is a file of an archive.
type file struct {
	path string // below the archive's folder, with slashes
	text []byte
	mode int64
}

// documents are the folders of a source tree that archives have, and the endings of the files in
// them: the README's links and pictures lead there, and the examples for systemd, nginx and Caddy
// are there.
const documents = "docs"

var documentEndings = []string{
	"", ".md", ".json", ".ts", ".yml", ".yaml", ".conf", ".service", ".socket", ".webp",
}

// licensesFile is the name of the file with the licences of foreign code.
const licensesFile = "THIRD-PARTY-LICENSES.txt"

// contents returns the files of an archive without the binary, sorted by path.
func contents(s Source, licenses []byte) ([]file, error) {
	all := []file{{licensesFile, licenses, 0o644}}
	paths := []string{"CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md"}
	top := filepath.Join(s.Dir, documents)
	err := filepath.WalkDir(top, func(path string, e fs.DirEntry, err error) error {
		hidden := strings.HasPrefix(e.Name(), ".")
		known := slices.Contains(documentEndings, filepath.Ext(path))
		switch {
		case err != nil:
			return err
		case e.IsDir() && (hidden || e.Name() == "node_modules"):
			return fs.SkipDir
		case e.Type().IsRegular() && !hidden && known:
			path, err = filepath.Rel(s.Dir, path)
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		text, err := os.ReadFile(filepath.Join(s.Dir, path))
		if err != nil {
			return nil, err
		}
		all = append(all, file{filepath.ToSlash(path), text, 0o644})
	}
	slices.SortFunc(all, func(a, b file) int { return strings.Compare(a.path, b.path) })
	return all, nil
}
