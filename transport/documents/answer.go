package documents

import (
	"errors"
	"log/slog"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
	"net/http"
)

// fail answers a request with an error. The text of an error that is no problem goes to the log
// only, as it may contain paths.
func (s *Server) fail(r *request, err error) {
	r.w.Header().Set("Content-Type", httpapi.ProblemType)
	if merge, ok := errors.AsType[*MergeProblem](err); ok {
		httpapi.WriteBody(r.w, merge.Status, merge)
		return
	}
	p, ok := errors.AsType[*api.Problem](err)
	if !ok {
		s.log.Error("api request failed", slog.String("method", r.Method),
			slog.String("room", r.PathValue("room")), slog.String("reason", err.Error()))
		p = problem(http.StatusInternalServerError, api.Failed, "the log has the reason")
	}
	httpapi.WriteBody(r.w, p.Status, p)
}
