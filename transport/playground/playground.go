// Package playground serves a page with two editors of one document, which are connected by two
// protocols and show each frame that travels. Its script, bundle.js, is made of src and strings
// with the packages whose licenses are in licenses.txt: see make playground.
package playground

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"html/template"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

//go:embed page.html
var pageText string

//go:embed style.css
var style []byte

//go:embed bundle.js
var bundle []byte

//go:embed icon.svg
var icon []byte

//go:embed licenses.txt
var licenses []byte

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// Page is what a page is made with.
type Page struct {
	// Path is the prefix of the paths of its WebSockets, such as "/realtime".
	Path string
	// Home is the address of the console, to which the page links; empty: it has no link.
	Home string
	// Temporary says that the documents are deleted when nobody has used them for a while. The page
	// says so, and does not invite other clients.
	Temporary bool
}

// Licenses returns the licenses of the packages in the script.
func Licenses() string { return string(licenses) }

// policy allows no inline script or style. The clipboard of ProseMirror parses HTML in a document
// of its own, for which it has a policy of that name.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types ProseMirrorClipboard"

// file is a file of the page.
type file struct {
	kind    string // Content-Type
	tag     string // ETag
	content []byte
	zipped  []byte
}

// files returns the files beside the page, compressed when the first of them is asked for.
var files = sync.OnceValue(func() map[string]file {
	return map[string]file{
		"style.css":    newFile("style.css", style),
		"bundle.js":    newFile("bundle.js", bundle),
		"icon.svg":     newFile("icon.svg", icon),
		"licenses.txt": newFile("licenses.txt", licenses),
	}
})

// Handler returns a handler of the page, whose path ends with a slash, and of its files, which are
// beside it.
func Handler(p Page) http.Handler {
	var text bytes.Buffer
	_ = pageTemplate.Execute(&text, p) // a buffer takes everything
	page := newFile("page.html", text.Bytes())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, known := page, true
		if _, name := path.Split(r.URL.Path); name != "" {
			f, known = files()[name]
		}
		switch {
		case !known:
			http.NotFound(w, r)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		default:
			f.serve(w, r)
		}
	})
}

func newFile(name string, content []byte) file {
	var zipped bytes.Buffer
	z, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression) // the level is one
	_, _ = z.Write(content)                                    // a buffer takes everything
	_ = z.Close()
	sum := sha256.Sum256(content)
	return file{
		kind: kindOf(name), tag: `"` + hex.EncodeToString(sum[:8]) + `"`,
		content: content, zipped: zipped.Bytes(),
	}
}

// kindOf returns the Content-Type of a file. That of the system may say otherwise of scripts.
func kindOf(name string) string {
	if strings.HasSuffix(name, ".js") {
		return "text/javascript; charset=utf-8"
	}
	return mime.TypeByExtension(path.Ext(name))
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Security-Policy", policy)
	h.Set("Content-Type", f.kind)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Vary", "Accept-Encoding")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex")
	content, tag := f.content, f.tag
	if acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		content, tag = f.zipped, strings.TrimSuffix(f.tag, `"`)+`-gzip"`
	}
	h.Set("ETag", tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// acceptsGzip reports whether a client takes gzip. A range is of the file itself.
func acceptsGzip(r *http.Request) bool {
	if r.Header.Get("Range") != "" {
		return false
	}
	for _, line := range r.Header.Values("Accept-Encoding") {
		for coding := range strings.SplitSeq(line, ",") {
			name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
			if name == "gzip" && strings.TrimSpace(weight) != "q=0" {
				return true
			}
		}
	}
	return false
}
