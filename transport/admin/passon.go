package admin

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// dispatch answers a request here, or passes it on to the node that it is for.
func (s *Server) dispatch(c *route, w http.ResponseWriter, r *http.Request) error {
	if c.produces == httpapi.EventsType {
		bound, leave := whileValid(r)
		defer leave()
		r = bound
	}
	address, err := s.destination(c, r)
	switch {
	case err != nil:
		return err
	case address != "":
		return s.passOn(c, address, w, r)
	}
	return c.handle(s, w, r)
}

// destination returns the address of the node that a request is passed on to, empty if it is
// answered here: so are those of other nodes, so that none is passed on twice.
func (s *Server) destination(c *route, r *http.Request) (address string, err error) {
	name := r.Header.Get(NodeHeader)
	if to := r.URL.Query().Get(toNode); slices.Contains(strings.Fields(c.query), toNode) {
		name = cmp.Or(to, name)
	}
	switch {
	case c.open || ofNode(r):
		return "", nil
	case name != "" && !c.ofVersion:
		return s.addressOf(name)
	case s.cfg.Nodes == nil || !c.owned:
		return "", nil
	}
	key, err := room(r)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(r.Context(), askTime)
	defer cancel()
	if address, err = s.cfg.Nodes.Owner(ctx, key.String()); err != nil {
		return "", httpapi.Problem(http.StatusServiceUnavailable, api.Unavailable,
			"the node that has the room is not known: "+err.Error())
	}
	return address, nil
}

// Headers that are passed on with a request, and with its answer.
var (
	requestHeaders = []string{"Accept", "Content-Type"}
	answerHeaders  = []string{
		"Allow", "Content-Disposition", "Content-Length", "Content-Type", "X-Accel-Buffering",
		RemarkHeader,
	}
)

// passOn has another node answer a request.
func (s *Server) passOn(c *route, address string, w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	body := http.MaxBytesReader(w, r.Body, httpapi.MaxBody)
	out, err := http.NewRequest(r.Method, r.URL.EscapedPath(), body)
	if err != nil {
		return err
	}
	if out.URL.RawQuery = r.URL.RawQuery; r.ContentLength == 0 {
		out.Body = nil
	}
	httpapi.CopyHeaders(out.Header, r.Header, requestHeaders)
	identify(out, r)
	if c.ofVersion {
		httpapi.CopyHeaders(out.Header, r.Header, []string{NodeHeader})
	}
	late := time.AfterFunc(c.patience(), cancel)
	answer, err := s.cfg.Nodes.Call(ctx, address, out)
	if late.Stop(); err != nil {
		return s.silentNode(address, err)
	}
	defer answer.Body.Close()
	httpapi.CopyHeaders(w.Header(), answer.Header, answerHeaders)
	w.WriteHeader(answer.StatusCode)
	httpapi.Relay(w, answer)
	return nil
}

// patience returns how long another node may take until its answer begins.
func (c *route) patience() time.Duration {
	if strings.HasPrefix(c.path, "/v1/profile/") {
		return maxRecordSeconds*time.Second + httpapi.AnswerTime
	}
	return roomTime + askTime
}
