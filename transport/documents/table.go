package documents

import (
	"cmp"
	_ "embed"
	"net/http"
	"slices"

	"github.com/civicpress/civic-realtime/transport/documents/access"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// routes are all routes.
var routes = complete(slices.Concat(documentRoutes, clientRoutes, versionRoutes))

// documentRoutes are the routes about documents.
var documentRoutes = []route{
	{method: http.MethodGet, path: Path, scope: access.List, query: "prefix after limit", handle: (*Server).list},
	{method: http.MethodGet, path: openAPIPath, scope: access.Read, handle: (*Server).openAPI},
	{
		method: http.MethodGet, path: Path + "/{room}", scope: access.Read,
		query: "format fragment since", produces: httpapi.BinaryType, others: documentTypes,
		handle: (*Server).read,
	},
	{method: http.MethodPost, path: Path, scope: access.Create, handle: (*Server).create},
	{
		method: http.MethodPatch, path: Path + "/{room}", scope: access.Write,
		query: "fragment", others: textTypes, handle: (*Server).patch,
	},
	{
		method: http.MethodPut, path: Path + "/{room}", scope: access.Write,
		query: "fragment", others: textTypes, handle: (*Server).put,
	},
	{
		method: http.MethodDelete, path: Path + "/{room}", scope: access.Delete,
		audited: true, handle: (*Server).delete,
	},
	{
		method: http.MethodDelete, path: Path + "/{room}/tombstone", scope: access.Delete,
		audited: true, handle: (*Server).undelete,
	},
}

// clientRoutes are the routes about people.
var clientRoutes = []route{
	{
		method: http.MethodPost, path: Path + "/{room}/token", scope: access.TokensCreate,
		audited: true, handle: (*Server).token,
	},
	{
		method: http.MethodPut, path: Path + "/{room}/presence", scope: access.PresenceWrite,
		handle: (*Server).present,
	},
	{
		method: http.MethodDelete, path: Path + "/{room}/presence", scope: access.PresenceWrite,
		query: "user", handle: (*Server).absent,
	},
}

// versionRoutes are the routes about versions.
var versionRoutes = []route{
	{
		method: http.MethodGet, path: Path + "/{room}/versions", scope: access.VersionsRead,
		query: "after limit", everywhere: true, handle: (*Server).versions,
	},
	{
		method: http.MethodPost, path: Path + "/{room}/versions", scope: access.VersionsWrite,
		handle: (*Server).keep,
	},
	{
		method: http.MethodGet, path: Path + "/{room}/versions/{version}",
		scope: access.VersionsRead, query: "format fragment since",
		produces: httpapi.BinaryType, others: documentTypes, handle: (*Server).readVersion,
	},
	{
		method: http.MethodPatch, path: Path + "/{room}/versions/{version}",
		scope: access.VersionsWrite, handle: (*Server).rename,
	},
	{
		method: http.MethodDelete, path: Path + "/{room}/versions/{version}",
		scope: access.VersionsWrite, audited: true, handle: (*Server).deleteVersion,
	},
	{
		method: http.MethodPost, path: Path + "/{room}/versions/{version}/restore",
		scope: access.VersionsWrite, audited: true, handle: (*Server).restore,
	},
	{
		method: http.MethodGet, path: Path + "/{room}/compare", scope: access.VersionsRead,
		query: "from to", handle: (*Server).compare,
	},
	{
		method: http.MethodGet, path: Path + "/{room}/authors", scope: access.VersionsRead,
		query: "version", handle: (*Server).authors,
	},
}

// textTypes are the media types of texts that answers to edits may have.
var textTypes = []string{httpapi.MarkdownType, httpapi.TextType}

// complete sets the defaults.
func complete(all []route) []route {
	for i := range all {
		all[i].produces = cmp.Or(all[i].produces, httpapi.JSONType)
	}
	return all
}

// openAPIPath is the path of the description of all paths.
const openAPIPath = "/v1/openapi.json"

//go:embed openapi.json
var openAPI []byte

// openAPI answers with the description of all paths.
func (s *Server) openAPI(r *request) error {
	r.w.Header().Set("Content-Type", httpapi.JSONType)
	_, _ = r.w.Write(openAPI) // fails only if the client has gone
	return nil
}

// find returns the route of a request, whose path values it sets. Its error is a 404 or 405.
func find(r *request) (*route, error) {
	at := func(i int) (method, path string) { return routes[i].method, routes[i].path }
	i, err := httpapi.Find(len(routes), at, r.w, r.Request, openAPIPath+" lists all paths")
	if err != nil {
		return nil, err
	}
	return &routes[i], nil
}
