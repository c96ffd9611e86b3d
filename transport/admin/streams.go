package admin

import (
	"net/http"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// takeStream counts an answer that takes as long as its client wants, or as told, until release is
// called. It fails if there are too many. The answer may take as long as patience.
func (s *Server) takeStream(w http.ResponseWriter, patience time.Duration) (
	release func(), err error,
) {
	release = func() { s.streams.Add(-1) }
	if s.streams.Add(1) > int64(s.current.Load().Streams) {
		release()
		s.metrics.refused[streamRefused].Inc()
		return nil, httpapi.Problem(http.StatusTooManyRequests, api.TooManyStreams,
			"admin.max_streams are open")
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // fails only for a connection that has none
	_ = control.SetWriteDeadline(time.Now().Add(patience))
	return release, nil
}
