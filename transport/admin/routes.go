package admin

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// find returns the route of a request, whose path values it sets. Its error is a 404 or 405.
func find(routes []route, w http.ResponseWriter, r *http.Request) (*route, error) {
	segments := strings.Split(r.URL.EscapedPath(), "/")
	var allowed []string
	for i := range routes {
		c := &routes[i]
		values, ok := match(c.path, segments)
		if !ok {
			continue
		}
		if c.method != r.Method && (c.method != http.MethodGet || r.Method != http.MethodHead) {
			allowed = append(allowed, c.methods()...)
			continue
		}
		for name, value := range values {
			r.SetPathValue(name, value)
		}
		return c, nil
	}
	if allowed == nil {
		return nil, problem(http.StatusNotFound, api.NotFound, "/openapi.json lists all paths")
	}
	slices.Sort(allowed)
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return nil, problem(http.StatusMethodNotAllowed, api.MethodNotAllowed,
		"this path allows "+strings.Join(allowed, ", "))
}

func (c *route) methods() []string {
	if c.method == http.MethodGet {
		return []string{http.MethodGet, http.MethodHead}
	}
	return []string{c.method}
}

// match compares the segments of an escaped path with a route's path.
func match(path string, segments []string) (values map[string]string, ok bool) {
	want := strings.Split(path, "/")
	if len(want) != len(segments) {
		return nil, false
	}
	for i, segment := range segments {
		name, variable := strings.CutPrefix(want[i], "{")
		if !variable {
			if segment != want[i] {
				return nil, false
			}
			continue
		}
		value, err := url.PathUnescape(segment)
		if err != nil || value == "" {
			return nil, false
		}
		if values == nil {
			values = map[string]string{}
		}
		values[strings.TrimSuffix(name, "}")] = value
	}
	return values, true
}

// checkNames fails if a request to a route of the API has parameters that the route does not know,
// so that one that is misspelled, or belongs into the body, is not ignored.
func checkNames(c *route, r *http.Request) error {
	if !strings.HasPrefix(c.path, "/v1/") || r.URL.RawQuery == "" {
		return nil
	}
	q := query{values: r.URL.Query(), known: strings.Fields(c.query)}
	return q.err()
}
