package admin

import (
	"net/http"

	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// nodeCall is the key of the context of a call of another node.
type nodeCall struct{}

// ofNode reports whether another node has sent the request, which is then answered here.
func ofNode(r *http.Request) bool { return r.Context().Value(nodeCall{}) != nil }

// maxOffset is the greatest offset.
const maxOffset = 1<<31 - 1 - httpapi.MaxPageLimit

// pageOf reads the parameters limit and offset. Another node asks for all pages up to the one that
// it wants.
func pageOf(q *httpapi.Query, r *http.Request) (offset, limit int) {
	most := httpapi.MaxPageLimit
	if ofNode(r) {
		most = maxOffset + httpapi.MaxPageLimit
	}
	return q.Number("offset", 0, 0, maxOffset), q.Number("limit", httpapi.PageLimit, 1, most)
}
