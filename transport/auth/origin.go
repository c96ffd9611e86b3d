package auth

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Origin is an origin of web pages (RFC 6454): a scheme, a host and a port, as browsers write them.
// A label of the host that is "*" stands for any one label.
type Origin struct {
	scheme, host, port string
}

// ErrOrigin is the error of ParseOrigin.
var ErrOrigin = errors.New("not an origin such as https://town.example or https://*.town.example")

// ParseOrigin parses an origin, or a pattern of origins.
func ParseOrigin(text string) (Origin, error) {
	o, ok := parseOrigin(text)
	if !ok || strings.Trim(o.host, "*.") == "" {
		return Origin{}, ErrOrigin
	}
	for label := range strings.SplitSeq(o.host, ".") {
		if label != "*" && strings.Contains(label, "*") {
			return Origin{}, ErrOrigin
		}
	}
	return o, nil
}

func parseOrigin(text string) (Origin, bool) {
	u, err := url.Parse(strings.ToLower(text))
	if err != nil {
		return Origin{}, false
	}
	o := Origin{scheme: u.Scheme, host: u.Hostname(), port: u.Port()}
	if o.scheme == "https" && o.port == "443" || o.scheme == "http" && o.port == "80" {
		o.port = ""
	}
	bare := url.URL{Scheme: u.Scheme, Host: u.Host} // all parts that an origin has
	return o, o.scheme != "" && o.host != "" && *u == bare && strings.IndexFunc(text, notASCII) < 0
}

func notASCII(r rune) bool { return r > 0x7f }

// matches reports whether the origin of a page is one that o stands for.
func (o Origin) matches(page Origin) bool {
	if o.scheme != page.scheme || o.port != page.port {
		return false
	}
	pattern, host := o.host, page.host
	for {
		want, restWanted, moreWanted := strings.Cut(pattern, ".")
		label, rest, more := strings.Cut(host, ".")
		if label == "" || want != "*" && want != label || more != moreWanted {
			return false
		}
		if !more {
			return true
		}
		pattern, host = restWanted, rest
	}
}

// Allowed reports whether a page may connect whose request has header h: its origin must be one of
// allowed, unless allowed is empty. A client that sends no Origin is not a browser, and may
// connect.
func Allowed(allowed []Origin, h http.Header) bool {
	origins := h.Values("Origin")
	if len(allowed) == 0 || len(origins) == 0 {
		return true
	}
	page, ok := parseOrigin(origins[0])
	matches := func(o Origin) bool { return o.matches(page) }
	return ok && len(origins) == 1 && slices.ContainsFunc(allowed, matches)
}
