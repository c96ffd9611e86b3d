package documents

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// Headers of calls between nodes, which have checked the caller.
const (
	callerHeader = "Documents-Caller" // access.Caller as JSON, in base64
	remoteHeader = "Documents-Remote" // address and port of the client
	hostHeader   = "Documents-Host"   // host of the request
	tlsHeader    = "Documents-Tls"    // the client has come over TLS
)

// askTime is how long it may take to find out which node has a room.
const askTime = time.Second

// nodeTime is how long another node may take until its answer begins.
const nodeTime = roomTime + askTime

// atOwner has the node that has a room answer a request with a body, or calls f if that is this
// one, or nobody. Requests of other nodes are answered here, so that none is passed on twice.
func (s *Server) atOwner(r *request, room string, body io.Reader, f func() error) error {
	if s.cfg.Nodes == nil || r.ofNode {
		return f()
	}
	ctx, cancel := context.WithTimeout(r.Context(), askTime)
	defer cancel()
	address, err := s.cfg.Nodes.Owner(ctx, room)
	switch {
	case err != nil:
		retryAfter(r.w, time.Second)
		return problem(http.StatusServiceUnavailable, api.Unavailable,
			"the node that has the document is not known: "+err.Error())
	case address == "":
		return f()
	}
	return s.passOn(r, address, body)
}

// Headers that are passed on with a request, and with its answer.
var (
	requestHeaders = []string{
		"Accept", "Content-Type", ifMatch, ifNoneMatch, onBehalfOf, "Prefer", "X-Forwarded-Proto",
	}
	answerHeaders = []string{
		"Cache-Control", "Content-Length", "Content-Type", "ETag", "Location",
		"Preference-Applied", "Retry-After",
	}
)

// passOn has another node answer a request.
func (s *Server) passOn(r *request, address string, body io.Reader) error {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	out, err := http.NewRequest(r.Method, r.URL.EscapedPath(), body)
	if err != nil {
		return err
	}
	if out.URL.RawQuery = r.URL.RawQuery; r.ContentLength == 0 {
		out.Body = nil
	}
	httpapi.CopyHeaders(out.Header, r.Header, requestHeaders)
	if err := identify(out, r); err != nil {
		return err
	}
	late := time.AfterFunc(bodyTime+nodeTime, cancel)
	answer, err := s.cfg.Nodes.Call(ctx, address, out)
	if late.Stop(); err != nil {
		s.log.Warn("node does not answer", slog.String("node", address),
			slog.String("reason", err.Error()))
		retryAfter(r.w, time.Second)
		return problem(http.StatusServiceUnavailable, api.Unavailable,
			"the node that has the document does not answer")
	}
	defer answer.Body.Close()
	s.metrics.passedOn.Inc()
	for _, name := range answerHeaders {
		if answer.Header.Get(name) != "" {
			r.w.Header().Del(name)
		}
	}
	httpapi.CopyHeaders(r.w.Header(), answer.Header, answerHeaders)
	r.w.WriteHeader(answer.StatusCode)
	httpapi.Relay(r.w, answer)
	return nil
}

// identify gives a request to another node the caller and the client of the one that it is for.
func identify(out *http.Request, r *request) error {
	caller, err := json.Marshal(r.caller)
	if err != nil {
		return err
	}
	out.Header.Set(callerHeader, base64.StdEncoding.EncodeToString(caller))
	out.Header.Set(remoteHeader, r.RemoteAddr)
	out.Header.Set(hostHeader, r.Host)
	if r.TLS != nil {
		out.Header.Set(tlsHeader, "yes")
	}
	return nil
}

// passBody is atOwner for a request whose body has been read.
func (s *Server) passBody(r *request, room string, body any, f func() error) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return s.atOwner(r, room, bytes.NewReader(text), f)
}
