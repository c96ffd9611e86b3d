package console

import (
	"net/http"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// Serve answers with the file at a path below /console/, as it was escaped in the request.
func (f *Files) Serve(w http.ResponseWriter, r *http.Request, below string) error {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		return httpapi.Problem(http.StatusMethodNotAllowed, api.MethodNotAllowed,
			"this path allows GET, HEAD")
	}
	found := f.named(below)
	if found == nil {
		return httpapi.Problem(http.StatusNotFound, api.NotFound,
			"the console has no such file; it is at /console/")
	}
	ProtectPage(w.Header())
	found.Serve(w, r)
	return nil
}
