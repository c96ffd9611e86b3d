package transport

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/civicpress/civic-realtime/engine"
)

// Origin is where pages that may connect come from: a scheme, a host and a port,
// as browsers write them. A label of the host that is "*" stands for any one label.
type Origin struct {
	scheme, host, port string
}

// ErrOrigin is what is wrong with an Origin.
var ErrOrigin = errors.New("not an origin such as https://town.example or https://*.town.example")

// ParseOrigin reads an Origin.
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
	bare := url.URL{Scheme: u.Scheme, Host: u.Host} // is all that an origin has
	return o, o.scheme != "" && o.host != "" && *u == bare && strings.IndexFunc(text, notASCII) < 0
}

func notASCII(r rune) bool { return r > 0x7f }

// matches says whether a page's origin is one that o stands for.
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

var errOrigin = &engine.CloseError{Code: engine.CloseForbidden, Reason: "origin not allowed"}

// checkOrigin keeps out pages of others, which browsers would let act with what
// they know of our users. What sends no Origin is no browser.
func (s *services) checkOrigin(h http.Header) error {
	origins := h.Values("Origin")
	if len(s.cfg.AllowedOrigins) == 0 || len(origins) == 0 {
		return nil
	}
	if page, ok := parseOrigin(origins[0]); ok && len(origins) == 1 {
		for _, o := range s.cfg.AllowedOrigins {
			if o.matches(page) {
				return nil
			}
		}
	}
	s.counters.originsRefused.Inc()
	return errOrigin
}
