package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// Find returns the index of the route of a request, whose path values it sets. at returns the
// method and the path of each of n routes: paths may have segments {name}, which stand for one
// segment each, also of several components that are joined by %2F. HEAD is served where GET is. The
// error is a 404, with the hint that is given, or a 405.
func Find(
	n int, at func(i int) (method, path string),
	w http.ResponseWriter, r *http.Request, hint string,
) (i int, err error) {
	segments := strings.Split(r.URL.EscapedPath(), "/")
	var allowed []string
	for i := range n {
		method, path := at(i)
		values, ok := match(path, segments)
		if !ok {
			continue
		}
		if method != r.Method && (method != http.MethodGet || r.Method != http.MethodHead) {
			allowed = append(allowed, methods(method)...)
			continue
		}
		for name, value := range values {
			r.SetPathValue(name, value)
		}
		return i, nil
	}
	if allowed == nil {
		return 0, Problem(http.StatusNotFound, api.NotFound, hint)
	}
	slices.Sort(allowed)
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return 0, Problem(http.StatusMethodNotAllowed, api.MethodNotAllowed,
		"this path allows "+strings.Join(allowed, ", "))
}

func methods(method string) []string {
	if method == http.MethodGet {
		return []string{http.MethodGet, http.MethodHead}
	}
	return []string{method}
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
