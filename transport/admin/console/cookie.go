package console

import (
	"net"
	"net/http"
	"strings"
)

const (
	// cookieName begins the name of the cookie with the identifier of a session.
	cookieName = "civic_realtime_console"
	// hostPrefix makes browsers refuse a cookie that another host, or a page without TLS, sets.
	hostPrefix = "__Host-"
	// maxCookies is how many cookies of the name are looked at. A browser sends several if other
	// pages of the host have set some for other paths.
	maxCookies = 4
)

// Secure reports whether a request has come over TLS, here or to a proxy that says so. Whoever lies
// about it gets another cookie, and gains nothing.
func Secure(r *http.Request) bool {
	said := r.Header.Values("X-Forwarded-Proto")
	for protocol := range strings.SplitSeq(strings.Join(said, ","), ",") {
		if !strings.EqualFold(strings.TrimSpace(protocol), "https") {
			return r.TLS != nil
		}
	}
	return true
}

// nameOf returns the name of the cookie for a request. It has the port, as browsers send the
// cookies of a host to all of its ports: operators reach several servers by tunnels to one machine.
func nameOf(r *http.Request) string {
	name := cookieName
	if _, port, err := net.SplitHostPort(r.Host); err == nil && port != "" {
		name += "_" + port
	}
	if Secure(r) {
		name = hostPrefix + name
	}
	return name
}

// IDs returns the identifiers that a request has in cookies, valid or not.
func IDs(r *http.Request) (ids []string) {
	for _, cookie := range r.CookiesNamed(nameOf(r)) {
		if len(cookie.Value) == idLength && len(ids) < maxCookies {
			ids = append(ids, cookie.Value)
		}
	}
	return ids
}

// Give sets the cookie of a session. It ends with the browser, if not before.
func Give(w http.ResponseWriter, r *http.Request, id string) { http.SetCookie(w, cookie(r, id)) }

// Take makes the browser delete the cookie.
func Take(w http.ResponseWriter, r *http.Request) {
	c := cookie(r, "")
	c.MaxAge = -1
	http.SetCookie(w, c)
}

func cookie(r *http.Request, value string) *http.Cookie {
	return &http.Cookie{
		Name: nameOf(r), Value: value, Path: "/", HttpOnly: true, Secure: Secure(r),
		SameSite: http.SameSiteStrictMode,
	}
}
