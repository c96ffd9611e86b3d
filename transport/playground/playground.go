// Package playground serves a page with two editors of one document, which are connected by two
// protocols and show each frame that travels. Its script, bundle.js, is made of src and strings
// with the packages whose licenses are in licenses.txt: see make playground.
package playground

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"path"
	"sync"

	"github.com/civicpress/civic-realtime/transport/embedded"
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

// files returns the files beside the page, compressed when the first of them is asked for.
var files = sync.OnceValue(func() map[string]*embedded.File {
	return map[string]*embedded.File{
		"style.css":    embedded.New("text/css; charset=utf-8", style),
		"bundle.js":    embedded.New("text/javascript; charset=utf-8", bundle),
		"icon.svg":     embedded.New("image/svg+xml", icon),
		"licenses.txt": embedded.New("text/plain; charset=utf-8", licenses),
	}
})

// Handler returns a handler of the page, whose path ends with a slash, and of its files, which are
// beside it.
func Handler(p Page) http.Handler {
	var text bytes.Buffer
	_ = pageTemplate.Execute(&text, p) // a buffer takes everything
	page := embedded.New("text/html; charset=utf-8", text.Bytes())
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
			protect(w.Header())
			f.Serve(w, r)
		}
	})
}

// protect sets the headers that keep other pages from framing, loading or finding this one.
func protect(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Robots-Tag", "noindex")
}
