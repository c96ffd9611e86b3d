package admin

import (
	"net/http"
	"strings"

	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// find returns the route of a request, whose path values it sets. Its error is a 404 or 405.
func find(routes []route, w http.ResponseWriter, r *http.Request) (*route, error) {
	at := func(i int) (method, path string) { return routes[i].method, routes[i].path }
	i, err := httpapi.Find(len(routes), at, w, r, "/openapi.json lists all paths")
	if err != nil {
		return nil, err
	}
	return &routes[i], nil
}

// checkNames fails if a request to a route of the API has parameters that the route does not know,
// so that one that is misspelled, or belongs into the body, is not ignored.
func checkNames(c *route, r *http.Request) error {
	named := strings.HasPrefix(c.path, "/v1/") || c.path == sessionPath
	if !named || r.URL.RawQuery == "" {
		return nil
	}
	return httpapi.CheckNames(r, strings.Fields(c.query)...)
}
