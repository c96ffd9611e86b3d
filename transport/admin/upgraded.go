package admin

import (
	"bufio"
	"net"
	"net/http"
	"sync"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// upgrade lets the playground take over the connection of a request.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request) error {
	if !s.conns.reserve() {
		s.metrics.refused[connectionRefused].Inc()
		return httpapi.Problem(http.StatusServiceUnavailable, api.Unavailable,
			"the playground has half of admin.max_connections")
	}
	taking := &taker{ResponseWriter: w, s: s, by: callerOf(r)}
	s.cfg.Playground.ServeHTTP(taking, r)
	if !taking.taken {
		s.conns.release(nil)
	}
	return nil
}

// taker is a ResponseWriter whose connection may be taken over. A place for it is reserved.
type taker struct {
	http.ResponseWriter
	s     *Server
	by    *caller
	taken bool
}

// Unwrap is for http.ResponseController.
func (t *taker) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// Hijack implements http.Hijacker.
func (t *taker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	bare, buffered, err := http.NewResponseController(t.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	t.taken = true
	t.s.metrics.answered(http.StatusSwitchingProtocols)
	c := &upgraded{Conn: bare}
	leave := t.by.open(func() { abort(bare) })
	c.release = sync.OnceFunc(func() {
		leave()
		t.s.conns.release(c)
	})
	t.s.conns.upgraded(c)
	if !t.s.current.Load().Console { // since the request was admitted
		abort(bare)
	}
	return c, buffered, nil
}
