package hocuspocus

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/civicpress/civic-realtime/persist/imports"
)

// folder is a folder with a file for each document.
type folder struct {
	path  string
	files imports.Watch
}

// endings are those that are no part of a document's name.
var endings = []string{".bin", ".yjs", ".ydoc", ".update", ".state"}

var errNoFiles = errors.New("there are no files in the folder")

func openFolder(path string) (imports.Source, error) {
	found := false
	err := walkFiles(path, func(string, error) bool {
		found = true
		return false
	})
	if err == nil && !found {
		err = fmt.Errorf("%w: %w (%s)", imports.ErrUnknown, errNoFiles, path)
	}
	if err != nil {
		return nil, err
	}
	return &folder{path: path}, nil
}

// walkFiles calls f for the names of all files in a folder and the folders below, in order, and
// with the error of a folder that cannot be read, until f returns false.
func walkFiles(path string, f func(name string, err error) bool) error {
	return filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		hidden := name != path && strings.HasPrefix(filepath.Base(name), ".")
		switch {
		case err != nil && name == path:
			return err
		case hidden && entry.IsDir():
			return fs.SkipDir
		case err == nil && (hidden || entry.IsDir()):
			return nil
		case !f(name, err):
			return fs.SkipAll
		case err != nil:
			return fs.SkipDir
		}
		return nil
	})
}

// Documents implements imports.Source.
func (f *folder) Documents() iter.Seq[imports.Document] {
	return func(yield func(imports.Document) bool) {
		if err := walkFiles(f.path, func(name string, err error) bool {
			return yield(f.document(name, err))
		}); err != nil {
			yield(imports.Document{Lost: true, Err: err})
		}
	}
}

// document reads a file.
func (f *folder) document(name string, err error) (d imports.Document) {
	if err != nil {
		return imports.Document{Lost: true, Err: err}
	}
	f.files.Add(name)
	d.Name = f.nameOf(name)
	b, err := imports.ReadFile(name)
	if d.Err = err; err == nil {
		d.Updates = [][]byte{b}
	}
	return d
}

// nameOf returns the name of the document in a file.
func (f *folder) nameOf(file string) string {
	name, err := filepath.Rel(f.path, file)
	if err != nil {
		return file
	}
	name = filepath.ToSlash(name)
	for _, ending := range endings {
		if short, ok := strings.CutSuffix(name, ending); ok {
			name = short
			break
		}
	}
	if decoded, err := url.PathUnescape(name); err == nil {
		return decoded
	}
	return name
}

// Close implements imports.Source. Such stores have no locks: only changes are noticed.
func (f *folder) Close() error { return f.files.Check() }
