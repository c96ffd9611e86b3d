package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"sync"
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

// file is a file of the page, as it is and compressed. It is immutable.
type file struct {
	media  string
	plain  form
	packed form // without a body if it would not be shorter
}

// form is a body, and its entity tag with the quotes.
type form struct {
	body []byte
	tag  string
}

// Files are the files of the page, by their paths below /console/. Use Load.
type Files struct{ byPath map[string]*file }

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
	all := &Files{byPath: map[string]*file{}}
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
		all.byPath[name] = newFile(media, body)
		return nil
	})
	return all, err
}

func newFile(media string, body []byte) *file {
	sum := sha256.Sum256(append([]byte(media+"\n"), body...))
	tag := hex.EncodeToString(sum[:16])
	f := &file{media: media, plain: form{body, `"` + tag + `"`}}
	if packed := compress(body); len(packed) < len(body) {
		f.packed = form{packed, `"` + tag + `-gzip"`}
	}
	return f
}

func compress(body []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic("console: " + err.Error()) // the level exists
	}
	_, _ = w.Write(body) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// named returns a file by its path below /console/; an empty path is that of the page.
func (f *Files) named(below string) *file {
	if below == "" {
		below = "index.html"
	}
	return f.byPath[below]
}
