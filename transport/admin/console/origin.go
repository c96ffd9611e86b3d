package console

import (
	"net/http"
	"net/url"
	"strings"
)

// OwnOrigin reports whether a request says that a page of this listener has sent it. Browsers say
// so with each request that may change something, and with each WebSocket. A cookie proves less:
// it comes with requests of pages on other ports of the host, too.
func OwnOrigin(r *http.Request) bool {
	said := r.Header.Values("Origin")
	if len(said) != 1 {
		return false
	}
	u, err := url.Parse(said[0])
	if err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) {
		return false
	}
	return u.Scheme == "https" || u.Scheme == "http" && !Secure(r)
}

// OwnPage reports whether a request says that a page of this listener has sent it, also if it is
// one with which browsers send no Origin.
func OwnPage(r *http.Request) bool {
	return OwnOrigin(r) || r.Header.Get("Sec-Fetch-Site") == "same-origin"
}

// Navigates reports whether a browser says that a person has followed a link, or has typed an
// address, so that the answer is shown as a page of its own.
func Navigates(r *http.Request) bool {
	return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" &&
		r.Header.Get("Sec-Fetch-Dest") == "document"
}
