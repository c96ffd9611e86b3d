package documents

import (
	"cmp"
	_ "embed"
	"net/http"

	"github.com/civicpress/civic-realtime/transport/documents/access"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// routes are all routes. A path with a fixed segment is before those that it would match, too.
var routes = complete([]route{
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
})

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
