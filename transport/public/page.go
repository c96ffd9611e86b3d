package public

import (
	"bytes"
	_ "embed"
	"html/template"
	"net/http"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page writes the page, which says what this service is and whether it is ready.
func (h Handler) page(w http.ResponseWriter) {
	var b bytes.Buffer
	_ = pageTemplate.Execute(&b, struct {
		Ready   bool
		Console string
	}{h.Ready() == nil, h.consolePath()}) // a buffer takes everything
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Robots-Tag", "noindex")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
	_, _ = w.Write(b.Bytes()) // fails only if the client has gone
}

// consolePath returns the path of the page on which one can type, "" if there is none.
func (h Handler) consolePath() string {
	if h.Console == nil {
		return ""
	}
	return ConsolePath
}

// robots asks search engines to list nothing.
func robots(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("User-agent: *\nDisallow: /\n"))
}
