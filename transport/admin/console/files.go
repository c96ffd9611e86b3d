package console

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"sync"

	"github.com/civicpress/civic-realtime/transport/embedded"
)

//go:embed site
var site embed.FS

// types are the media types of the files, by the ending of their names. There are no others.
var types = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".json": "application/json",
	".svg":  "image/svg+xml",
}

// Files are the files of the page, by their paths below /console/. Use Load.
type Files struct{ byPath map[string]*embedded.File }

// Load returns the embedded files. They are compressed once, when they are first needed.
var Load = sync.OnceValue(func() *Files {
	below, err := fs.Sub(site, "site")
	if err != nil {
		panic("console: " + err.Error()) // the folder is embedded
	}
	files, err := load(below)
	if err != nil {
		panic("console: " + err.Error()) // a test reads them all
	}
	return files
})

// load reads all files of a folder.
func load(from fs.FS) (*Files, error) {
	all := &Files{byPath: map[string]*embedded.File{}}
	err := fs.WalkDir(from, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		media := types[path.Ext(name)]
		if media == "" {
			return fmt.Errorf("the media type of %s is not known", name)
		}
		all.byPath[name] = embedded.New(media, body)
		return nil
	})
	return all, err
}

// named returns a file by its path below /console/; an empty path is that of the page.
func (f *Files) named(below string) *embedded.File {
	if below == "" {
		below = "index.html"
	}
	return f.byPath[below]
}
