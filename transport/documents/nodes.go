package documents

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/documents/access"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// ForNodes returns the handler of requests that other nodes have checked and passed on.
func (s *Server) ForNodes() http.Handler { return http.HandlerFunc(s.serveNode) }

func (s *Server) serveNode(w http.ResponseWriter, in *http.Request) {
	answer := &httpapi.Counting{ResponseWriter: w, Count: s.metrics.answered}
	r := &request{Request: in, w: answer, now: s.current.Load(), ofNode: true}
	if err := s.forNode(r); err != nil {
		s.fail(r, err)
	}
}

// forNode answers a request of another node.
func (s *Server) forNode(r *request) error {
	caller, err := base64.StdEncoding.DecodeString(r.Header.Get(callerHeader))
	r.caller = new(access.Caller)
	if err == nil {
		err = json.Unmarshal(caller, r.caller)
	}
	if err != nil {
		return problem(http.StatusBadRequest, api.BadRequest, "the caller is missing")
	}
	if remote, err := netip.ParseAddrPort(r.Header.Get(remoteHeader)); err == nil {
		r.RemoteAddr = remote.String()
	}
	r.Host = r.Header.Get(hostHeader)
	if r.Header.Get(tlsHeader) != "" {
		r.Header.Set("X-Forwarded-Proto", "https")
	}
	control := http.NewResponseController(r.w)
	_ = control.SetReadDeadline(time.Now().Add(bodyTime)) // fails for a connection without one
	_ = control.SetWriteDeadline(time.Now().Add(bodyTime + httpapi.AnswerTime))
	c, err := find(r)
	if err == nil {
		err = httpapi.CheckNames(r.Request, strings.Fields(c.query)...)
	}
	if err != nil {
		return err
	}
	return c.handle(s, r)
}
