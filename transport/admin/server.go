package admin

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/engine/logsample"
	"github.com/civicpress/civic-realtime/transport/admin/console"
	"github.com/civicpress/civic-realtime/transport/admin/history"
	"github.com/civicpress/civic-realtime/transport/limit"
)

// Server serves the admin API. Use New.
type Server struct {
	cfg      Config
	log      *slog.Logger
	started  time.Time
	metrics  *counters
	current  atomic.Pointer[current]
	attempts *limit.Attempts
	refusals logsample.Sampler
	sessions *console.Sessions
	streams  atomic.Int64 // streams of events, samples and profiles that are open
	conns    *listener
	recorder *history.Recorder
	own, all *history.Live // samples of this server, and of all nodes
}

// current are the settings in effect. They are immutable.
type current struct {
	Settings
	routes []route
	secret *secret // nil: no token is needed
	// valid is done when the token is another, and revoke makes it so.
	valid  context.Context
	revoke context.CancelFunc
	// readers has an element for each document that is being read.
	readers chan struct{}
}

const (
	get   = http.MethodGet
	post  = http.MethodPost
	put   = http.MethodPut
	del   = http.MethodDelete
	patch = http.MethodPatch
)

// Paths of the console.
const (
	consolePath    = "/console/"
	sessionPath    = "/console/session" // of the session of the browser that asks
	playgroundPath = "/console/playground/"
)

// route is a method of a path.
type route struct {
	// method is GET, POST, PUT or DELETE. HEAD is served where GET is.
	method string
	// path may have segments {name}, which stand for one segment each, also of several
	// components that are joined by %2F. Their values are (*http.Request).PathValue(name).
	path string
	// open routes need no token.
	open bool
	// owned routes are about the room in the path, and are passed on to the node that has it.
	owned bool
	// ofVersion routes are answered by the owner, too, if NodeHeader is given: it names the node
	// whose disk has the version.
	ofVersion bool
	// tree routes are for all paths below one, and for all methods and media types.
	tree bool
	// query has the names of the parameters, separated by spaces.
	query string
	// produces is the media type of an answer without an error. In the table empty: JSON.
	produces string
	// others are media types that the client may choose instead.
	others []string
	handle func(*Server, http.ResponseWriter, *http.Request) error
}

// media returns all media types of answers without an error.
func (c *route) media() []string { return append([]string{c.produces}, c.others...) }

// gauges adds those that are read from s.
func (s *Server) gauges() {
	s.metrics.set.NewGauge("realtime_admin_connections", func() float64 {
		return float64(s.conns.len())
	})
	s.metrics.set.NewGauge("realtime_admin_sessions", func() float64 {
		return float64(s.sessions.Len())
	})
	s.metrics.set.NewGauge("realtime_admin_streams", func() float64 {
		return float64(s.streams.Load())
	})
}

// WriteMetrics writes the metrics of the listener in the Prometheus text format.
func (s *Server) WriteMetrics(w io.Writer) { s.metrics.set.WritePrometheus(w) }
