// Package try serves a page on which one can type, for development. Its script, bundle.js, is made
// of page.mjs with Yjs and y-websocket, whose licenses stand at its end: see make try-page.
package try

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
	"strings"
	"time"
)

//go:embed page.html
var pageText string

//go:embed bundle.js
var bundle string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// Handler returns a handler of the page, whose path ends with a slash, and its script. prefix is
// that of the paths of WebSockets, such as "/realtime".
func Handler(prefix string) http.Handler {
	var page bytes.Buffer
	_ = pageTemplate.Execute(&page, prefix) // a buffer takes everything
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; "+
			"style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'")
		switch {
		case strings.HasSuffix(r.URL.Path, "/"):
			serve(w, r, "page.html", page.String())
		case strings.HasSuffix(r.URL.Path, "/bundle.js"):
			serve(w, r, "bundle.js", bundle)
		default:
			http.NotFound(w, r)
		}
	})
}

func serve(w http.ResponseWriter, r *http.Request, name, content string) {
	http.ServeContent(w, r, name, time.Time{}, strings.NewReader(content))
}
