package console

import (
	"net/http"
	"strings"
)

// policy is the Content-Security-Policy of the console: everything is of the same origin, no script
// or style stands in the page, and no text can become a part of it.
var policy = strings.Join([]string{
	"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'",
	"connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
	"require-trusted-types-for 'script'", "trusted-types 'none'",
}, "; ")

// Protect sets the headers of all answers of the listener. They keep other pages from framing,
// loading or reading an answer, and the address of a page from those that it links to.
func Protect(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
}

// ProtectPage sets the headers of pages, beside those of Protect. A handler below may set a policy
// of its own.
func ProtectPage(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
}
